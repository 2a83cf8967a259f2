package dev.weft.sidecar.lb;

/**
 * Smooth weighted round robin by static strides: rounds over all endpoints, in which the heaviest
 * is taken every time and another one whenever its own stride carries over. So an endpoint's turns
 * are evenly spread, and the only state is the worker's sequence number; a change of the endpoints
 * does not start anything anew. A pick looks at (greatest weight / mean weight) endpoints. The turn
 * of one that cannot be used goes to anyone by weight.
 */
final class SmoothRoundRobin implements Policy {
  /** The heaviest endpoint's stride: one whole turn. */
  private static final long TURN = 1L << 32;

  private final Candidates candidates;
  private final long[] strides;

  SmoothRoundRobin(Candidates candidates) {
    this.candidates = candidates;
    this.strides = new long[candidates.size()];
    long greatest = 1;
    for (int i = 0; i < strides.length; i++) {
      greatest = Math.max(greatest, candidates.weight(i));
    }
    for (int i = 0; i < strides.length; i++) {
      strides[i] = candidates.weight(i) * TURN / greatest;
    }
  }

  @Override
  public Candidates candidates() {
    return candidates;
  }

  @Override
  public int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    int size = strides.length;
    // The heaviest is on turn in every round: this ends.
    while (size > 0) {
      long sequence = cluster.nextSequence();
      int index = (int) (sequence % size);
      if (onTurn(index, sequence / size)) {
        return candidates.usable(cluster.worker(), index, nowNanos, tried)
            ? index
            : candidates.fallback(cluster, nowNanos, tried);
      }
    }
    return -1;
  }

  private boolean onTurn(int index, long round) {
    long stride = strides[index];
    // Each starts at another point of its stride: the light ones do not all come in one round.
    long offset = (index * 0x9E3779B97F4A7C15L) >>> 32;
    return ((round * stride + offset) & (TURN - 1)) >= TURN - stride;
  }
}
