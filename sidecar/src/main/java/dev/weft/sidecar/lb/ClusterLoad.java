package dev.weft.sidecar.lb;

/**
 * What one worker keeps of one cluster: its random state, its place in the rotation, and the
 * average of its endpoints' latencies. Owned by that worker; survives every replacement of the
 * cluster's policy, so that a rotation goes on where it was.
 */
public final class ClusterLoad {
  /** One over the number of observations that the average remembers. */
  private static final double AVERAGE_SHARE = 1.0 / 64;

  private final int worker;
  private long random;
  private long sequence;
  private double averageNanos;

  /**
   * @param worker the worker's index, from 0
   * @param seed differs between workers and between processes, so that they do not move in step
   */
  public ClusterLoad(int worker, long seed) {
    this.worker = worker;
    this.random = seed;
    this.sequence = nextRandom() >>> 33;
  }

  public int worker() {
    return worker;
  }

  /** What an endpoint costs of which nothing is known; 0 before the first observation. */
  double averageNanos() {
    return averageNanos;
  }

  void observe(double endpointNanos) {
    averageNanos =
        averageNanos == 0
            ? endpointNanos
            : averageNanos + (endpointNanos - averageNanos) * AVERAGE_SHARE;
  }

  long nextSequence() {
    return sequence++;
  }

  /** SplitMix64: 64 even bits from one word of state. */
  long nextRandom() {
    random += 0x9E3779B97F4A7C15L;
    long z = random;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Even in 0 (inclusive) to {@code bound} (exclusive), for bounds far below 2^63. */
  long nextBelow(long bound) {
    return Math.unsignedMultiplyHigh(nextRandom(), bound);
  }
}
