package dev.weft.common.config;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service's port as a destination.
 *
 * @param name {@code service.namespace:port}; of one endpoint that was addressed itself its {@code
 *     address:port}
 * @param healthCheck null: no active checks
 * @param endpointSlices the names of the slices that make it up
 * @param protocol what its applications speak on that port; null: not declared
 * @param tls null: connections are not secured by the sidecar
 * @param proxyProtocol with which header connections begin
 * @param tcpIdleTimeoutNanos how long relayed bytes may stand still; 0: no limit; {@link
 *     #DEFAULT_IDLE}: the sidecar's default
 * @param sameNodeOnly whether only endpoints for the caller's own machine are used
 * @param balancing what shapes the choice beside the balancer's type
 */
public record ClusterConfig(
    String name,
    String service,
    String namespace,
    int port,
    LoadBalancerType loadBalancer,
    OutlierConfig outlierDetection,
    @Nullable HealthCheckConfig healthCheck,
    LimitsConfig limits,
    List<String> endpointSlices,
    List<Origin> origins,
    @Nullable WireProtocol protocol,
    @Nullable UpstreamTlsConfig tls,
    ProxyProtocol proxyProtocol,
    long tcpIdleTimeoutNanos,
    boolean sameNodeOnly,
    BalancingConfig balancing) {
  /** An idle timeout that nobody has set. */
  public static final long DEFAULT_IDLE = -1;

  public ClusterConfig {
    endpointSlices = List.copyOf(endpointSlices);
    origins = List.copyOf(origins);
  }

  /** One whose endpoints may be on any machine, and are balanced by nothing but the type. */
  public ClusterConfig(
      String name,
      String service,
      String namespace,
      int port,
      LoadBalancerType loadBalancer,
      OutlierConfig outlierDetection,
      @Nullable HealthCheckConfig healthCheck,
      LimitsConfig limits,
      List<String> endpointSlices,
      List<Origin> origins,
      @Nullable WireProtocol protocol,
      @Nullable UpstreamTlsConfig tls,
      ProxyProtocol proxyProtocol,
      long tcpIdleTimeoutNanos) {
    this(
        name,
        service,
        namespace,
        port,
        loadBalancer,
        outlierDetection,
        healthCheck,
        limits,
        endpointSlices,
        origins,
        protocol,
        tls,
        proxyProtocol,
        tcpIdleTimeoutNanos,
        false,
        BalancingConfig.DEFAULT);
  }

  /** The header of the PROXY protocol by which a server is told who calls. */
  public enum ProxyProtocol {
    OFF,
    V1,
    V2
  }

  /** How one of the endpoints is chosen; weights count in every one. */
  public enum LoadBalancerType {
    /** Of two drawn by weight the one that is expected to answer sooner. */
    PEAK_EWMA,
    /** Of two drawn by weight the one with fewer requests under way. */
    LEAST_REQUEST,
    /** In turn; where weights differ, smoothly weighted. */
    ROUND_ROBIN,
    /** Drawn by weight. */
    RANDOM,
    /** All that one caller's address sends goes to one endpoint. */
    CLIENT_ADDRESS
  }

  /**
   * Passive health: what ejects an endpoint, for how long, and how many at once.
   *
   * @param consecutiveFailures 0: off
   * @param maxEjectionPercent 0 to 100; one is always allowed when there are two
   */
  public record OutlierConfig(
      int consecutiveFailures,
      long baseEjectionNanos,
      long maxEjectionNanos,
      int maxEjectionPercent) {
    public static final OutlierConfig DEFAULT =
        new OutlierConfig(5, 3_000_000_000L, 60_000_000_000L, 50);
  }

  /**
   * Active checks.
   *
   * @param httpPath null: gRPC, or else a TCP connect, is the check
   * @param expectedStatuses empty: 200 to 299
   * @param grpcService what grpc.health.v1 is asked about, empty: the server; null: not gRPC
   */
  public record HealthCheckConfig(
      @Nullable String httpPath,
      List<Integer> expectedStatuses,
      long intervalNanos,
      long timeoutNanos,
      int unhealthyThreshold,
      int healthyThreshold,
      @Nullable String grpcService) {
    public HealthCheckConfig {
      expectedStatuses = List.copyOf(expectedStatuses);
    }
  }

  /**
   * Bounds for the sidecar's process; {@code maxRequests} 0 is no limit, the others are above 0.
   */
  public record LimitsConfig(
      int maxConnections, int maxPendingRequests, int maxRequests, long connectTimeoutNanos) {
    public static final LimitsConfig DEFAULT = new LimitsConfig(1024, 1024, 0, 1_000_000_000L);
  }
}
