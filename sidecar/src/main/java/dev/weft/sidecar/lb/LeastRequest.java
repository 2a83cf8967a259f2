package dev.weft.sidecar.lb;

/**
 * Of two choices the one with fewer requests under way for its weight. Latency counts only as far
 * as it makes requests pile up. No worker knows of another's requests.
 */
final class LeastRequest extends TwoChoices {
  LeastRequest(Candidates candidates) {
    super(candidates);
  }

  @Override
  boolean better(
      EndpointLoad other,
      double inverseWeightOfOther,
      EndpointLoad first,
      double inverseWeightOfFirst,
      long nowNanos) {
    return other.inflight() * inverseWeightOfOther < first.inflight() * inverseWeightOfFirst;
  }
}
