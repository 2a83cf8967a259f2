package dev.weft.sidecar.lb;

/**
 * Of two choices the one that costs clearly less, where the cost is the expected latency times the
 * requests under way plus one ({@link EndpointLoad}). No worker knows of another's requests.
 */
final class PeakEwma extends TwoChoices {
  /** The second drawn must cost less than this share of the first to be preferred. */
  private static final double CLEARLY_LESS = 0.8;

  PeakEwma(Candidates candidates) {
    super(candidates);
  }

  @Override
  boolean better(
      EndpointLoad other,
      double inverseWeightOfOther,
      EndpointLoad first,
      double inverseWeightOfFirst,
      long nowNanos) {
    return other.cost(nowNanos, inverseWeightOfOther)
        < first.cost(nowNanos, inverseWeightOfFirst) * CLEARLY_LESS;
  }
}
