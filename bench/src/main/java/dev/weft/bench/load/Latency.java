package dev.weft.bench.load;

import java.util.Arrays;

/** Latencies in logarithmic buckets, each less than 1% wide. One thread. */
final class Latency {
  private static final int SUB_BITS = 7;
  private static final int SUBS = 1 << SUB_BITS;

  private final long[] buckets = new long[(64 - SUB_BITS) * SUBS];
  private long count;

  void record(long nanos) {
    buckets[bucket(Math.max(0, nanos))]++;
    count++;
  }

  void clear() {
    Arrays.fill(buckets, 0);
    count = 0;
  }

  long count() {
    return count;
  }

  /** The lower bound of the bucket that holds the percentile; 0 when nothing was recorded. */
  long percentileMicros(double percent) {
    long wanted = (long) Math.ceil(count * percent / 100);
    long seen = 0;
    for (int i = 0; i < buckets.length; i++) {
      seen += buckets[i];
      if (seen >= wanted && seen > 0) {
        return lowest(i) / 1000;
      }
    }
    return 0;
  }

  private static int bucket(long nanos) {
    if (nanos < SUBS) {
      return (int) nanos;
    }
    int shift = 63 - Long.numberOfLeadingZeros(nanos) - SUB_BITS;
    return (shift + 1) * SUBS + (int) (nanos >>> shift) - SUBS;
  }

  private static long lowest(int bucket) {
    if (bucket < SUBS) {
      return bucket;
    }
    int shift = bucket / SUBS - 1;
    return (long) (bucket % SUBS + SUBS) << shift;
  }
}
