package dev.weft.common.wire;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.ConnectionLimits;
import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.proto.discovery.v1.OutlierDetection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Clusters: balancing, health and limits of a service's port. */
final class Clusters {
  private static final int MAX_SLICES = 10_000;
  private static final int MAX_STATUSES = 64;
  private static final int MAX_LIMIT = 1_000_000;
  private static final int MAX_THRESHOLD = 1000;

  private Clusters() {}

  static ClusterConfig decode(At at, Cluster cluster) throws WireException {
    String name = at.resourceName();
    String service = at.field("service").dnsLabel(cluster.getService());
    String namespace = at.field("namespace").dnsLabel(cluster.getNamespace());
    int port = at.field("port").range(cluster.getPort(), 1, 65_535);
    String expected = service + "." + namespace + ":" + port;
    boolean ofOneEndpoint = Syntax.isAddressPort(name) && name.endsWith(":" + port);
    at.field("name").check(ofOneEndpoint || name.equals(expected), name, expected);
    return new ClusterConfig(
        name,
        service,
        namespace,
        port,
        Balancing.type(at, cluster),
        cluster.hasOutlierDetection()
            ? outlier(at.field("outlier_detection"), cluster.getOutlierDetection())
            : OutlierConfig.DEFAULT,
        cluster.hasHealthCheck()
            ? healthCheck(at.field("health_check"), cluster.getHealthCheck())
            : null,
        cluster.hasLimits()
            ? limits(at.field("limits"), cluster.getLimits())
            : LimitsConfig.DEFAULT,
        slices(at, name, cluster.getEndpointSlicesList()),
        WireDecoder.origins(at, cluster.getOriginsList()),
        Endpoints.optionalProtocol(at.field("protocol"), cluster.getProtocol()),
        cluster.hasTls() ? UpstreamSecurity.decode(at.field("tls"), cluster.getTls()) : null,
        proxyProtocol(at.field("proxy_protocol"), cluster.getProxyProtocol()),
        cluster.hasTcpIdleTimeoutNanos()
            ? at.field("tcp_idle_timeout_nanos").nanos(cluster.getTcpIdleTimeoutNanos(), 0)
            : ClusterConfig.DEFAULT_IDLE,
        cluster.getSameNodeOnly(),
        Balancing.decode(at, cluster));
  }

  private static ProxyProtocol proxyProtocol(
      At at, dev.weft.proto.discovery.v1.ProxyProtocol header) throws WireException {
    return switch (header) {
      case PROXY_PROTOCOL_UNSPECIFIED -> ProxyProtocol.OFF;
      case PROXY_PROTOCOL_V1 -> ProxyProtocol.V1;
      case PROXY_PROTOCOL_V2 -> ProxyProtocol.V2;
      case UNRECOGNIZED -> throw at.wrong(header, "a version that this sidecar knows");
    };
  }

  private static List<String> slices(At at, String cluster, List<String> slices)
      throws WireException {
    at.field("endpoint_slices").count(slices, MAX_SLICES);
    Set<String> names = At.names();
    for (int i = 0; i < slices.size(); i++) {
      At one = at.item("endpoint_slices", i);
      String slice = slices.get(i);
      one.check(
          slice.startsWith(cluster) && isSliceName(slice), slice, cluster + "/<slice number>");
      one.unique(names, slice);
    }
    return slices;
  }

  /** {@code <cluster>/<number>}. */
  static boolean isSliceName(String name) {
    int slash = name.lastIndexOf('/');
    String number = name.substring(slash + 1);
    return slash > 0
        && Syntax.isClusterName(name.substring(0, slash))
        && !number.isEmpty()
        && number.length() <= 9
        && number.chars().allMatch(c -> Syntax.isDigit((char) c));
  }

  private static OutlierConfig outlier(At at, OutlierDetection outlier) throws WireException {
    int failures =
        at.field("consecutive_failures").range(outlier.getConsecutiveFailures(), 0, MAX_THRESHOLD);
    long least = failures == 0 ? 0 : 1;
    long base = at.field("base_ejection_nanos").nanos(outlier.getBaseEjectionNanos(), least);
    long max = at.field("max_ejection_nanos").nanos(outlier.getMaxEjectionNanos(), least);
    at.field("max_ejection_nanos").check(max >= base, max, "at least base_ejection_nanos: " + base);
    return new OutlierConfig(
        failures,
        base,
        max,
        at.field("max_ejection_percent").range(outlier.getMaxEjectionPercent(), 0, 100));
  }

  private static HealthCheckConfig healthCheck(At at, HealthCheck check) throws WireException {
    @Nullable String path = null;
    @Nullable String grpcService = null;
    List<Integer> statuses = List.of();
    switch (check.getKindCase()) {
      case HTTP -> {
        At http = at.field("http");
        path = check.getHttp().getPath();
        http.field("path").check(isRequestTarget(path), path, "a path that starts with \"/\"");
        statuses = check.getHttp().getExpectedStatusesList();
        http.field("expected_statuses").count(statuses, MAX_STATUSES);
        for (int i = 0; i < statuses.size(); i++) {
          http.item("expected_statuses", i).range(statuses.get(i), 100, 599);
        }
      }
      case TCP -> {}
      case GRPC ->
          grpcService =
              at.field("grpc")
                  .field("service")
                  .optionalText(check.getGrpc().getService(), Syntax.MAX_NAME);
      case KIND_NOT_SET -> throw at.field("kind").wrong("unset", "http, tcp or grpc");
    }
    return new HealthCheckConfig(
        path,
        statuses,
        at.field("interval_nanos").nanos(check.getIntervalNanos(), Syntax.MIN_CHECK_NANOS),
        at.field("timeout_nanos").nanos(check.getTimeoutNanos(), 1),
        at.field("unhealthy_threshold").range(check.getUnhealthyThreshold(), 1, MAX_THRESHOLD),
        at.field("healthy_threshold").range(check.getHealthyThreshold(), 1, MAX_THRESHOLD),
        grpcService);
  }

  private static boolean isRequestTarget(String path) {
    return path.startsWith("/")
        && path.length() <= Syntax.MAX_PATH
        && path.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '#');
  }

  private static LimitsConfig limits(At at, ConnectionLimits limits) throws WireException {
    LimitsConfig unset = LimitsConfig.DEFAULT;
    int connections = at.field("max_connections").range(limits.getMaxConnections(), 0, MAX_LIMIT);
    int pending =
        at.field("max_pending_requests").range(limits.getMaxPendingRequests(), 0, MAX_LIMIT);
    long connect = at.field("connect_timeout_nanos").nanos(limits.getConnectTimeoutNanos(), 0);
    return new LimitsConfig(
        connections == 0 ? unset.maxConnections() : connections,
        pending == 0 ? unset.maxPendingRequests() : pending,
        at.field("max_requests").range(limits.getMaxRequests(), 0, MAX_LIMIT),
        connect == 0 ? unset.connectTimeoutNanos() : connect);
  }
}
