package dev.weft.sidecar.lb;

/** Endpoints of equal weight in turn. Each worker turns on its own, from a place of its own. */
record RoundRobin(Candidates candidates) implements Policy {
  @Override
  public int pick(ClusterLoad cluster, long nowNanos, Tried tried) {
    int size = candidates.size();
    for (int i = 0; i < size; i++) {
      int index = (int) (cluster.nextSequence() % size);
      if (candidates.usable(cluster.worker(), index, nowNanos, tried)) {
        return index;
      }
    }
    return candidates.fallback(cluster, nowNanos, tried);
  }
}
