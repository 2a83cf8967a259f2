package dev.weft.sidecar.lb;

/** One drawn by weight, whatever happened before. */
final class WeightedRandom implements Policy {
  private final Candidates candidates;
  private final AliasTable byWeight;

  WeightedRandom(Candidates candidates) {
    this.candidates = candidates;
    this.byWeight = new AliasTable(candidates);
  }

  @Override
  public Candidates candidates() {
    return candidates;
  }

  @Override
  public int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    if (candidates.size() == 0) {
      return -1;
    }
    int index = byWeight.draw(cluster);
    return candidates.usable(cluster.worker(), index, nowNanos, tried)
        ? index
        : candidates.fallback(cluster, nowNanos, tried);
  }
}
