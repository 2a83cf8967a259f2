package dev.weft.sidecar.codec.http1;

import dev.weft.sidecar.codec.ConnectionLimits;
import java.nio.ByteBuffer;

/**
 * How much of a head that comes in pieces was looked at. Between two line ends there is nothing to
 * be found out, so what comes is searched for one, and only with it the head is parsed again: once
 * a line, however small the pieces are, and not at all for a head that comes whole. One per parser.
 */
final class PartialHead {
  private final ConnectionLimits limits;

  /** Bytes of the head that were there at the last look; 0: none was incomplete. */
  private int looked;

  PartialHead(ConnectionLimits limits) {
    this.limits = limits;
  }

  /** Whether what came since the last look neither ends a line nor reaches a bound. */
  boolean goesOn(ByteBuffer slab, int start, int limit) {
    int before = looked;
    if (before == 0) {
      return false;
    }
    int size = limit - start;
    boolean longLine = before <= limits.maxRequestLine() && size > limits.maxRequestLine();
    if (longLine || size >= limits.maxHead()) {
      return false;
    }
    for (int i = start + before; i < limit; i++) {
      if (slab.get(i) == '\n') {
        return false;
      }
    }
    looked = size;
    return true;
  }

  /** Notes what became of a look; hands {@code end} on. */
  int parsed(int start, int limit, int end) {
    looked = end == Http1HeadParser.NEED_MORE ? limit - start : 0;
    return end;
  }
}
