package dev.weft.common.wire;

import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.ConnectionLimits;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.Header;
import dev.weft.proto.discovery.v1.HeaderEdits;
import dev.weft.proto.discovery.v1.HeaderMatch;
import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.proto.discovery.v1.HttpHealthCheck;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.OutlierDetection;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.QueryMatch;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.discovery.v1.RetryOn;
import dev.weft.proto.discovery.v1.RetryPolicy;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;

/** Resources that pass the wire's validator, for tests to ask about, or to spoil. */
final class GoodResources {
  private static final long MS = 1_000_000L;

  private GoodResources() {}

  static Resource named(Resource resource, String name) {
    return resource.toBuilder().setName(resource.getName().toBuilder().setName(name)).build();
  }

  static HeaderEdits.Builder set(HeaderEdits.Builder edits, String name, String value) {
    return edits.addSet(Header.newBuilder().setName(name).setValue(value));
  }

  static VirtualHost.Builder goodHost() {
    return VirtualHost.newBuilder()
        .addRoutes(
            Route.newBuilder()
                .setName("default/catalog/rule-0/match-0")
                .addOrigins(
                    Origin.newBuilder()
                        .setKind("HTTPRoute")
                        .setNamespace("default")
                        .setName("catalog")
                        .setFieldPath("spec.rules[0]")
                        .setDecides("backends")
                        .setRevision(7))
                .setMatch(
                    RouteMatch.newBuilder()
                        .setPathPrefix("/items")
                        .setMethod("GET")
                        .addHeaders(HeaderMatch.newBuilder().setName("x-user").setRegex("a.*"))
                        .addQuery(QueryMatch.newBuilder().setName("q").setExact("1")))
                .addBackends(backend("catalog-v1.default:80", 90))
                .addBackends(backend("catalog-v2.default:80", 10))
                .addBackends(backend("", 1))
                .setRequestHeaders(set(HeaderEdits.newBuilder(), "x-canary", "yes"))
                .setRequestTimeoutNanos(500 * MS)
                .setRetry(
                    RetryPolicy.newBuilder()
                        .setAttempts(2)
                        .addOn(RetryOn.CONNECT_FAILURE)
                        .addOn(RetryOn.RESET)
                        .setBudgetPercent(20)
                        .setBaseBackoffNanos(5 * MS)
                        .setMaxBackoffNanos(50 * MS)));
  }

  static WeightedBackend.Builder backend(String cluster, int weight) {
    return WeightedBackend.newBuilder().setCluster(cluster).setWeight(weight);
  }

  static UpstreamTls.Builder goodTls() {
    return UpstreamTls.newBuilder().setServerName("a.example").setMinVersion(TlsVersion.TLS_1_2);
  }

  static Cluster.Builder goodCluster() {
    return Cluster.newBuilder()
        .setService("catalog")
        .setNamespace("default")
        .setPort(80)
        .setLoadBalancer(LoadBalancer.PEAK_EWMA)
        .setOutlierDetection(
            OutlierDetection.newBuilder()
                .setConsecutiveFailures(3)
                .setBaseEjectionNanos(1000 * MS)
                .setMaxEjectionNanos(2000 * MS)
                .setMaxEjectionPercent(50))
        .setHealthCheck(
            HealthCheck.newBuilder()
                .setHttp(
                    HttpHealthCheck.newBuilder()
                        .setPath("/health?full=1")
                        .addExpectedStatuses(200)
                        .addExpectedStatuses(204))
                .setIntervalNanos(1000 * MS)
                .setTimeoutNanos(500 * MS)
                .setUnhealthyThreshold(3)
                .setHealthyThreshold(1))
        .setLimits(ConnectionLimits.newBuilder().setMaxConnections(10))
        .addEndpointSlices("catalog.default:80/0")
        .addEndpointSlices("catalog.default:80/7");
  }

  static EndpointSlice.Builder goodSlice() {
    return EndpointSlice.newBuilder()
        .addEndpoints(
            Endpoint.newBuilder()
                .setId("catalog-v1-0")
                .setIncarnation("i1")
                .setAddress("10.0.0.7")
                .setPort(15006)
                .setWeight(100)
                .setLocality(
                    dev.weft.proto.discovery.v1.Locality.newBuilder()
                        .setRegion("eu")
                        .setZone("eu-1"))
                .setPeer(PeerKind.SIDECAR)
                .addProtocols(Protocol.HTTP1)
                .addProtocols(Protocol.HTTP2)
                .putLabels("version", "v1"));
  }

  static Resource resource(VirtualHost.Builder host) {
    return head(ResourceKind.VIRTUAL_HOST, "default/catalog:8080").setVirtualHost(host).build();
  }

  static Resource resource(Cluster.Builder cluster) {
    return head(ResourceKind.CLUSTER, "catalog.default:80").setCluster(cluster).build();
  }

  static Resource resource(EndpointSlice.Builder slice) {
    return head(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/0")
        .setEndpointSlice(slice)
        .build();
  }

  static Resource resource(Inbound.Builder inbound) {
    return head(ResourceKind.INBOUND, "default/catalog").setInbound(inbound).build();
  }

  private static Resource.Builder head(ResourceKind kind, String name) {
    return Resource.newBuilder()
        .setName(ResourceName.newBuilder().setKind(kind).setName(name))
        .setVersion("v1");
  }
}
