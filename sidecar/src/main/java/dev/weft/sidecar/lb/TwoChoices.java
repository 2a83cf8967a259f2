package dev.weft.sidecar.lb;

/**
 * Power of two choices: draws two endpoints by weight and takes the second only if it is clearly
 * better, else the first. So shares follow the weights as long as the endpoints are alike, even if
 * there are only two; and nobody herds: the best of all gets at most what drawing it gives.
 */
abstract sealed class TwoChoices implements Policy permits LeastRequest, PeakEwma {
  /** How often to draw in search of two usable ones. */
  private static final int DRAWS = 6;

  private final Candidates candidates;

  /** The mean weight over each endpoint's: a heavy one may carry more at once. */
  private final double[] inverseWeights;

  private final AliasTable byWeight;

  TwoChoices(Candidates candidates) {
    this.candidates = candidates;
    this.byWeight = new AliasTable(candidates);
    this.inverseWeights = new double[candidates.size()];
    double mean = (double) candidates.totalWeight() / Math.max(1, candidates.size());
    for (int i = 0; i < inverseWeights.length; i++) {
      inverseWeights[i] = mean / candidates.weight(i);
    }
  }

  @Override
  public final Candidates candidates() {
    return candidates;
  }

  @Override
  public final int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    int size = inverseWeights.length;
    int first = -1;
    for (int draws = size > 1 ? DRAWS : 0; draws > 0; draws--) {
      int index = byWeight.draw(cluster);
      if (index == first && size == 2) {
        index = 1 - first;
      }
      if (index == first || !candidates.usable(cluster.worker(), index, nowNanos, tried)) {
        continue;
      }
      if (first < 0) {
        first = index;
      } else {
        EndpointLoad known = candidates.load(cluster.worker(), first);
        EndpointLoad other = candidates.load(cluster.worker(), index);
        return better(other, inverseWeights[index], known, inverseWeights[first], nowNanos)
            ? index
            : first;
      }
    }
    return first >= 0 ? first : candidates.fallback(cluster, nowNanos, tried);
  }

  /** Whether {@code other} is so much better than {@code first} that drawing it second counts. */
  abstract boolean better(
      EndpointLoad other,
      double inverseWeightOfOther,
      EndpointLoad first,
      double inverseWeightOfFirst,
      long nowNanos);
}
