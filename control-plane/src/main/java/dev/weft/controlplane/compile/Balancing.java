package dev.weft.controlplane.compile;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.Failover;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.LocalityPolicy;
import dev.weft.proto.discovery.v1.SlowStart;
import org.jspecify.annotations.Nullable;

/** How a cluster's endpoints are chosen, for sidecars old and new. Pure. */
final class Balancing {
  private Balancing() {}

  /**
   * @param policy what a policy says of it; null: nothing
   */
  static void write(
      Cluster.Builder message, Service service, TrafficPolicy.@Nullable LoadBalancer policy) {
    LoadBalancerType type = policy == null ? null : policy.type();
    if (type == null && service.traffic().byClientAddress()) {
      // Before the field there was something else to do, and older sidecars do it still.
      message.setByClientAddress(true).addOrigins(Messages.origin(service, "loadBalancer"));
    }
    type(message, type == null ? LoadBalancerType.PEAK_EWMA : type);
    if (policy != null) {
      shape(message, policy.balancing());
    }
  }

  private static void type(Cluster.Builder message, LoadBalancerType type) {
    switch (type) {
      case ROUND_ROBIN -> message.setLoadBalancer(LoadBalancer.ROUND_ROBIN);
      case PEAK_EWMA, CLIENT_ADDRESS -> message.setLoadBalancer(LoadBalancer.PEAK_EWMA);
      // Both came later: an older sidecar takes what is nearest.
      case LEAST_REQUEST ->
          message.setLoadBalancer(LoadBalancer.PEAK_EWMA).setBalancer(LoadBalancer.LEAST_REQUEST);
      case RANDOM ->
          message.setLoadBalancer(LoadBalancer.ROUND_ROBIN).setBalancer(LoadBalancer.RANDOM);
    }
  }

  private static void shape(Cluster.Builder message, BalancingConfig balancing) {
    if (balancing.slowStartNanos() > 0) {
      message.setSlowStart(
          SlowStart.newBuilder()
              .setWindowNanos(balancing.slowStartNanos())
              .setMinWeightPercent(balancing.slowStartMinPercent()));
    }
    message.setPanicThresholdPercent(balancing.panicThresholdPercent());
    LocalityConfig locality = balancing.locality();
    if (locality != null) {
      var policy =
          LocalityPolicy.newBuilder()
              .setOverprovisioningPercent(locality.overprovisioningPercent());
      for (BalancingConfig.Failover rule : locality.failover()) {
        var failover = Failover.newBuilder().setFrom(match(rule.from()));
        rule.to().forEach(place -> failover.addTo(match(place)));
        policy.addFailover(failover);
      }
      message.setLocality(policy);
    }
  }

  private static dev.weft.proto.discovery.v1.LocalityMatch match(LocalityMatch match) {
    return dev.weft.proto.discovery.v1.LocalityMatch.newBuilder()
        .setRegion(match.region())
        .setZone(match.zone())
        .setSubZone(match.subZone())
        .build();
  }
}
