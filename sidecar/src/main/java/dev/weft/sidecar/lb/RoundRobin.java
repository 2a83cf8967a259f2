package dev.weft.sidecar.lb;

/**
 * Endpoints of equal weight in turn; unequal ones have {@link SmoothRoundRobin}. Each worker turns
 * on its own, from a place of its own. The turn of one that cannot be used goes to anyone, not to
 * its neighbour, who would carry twice the load.
 */
record RoundRobin(Candidates candidates) implements Policy {
  @Override
  public int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    int size = candidates.size();
    if (size == 0) {
      return -1;
    }
    int index = (int) (cluster.nextSequence() % size);
    return candidates.usable(cluster.worker(), index, nowNanos, tried)
        ? index
        : candidates.fallback(cluster, nowNanos, tried);
  }
}
