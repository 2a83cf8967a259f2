package dev.weft.sidecar.codec.http2;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Streams kept for use again: as many as were in use at a time lately, so that a busy worker makes
 * none anew, whatever its callers have open at a time, and one that has become quiet lets go of
 * them. What is made anew for a request outlives a small young generation as a rule, and costs the
 * old one. Worker thread only.
 */
final class Kept<T> {
  /** Which part of what was not needed goes at a time. */
  private static final int PART = 8;

  private final List<T> free = new ArrayList<>();
  private final int most;
  private int leastFree;
  private long trimmedAt;

  /**
   * @param most that are kept, whatever was in use
   */
  Kept(int most) {
    this.most = most;
  }

  /** One that is free, or null. */
  @Nullable T take() {
    if (free.isEmpty()) {
      return null;
    }
    T last = free.removeLast();
    leastFree = Math.min(leastFree, free.size());
    return last;
  }

  /** It is free again. */
  void give(T one) {
    if (free.size() < most) {
      free.add(one);
    }
  }

  /** Lets go of some that were not needed since the time before; once for each time. */
  void trim(long now) {
    if (now != trimmedAt) {
      trimmedAt = now;
      for (int go = (leastFree + PART - 1) / PART; go > 0; go--) {
        free.removeLast();
      }
      leastFree = free.size();
    }
  }
}
