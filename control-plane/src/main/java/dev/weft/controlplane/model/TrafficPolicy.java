package dev.weft.controlplane.model;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.UpstreamTlsConfig;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@code TrafficPolicy}: how requests to its targets are balanced, limited, retried and checked.
 * A block that the document does not have is null and leaves the default, or what a policy of a
 * wider target says; a block that it has is whole, its absent fields at their defaults. Timeouts
 * are taken one by one.
 *
 * @param targets at least one, in the policy's own namespace
 * @param requestTimeout null: not said; zero: no limit
 * @param perTryTimeout null: not said; zero: no limit
 * @param streamIdleTimeout null: not said; zero: no limit
 * @param tcpIdleTimeout null: not said; zero: no limit
 */
public record TrafficPolicy(
    DocumentMeta meta,
    List<Target> targets,
    @Nullable LoadBalancer loadBalancer,
    @Nullable Duration requestTimeout,
    @Nullable Duration perTryTimeout,
    @Nullable Duration streamIdleTimeout,
    @Nullable Duration tcpIdleTimeout,
    @Nullable RetryConfig retry,
    @Nullable OutlierConfig outlierDetection,
    @Nullable HealthCheckConfig healthCheck,
    @Nullable LimitsConfig connectionLimits,
    @Nullable UpstreamTlsConfig tls,
    @Nullable ProxyProtocol proxyProtocol) {
  /** Policy attachment's rule for conflicts (GEP-713): the older wins, then the name. */
  public static final Comparator<TrafficPolicy> WINNER_FIRST =
      Comparator.<TrafficPolicy>comparingLong(policy -> policy.meta().createdAtMillis())
          .thenComparing(policy -> policy.meta().namespace())
          .thenComparing(policy -> policy.meta().name());

  public TrafficPolicy {
    targets = List.copyOf(targets);
  }

  /**
   * How an endpoint is chosen.
   *
   * @param type null: as it would be without the policy
   */
  public record LoadBalancer(@Nullable LoadBalancerType type, BalancingConfig balancing) {
    /** Of that type, and nothing else. */
    public static LoadBalancer of(LoadBalancerType type) {
      return new LoadBalancer(type, BalancingConfig.DEFAULT);
    }
  }

  /**
   * What a policy may be attached to. On a route only timeouts of requests and retry are allowed.
   */
  public enum TargetKind {
    SERVICE("Service"),
    HTTP_ROUTE("HTTPRoute"),
    GRPC_ROUTE("GRPCRoute");

    private final String kind;

    TargetKind(String kind) {
      this.kind = kind;
    }

    /** As documents spell it. */
    public String kind() {
      return kind;
    }
  }

  /** One target, of the policy's own namespace. */
  public record Target(TargetKind kind, String name) {
    @Override
    public String toString() {
      return kind.kind() + " " + name;
    }
  }
}
