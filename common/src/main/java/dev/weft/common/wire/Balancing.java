package dev.weft.common.wire;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.Failover;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.LocalityMatch;
import dev.weft.proto.discovery.v1.LocalityPolicy;
import dev.weft.proto.discovery.v1.SlowStart;
import java.util.ArrayList;
import java.util.List;

/** How a cluster's endpoints are chosen. */
final class Balancing {
  private static final int MAX_RULES = 32;
  private static final int MAX_PLACES = 16;
  private static final int MAX_TEXT = 256;

  private Balancing() {}

  static LoadBalancerType type(At at, Cluster cluster) throws WireException {
    LoadBalancer named = at.field("load_balancer").known(cluster.getLoadBalancer());
    LoadBalancer better = cluster.getBalancer();
    if (cluster.getByClientAddress()) {
      return LoadBalancerType.CLIENT_ADDRESS;
    }
    return switch (better == LoadBalancer.UNRECOGNIZED
            || better == LoadBalancer.LOAD_BALANCER_UNSPECIFIED
        ? named
        : better) {
      case LEAST_REQUEST -> LoadBalancerType.LEAST_REQUEST;
      case ROUND_ROBIN, WEIGHTED_ROUND_ROBIN -> LoadBalancerType.ROUND_ROBIN;
      case RANDOM -> LoadBalancerType.RANDOM;
      // Nothing else has passed the check above.
      case PEAK_EWMA, LOAD_BALANCER_UNSPECIFIED, UNRECOGNIZED -> LoadBalancerType.PEAK_EWMA;
    };
  }

  static BalancingConfig decode(At at, Cluster cluster) throws WireException {
    int panic =
        at.field("panic_threshold_percent").range(cluster.getPanicThresholdPercent(), 0, 100);
    if (panic == 0 && !cluster.hasSlowStart() && !cluster.hasLocality()) {
      return BalancingConfig.DEFAULT;
    }
    long window = 0;
    int least = BalancingConfig.SLOW_START_MIN_PERCENT;
    if (cluster.hasSlowStart()) {
      SlowStart slow = cluster.getSlowStart();
      At field = at.field("slow_start");
      window = field.field("window_nanos").nanos(slow.getWindowNanos(), 1);
      least = field.field("min_weight_percent").range(slow.getMinWeightPercent(), 1, 100);
    }
    return new BalancingConfig(
        window,
        least,
        panic,
        cluster.hasLocality() ? locality(at.field("locality"), cluster.getLocality()) : null);
  }

  private static LocalityConfig locality(At at, LocalityPolicy policy) throws WireException {
    int factor =
        at.field("overprovisioning_percent").range(policy.getOverprovisioningPercent(), 100, 1000);
    at.field("failover").count(policy.getFailoverList(), MAX_RULES);
    var rules = new ArrayList<BalancingConfig.Failover>();
    for (int i = 0; i < policy.getFailoverCount(); i++) {
      Failover rule = policy.getFailover(i);
      At one = at.item("failover", i);
      one.field("to").check(rule.getToCount() > 0, "no place", "at least one");
      one.field("to").count(rule.getToList(), MAX_PLACES);
      var places = new ArrayList<BalancingConfig.LocalityMatch>();
      for (int j = 0; j < rule.getToCount(); j++) {
        places.add(match(one.item("to", j), rule.getTo(j)));
      }
      rules.add(new BalancingConfig.Failover(match(one.field("from"), rule.getFrom()), places));
    }
    return new LocalityConfig(factor, List.copyOf(rules));
  }

  private static BalancingConfig.LocalityMatch match(At at, LocalityMatch match)
      throws WireException {
    return new BalancingConfig.LocalityMatch(
        at.field("region").optionalText(match.getRegion(), MAX_TEXT),
        at.field("zone").optionalText(match.getZone(), MAX_TEXT),
        at.field("sub_zone").optionalText(match.getSubZone(), MAX_TEXT));
  }
}
