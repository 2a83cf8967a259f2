package dev.weft.common;

import java.util.random.RandomGenerator;

/**
 * Exponential back-off with jitter: each wait is drawn evenly from the upper half of a window that
 * doubles up to a bound, so that many who failed together do not come back together. One thread at
 * a time.
 */
public final class Backoff {
  /**
   * The greatest wait before a sidecar tries a control plane again. It must be well below every
   * instance TTL: when a control plane comes back, everyone has to report to it before the reaper,
   * which waits a full TTL, believes the silence.
   */
  public static final long RECONNECT_MAX_NANOS = 1_000_000_000L;

  private final long baseNanos;
  private final long maxNanos;
  private final RandomGenerator random;
  private long windowNanos;

  /**
   * @param baseNanos the first window, above 0
   * @param maxNanos the greatest, at least {@code baseNanos}
   */
  public Backoff(long baseNanos, long maxNanos, RandomGenerator random) {
    if (baseNanos <= 0 || maxNanos < baseNanos) {
      throw new IllegalArgumentException(
          "back-off from " + baseNanos + " to " + maxNanos + " ns: expected 0 < base <= max");
    }
    this.baseNanos = baseNanos;
    this.maxNanos = maxNanos;
    this.random = random;
    this.windowNanos = baseNanos;
  }

  /** How long to wait now; the next wait is longer. */
  public long nextNanos() {
    long window = windowNanos;
    windowNanos = window > maxNanos / 2 ? maxNanos : window * 2;
    long half = window / 2;
    return half + random.nextLong(window - half + 1);
  }

  /** After a success: begins anew. */
  public void reset() {
    windowNanos = baseNanos;
  }
}
