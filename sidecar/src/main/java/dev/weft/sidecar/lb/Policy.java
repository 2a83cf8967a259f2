package dev.weft.sidecar.lb;

import dev.weft.common.config.ClusterConfig.LoadBalancerType;

/**
 * A way to choose an endpoint. Immutable, made by the control loop, called by every worker; all
 * that changes is in {@link ClusterLoad} and {@link EndpointLoad}, which the calling worker owns.
 */
public sealed interface Policy
    permits TwoChoices, RoundRobin, SmoothRoundRobin, WeightedRandom, ByClientAddress {
  /**
   * Chooses one that the request has not tried, if possible none that is to be avoided.
   *
   * @param cluster the calling worker's
   * @return an index of the candidates, or -1 if there is none left
   */
  int pick(ClusterLoad cluster, long nowNanos, Tried tried);

  Candidates candidates();

  /**
   * The policy of that type. Weights count in every one: round robin over unequal weights is smooth
   * weighted round robin, and that over equal ones is the plain rotation.
   */
  static Policy of(LoadBalancerType type, Candidates candidates) {
    return switch (type) {
      case PEAK_EWMA -> new PeakEwma(candidates);
      case LEAST_REQUEST -> new LeastRequest(candidates);
      case ROUND_ROBIN ->
          candidates.equalWeights() ? new RoundRobin(candidates) : new SmoothRoundRobin(candidates);
      case RANDOM -> new WeightedRandom(candidates);
      case CLIENT_ADDRESS ->
          throw new IllegalArgumentException("this one has to know who the endpoints are");
    };
  }

  /**
   * The policy by which a client stays with an endpoint.
   *
   * @param endpoints what each endpoint is called, as a number that is the same in every sidecar
   */
  static Policy byClientAddress(Candidates candidates, long[] endpoints) {
    return new ByClientAddress(candidates, endpoints);
  }
}
