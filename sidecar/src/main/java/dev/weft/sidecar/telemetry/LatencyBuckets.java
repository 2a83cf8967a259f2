package dev.weft.sidecar.telemetry;

/**
 * Upper bounds of the latency histogram, from what a local hop takes to what a person waits for.
 */
final class LatencyBuckets {
  private static final long[] BOUNDS_MICROS = {
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000
  };

  /** One more than there are bounds: the last has none. */
  static final int COUNT = BOUNDS_MICROS.length + 1;

  private LatencyBuckets() {}

  static int of(long nanos) {
    long micros = nanos / 1000;
    int i = 0;
    while (i < BOUNDS_MICROS.length && micros > BOUNDS_MICROS[i]) {
      i++;
    }
    return i;
  }

  static double boundSeconds(int bucket) {
    return bucket == BOUNDS_MICROS.length ? Double.POSITIVE_INFINITY : BOUNDS_MICROS[bucket] / 1e6;
  }
}
