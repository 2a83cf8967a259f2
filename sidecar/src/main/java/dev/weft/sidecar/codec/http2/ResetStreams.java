package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.telemetry.Bound;
import org.jspecify.annotations.Nullable;

/**
 * The streams that we reset last: what was on its way then is to be ignored (RFC 9113, section
 * 5.1). One per connection; nothing is kept where nothing was reset.
 */
final class ResetStreams {
  private static final int KEPT = Bound.H2_KEPT_RESETS.intValue();

  private int @Nullable [] recent;
  private int next;

  void add(int stream) {
    int[] ids = recent;
    if (ids == null) {
      ids = new int[KEPT];
      recent = ids;
    }
    ids[next] = stream;
    next = (next + 1) % KEPT;
  }

  boolean contains(int stream) {
    if (recent != null) {
      for (int id : recent) {
        if (id == stream) {
          return true;
        }
      }
    }
    return false;
  }
}
