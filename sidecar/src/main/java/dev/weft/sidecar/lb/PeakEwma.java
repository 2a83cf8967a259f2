package dev.weft.sidecar.lb;

/**
 * Power of two choices: draws two endpoints by weight and takes the one that costs less, where the
 * cost is the expected latency times the requests under way plus one ({@link EndpointLoad}). Costs
 * that differ by little count as equal, and then the first drawn is taken: so shares follow the
 * weights as long as the endpoints are alike, even if there are only two. No worker knows of
 * another's requests.
 */
final class PeakEwma implements Policy {
  /** The second drawn must cost less than this share of the first to be preferred. */
  private static final double CLEARLY_LESS = 0.8;

  /** How often to draw in search of two usable ones. */
  private static final int DRAWS = 6;

  private final Candidates candidates;
  private final double[] inverseWeights;
  private final AliasTable byWeight;

  PeakEwma(Candidates candidates) {
    this.candidates = candidates;
    this.byWeight = new AliasTable(candidates);
    this.inverseWeights = new double[candidates.size()];
    double mean = (double) candidates.totalWeight() / Math.max(1, candidates.size());
    for (int i = 0; i < inverseWeights.length; i++) {
      inverseWeights[i] = mean / candidates.weight(i);
    }
  }

  @Override
  public Candidates candidates() {
    return candidates;
  }

  @Override
  public int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    int size = inverseWeights.length;
    int first = -1;
    for (int draws = size > 1 ? DRAWS : 0; draws > 0; draws--) {
      int index = draw(cluster, size);
      if (index == first && size == 2) {
        index = 1 - first;
      }
      if (index == first || !candidates.usable(cluster.worker(), index, nowNanos, tried)) {
        continue;
      }
      if (first < 0) {
        first = index;
      } else {
        return cheaper(cluster.worker(), first, index, nowNanos);
      }
    }
    return first >= 0 ? first : candidates.fallback(cluster, nowNanos, tried);
  }

  private int draw(ClusterLoad cluster, int size) {
    return candidates.equalWeights() ? (int) cluster.nextBelow(size) : byWeight.draw(cluster);
  }

  private int cheaper(int worker, int first, int second, long nowNanos) {
    double costOfFirst = candidates.load(worker, first).cost(nowNanos, inverseWeights[first]);
    double costOfSecond = candidates.load(worker, second).cost(nowNanos, inverseWeights[second]);
    return costOfSecond < costOfFirst * CLEARLY_LESS ? second : first;
  }
}
