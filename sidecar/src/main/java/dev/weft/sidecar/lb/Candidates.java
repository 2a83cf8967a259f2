package dev.weft.sidecar.lb;

/**
 * The endpoints that a policy chooses from, with their weights. Immutable; made by the control
 * loop, read by every worker. Endpoints are numbered from 0.
 */
public final class Candidates {
  private final EndpointLoad[][] loads;
  private final int[] weights;
  private final long totalWeight;
  private final boolean equalWeights;

  /**
   * @param loads by worker, then by endpoint; not to be changed afterwards
   * @param weights by endpoint, each at least 1; not to be changed afterwards
   */
  public Candidates(EndpointLoad[][] loads, int[] weights) {
    this.loads = loads;
    this.weights = weights;
    long total = 0;
    boolean equal = true;
    for (int weight : weights) {
      if (weight < 1) {
        throw new IllegalArgumentException(
            "An endpoint's weight is " + weight + "; expected at least 1");
      }
      total += weight;
      equal &= weight == weights[0];
    }
    this.totalWeight = total;
    this.equalWeights = equal;
  }

  public int size() {
    return weights.length;
  }

  public EndpointLoad load(int worker, int index) {
    return loads[worker][index];
  }

  int weight(int index) {
    return weights[index];
  }

  long totalWeight() {
    return totalWeight;
  }

  boolean equalWeights() {
    return equalWeights;
  }

  /** Neither tried by this request nor to be avoided now. */
  boolean usable(int worker, int index, long nowNanos, Tried tried) {
    EndpointLoad load = loads[worker][index];
    return !load.avoided(nowNanos) && !tried.contains(load);
  }

  /** Whether another one would be better for now. */
  public boolean avoided(int worker, int index, long nowNanos) {
    return loads[worker][index].avoided(nowNanos);
  }

  /**
   * What every policy does when its own way leads to nobody usable: by weight among the usable,
   * else whose avoidance ends first among those not tried, else nobody. Looks at every endpoint.
   *
   * @return an index, or -1 if all are tried
   */
  int fallback(ClusterLoad cluster, long nowNanos, Tried tried) {
    EndpointLoad[] mine = loads[cluster.worker()];
    int chosen = -1;
    long seen = 0;
    int avoided = -1;
    for (int i = 0; i < mine.length; i++) {
      EndpointLoad load = mine[i];
      if (tried.contains(load)) {
        continue;
      }
      if (!load.avoided(nowNanos)) {
        seen += weights[i];
        if (cluster.nextBelow(seen) < weights[i]) {
          chosen = i;
        }
      } else if (avoided < 0 || load.avoidUntilNanos() - mine[avoided].avoidUntilNanos() < 0) {
        avoided = i;
      }
    }
    return chosen >= 0 ? chosen : avoided;
  }

  /** When all are tried: the one whose last attempt is longest ago; -1 only without endpoints. */
  public int leastRecentlyTried(int worker, Tried tried) {
    EndpointLoad[] mine = loads[worker];
    int best = -1;
    int bestAttempt = Integer.MAX_VALUE;
    for (int i = 0; i < mine.length; i++) {
      int attempt = tried.lastAttempt(mine[i]);
      if (attempt < bestAttempt) {
        best = i;
        bestAttempt = attempt;
      }
    }
    return best;
  }
}
