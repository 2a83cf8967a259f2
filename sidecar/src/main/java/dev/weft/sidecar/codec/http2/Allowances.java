package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.http2.frame.Flood;
import java.util.Arrays;

/**
 * What a peer may still send of everything that costs us more than it. Each kind has its own
 * allowance; time and useful frames fill it up again, so that a busy connection may ping as often
 * as it likes and an idle one may not. One connection's; no clock is read per frame.
 */
final class Allowances {
  /** How many frames of one kind a useful frame pays for. */
  private static final int PER_USEFUL_FRAME = 4;

  private final Http2Limits limits;
  private final int[] left = new int[Flood.COUNT];
  private final int[] usefulBefore = new int[Flood.COUNT];
  private int useful;

  Allowances(Http2Limits limits) {
    this.limits = limits;
    Arrays.fill(left, limits.frameBurst());
    left[index(Flood.RESET)] = limits.resetBurst();
    left[index(Flood.HEAD)] = limits.resetBurst();
  }

  /** A head, or data with content, in either direction. */
  void useful() {
    useful++;
  }

  /** A stream has ended as it should, and pays for one that does not. */
  void completed() {
    int kind = index(Flood.RESET);
    if (left[kind] < limits.resetBurst()) {
      left[kind]++;
    }
  }

  /** Whether one more of that kind is too many. */
  boolean exceeds(Flood flood) {
    int kind = index(flood);
    if (--left[kind] >= 0) {
      return false;
    }
    if (flood == Flood.RESET || flood == Flood.HEAD) {
      return true;
    }
    // A head makes a reset possible, so it must not pay for it; for all else it does.
    int earned = useful - usefulBefore[kind];
    usefulBefore[kind] = useful;
    left[kind] += (int) Math.min((long) earned * PER_USEFUL_FRAME, limits.frameBurst());
    return left[kind] < 0;
  }

  /** A second has passed. */
  void tick() {
    int resets = refilled(Flood.RESET, limits.resetBurst(), limits.resetsPerSecond());
    int heads = refilled(Flood.HEAD, limits.resetBurst(), limits.resetsPerSecond());
    for (int i = 0; i < left.length; i++) {
      left[i] = Math.min(limits.frameBurst(), left[i] + limits.framesPerSecond());
    }
    left[index(Flood.RESET)] = resets;
    left[index(Flood.HEAD)] = heads;
  }

  private int refilled(Flood flood, int burst, int perSecond) {
    return Math.min(burst, left[index(flood)] + perSecond);
  }

  @SuppressWarnings("EnumOrdinal") // array slots within one process; never stored
  private static int index(Flood flood) {
    return flood.ordinal();
  }
}
