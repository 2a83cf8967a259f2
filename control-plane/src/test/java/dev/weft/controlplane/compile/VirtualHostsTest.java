package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.port;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What services, routes and policies become. */
class VirtualHostsTest {
  private final TestMesh mesh = new TestMesh();

  @Test
  void withoutARouteEverythingGoesToTheServiceItself() {
    mesh.put(instance("catalog", "catalog-0"));

    Route route = host("catalog").getRoutes(0);

    assertThat(route.getMatch().getPathPrefix()).isEqualTo("/");
    assertThat(clusters(route)).containsExactly("catalog.default:80");
    assertThat(route.getRetry()).isEqualTo(Messages.retry(RetryConfig.DEFAULT));
    assertThat(route.getOriginsList()).extracting(Origin::getKind).containsExactly("Service");
  }

  @Test
  void withoutAPortItIs80IfTheServiceHasItElseTheFirst() {
    mesh.put(instance("web", "web-0").addPorts(port(443, 8443)).addPorts(port(79, 7979)));
    mesh.put(instance("db", "db-0").clearPorts().addPorts(port(9000, 1)).addPorts(port(7000, 2)));

    assertThat(clusters(host("web").getRoutes(0))).containsExactly("web.default:80");
    assertThat(clusters(host("web:443").getRoutes(0))).containsExactly("web.default:443");
    assertThat(clusters(host("db").getRoutes(0))).containsExactly("db.default:7000");
  }

  @Test
  void anUnknownPortNamesTheKnownOnes() {
    mesh.put(instance("web", "web-0").addPorts(port(443, 8443)));

    VirtualHost host = host("web.default:8080");

    assertThat(host.getNotFound()).isTrue();
    assertThat(host.getNearMissesList()).containsExactly("web.default:80", "web.default:443");
  }

  @Test
  void theNearestNamesAreNamedBestFirstAndAtMostFive() {
    for (String name :
        List.of("catalog", "catalogs", "katalog", "cataloger", "catalo", "catalox")) {
      mesh.put(instance(name, name + "-0"));
    }
    mesh.put(instance("catalog", "other-0").setNamespace("other"));
    mesh.put(instance("payment", "payment-0"));

    assertThat(host("catalgo.default.svc.cluster.local:80").getNearMissesList())
        .startsWith("catalo", "catalog")
        .hasSize(5)
        .doesNotContain("payment");
    assertThat(host("xyz").getNearMissesList()).isEmpty();
  }

  @Test
  void aRouteDividesByWeightAndADanglingBackendHasNoCluster() {
    mesh.put(instance("catalog", "a")).put(instance("v1", "b")).put(instance("v2", "c"));
    mesh.route(mesh.routeTo("canary", "catalog", "v1", "v2", "gone"));

    Route route = host("catalog").getRoutes(0);

    assertThat(route.getName()).isEqualTo("default/canary/rule-0/match-0");
    assertThat(clusters(route)).containsExactly("v1.default:80", "v2.default:80", "");
    assertThat(route.getOrigins(0))
        .isEqualTo(
            Origin.newBuilder()
                .setKind("HTTPRoute")
                .setNamespace("default")
                .setName("canary")
                .setFieldPath("spec.rules[0]")
                .setDecides("backends")
                .setRevision(1)
                .build());
  }

  @Test
  void aRuleWithoutBackendsAnswersWithAnError() {
    mesh.put(instance("catalog", "a"));
    mesh.route(mesh.routeTo("none", "catalog"));

    assertThat(clusters(host("catalog").getRoutes(0))).containsExactly("");
  }

  @Test
  void aRouteForOnePortLeavesTheOthersAlone() {
    mesh.put(instance("catalog", "a").addPorts(port(81, 8081))).put(instance("v1", "b"));
    HttpRoute any = mesh.routeTo("only-81", "catalog", "v1");
    mesh.route(
        new HttpRoute(any.meta(), List.of(new ServiceRef("default", "catalog", 81)), any.rules()));

    assertThat(clusters(host("catalog:81").getRoutes(0))).containsExactly("v1.default:80");
    assertThat(clusters(host("catalog").getRoutes(0))).containsExactly("catalog.default:80");
  }

  @Test
  void theRuleDecidesItsTimeoutsThenThePolicyOnTheRouteThenTheOneOnTheService() {
    mesh.put(instance("catalog", "a"));
    mesh.route(
        new HttpRoute(
            meta("split"),
            List.of(new ServiceRef("default", "catalog", 0)),
            List.of(
                timed("/own", Duration.ofSeconds(1), Duration.ZERO),
                timed("/policies", null, null))));
    mesh.policy(
        policy("on-route", TargetKind.HTTP_ROUTE, "split", Duration.ofSeconds(2), null, null));
    mesh.policy(
        policy(
            "on-service",
            TargetKind.SERVICE,
            "catalog",
            Duration.ofSeconds(3),
            Duration.ofSeconds(4),
            RetryConfig.NEVER));

    VirtualHost host = host("catalog");

    Route policies = host.getRoutes(0);
    assertThat(policies.getMatch().getPathPrefix()).isEqualTo("/policies");
    assertThat(policies.getRequestTimeoutNanos()).isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(policies.getPerTryTimeoutNanos()).isEqualTo(Duration.ofSeconds(4).toNanos());
    assertThat(policies.getPerTryCoversResponse()).isFalse();
    assertThat(policies.getRetry()).isEqualTo(Messages.retry(RetryConfig.NEVER));
    assertThat(policies.getOriginsList())
        .extracting(origin -> origin.getName() + " " + origin.getFieldPath())
        .containsExactly(
            "split spec.rules[1]",
            "on-route spec.timeouts.request",
            "on-service spec.timeouts.perTry",
            "on-service spec.retry");
    Route own = host.getRoutes(1);
    assertThat(own.getRequestTimeoutNanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
    assertThat(own.getPerTryTimeoutNanos()).isZero();
    // What a rule says of requests to a backend is about their whole responses (GEP-1742).
    assertThat(own.getPerTryCoversResponse()).isTrue();
    assertThat(own.getOriginsList())
        .extracting(origin -> origin.getName() + " " + origin.getFieldPath())
        .contains(
            "split spec.rules[0].timeouts.request", "split spec.rules[0].timeouts.backendRequest");
  }

  @Test
  void aPolicyOnAGrpcRouteIsForThatAndNotForAnHttpRouteOfTheName() {
    mesh.put(instance("catalog", "a")).put(instance("cart", "b"));
    for (HttpRoute.Kind kind : List.of(HttpRoute.Kind.GRPC, HttpRoute.Kind.HTTP)) {
      String service = kind == HttpRoute.Kind.GRPC ? "catalog" : "cart";
      mesh.route(
          new HttpRoute(
              meta("same"),
              kind,
              List.of(new ServiceRef("default", service, 0)),
              List.of(TestMesh.rule(MatchConfig.ANY, service))));
    }
    mesh.policy(
        policy(
            "calls",
            TargetKind.GRPC_ROUTE,
            "same",
            Duration.ofSeconds(2),
            Duration.ofSeconds(1),
            RetryConfig.NEVER));

    Route calls = host("catalog").getRoutes(0);
    assertThat(calls.getRequestTimeoutNanos()).isEqualTo(Duration.ofSeconds(2).toNanos());
    assertThat(calls.getPerTryTimeoutNanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
    assertThat(calls.getRetry()).isEqualTo(Messages.retry(RetryConfig.NEVER));
    Route other = host("cart").getRoutes(0);
    assertThat(other.getRequestTimeoutNanos()).isZero();
    assertThat(other.getRetry()).isEqualTo(Messages.retry(RetryConfig.DEFAULT));
  }

  @Test
  void aStreamIdleTimeoutIsSentOnlyWhereAPolicySaysIt() {
    mesh.put(instance("catalog", "a")).put(instance("cart", "b"));
    mesh.policy(
        new TrafficPolicy(
            meta("quiet"),
            List.of(new TrafficPolicy.Target(TargetKind.SERVICE, "catalog")),
            null,
            null,
            null,
            Duration.ZERO,
            null,
            null,
            null,
            null,
            null,
            null,
            null));

    Route said = host("catalog").getRoutes(0);
    Route unsaid = host("cart").getRoutes(0);

    assertThat(said.hasStreamIdleTimeoutNanos()).isTrue();
    assertThat(said.getStreamIdleTimeoutNanos()).isZero();
    assertThat(said.getOriginsList())
        .extracting(origin -> origin.getName() + " " + origin.getFieldPath())
        .contains("quiet spec.timeouts.streamIdle");
    assertThat(unsaid.hasStreamIdleTimeoutNanos()).isFalse();
  }

  @Test
  void ofTwoPoliciesOnOneTargetTheOlderWinsBlockByBlock() {
    mesh.put(instance("catalog", "a"));
    mesh.policy(policy("b-older", TargetKind.SERVICE, "catalog", null, null, RetryConfig.NEVER, 1));
    mesh.policy(
        policy(
            "a-younger",
            TargetKind.SERVICE,
            "catalog",
            Duration.ofSeconds(9),
            null,
            RetryConfig.DEFAULT,
            2));

    Route route = host("catalog").getRoutes(0);

    assertThat(route.getRetry()).isEqualTo(Messages.retry(RetryConfig.NEVER));
    assertThat(route.getRequestTimeoutNanos()).isEqualTo(Duration.ofSeconds(9).toNanos());
  }

  @Test
  void whatAPolicySaysOfConnectionsIsCompiledIntoTheCluster() {
    mesh.put(instance("catalog", "a"));
    var tls =
        new UpstreamTlsConfig(
            "db.example", List.of("spiffe://mesh/db"), "", true, TlsVersion.TLS_1_3);
    var check = new HealthCheckConfig(null, List.of(), 1_000_000_000, 500_000_000, 3, 1, "a.B");
    mesh.policy(
        new TrafficPolicy(
            meta("tls"),
            List.of(new TrafficPolicy.Target(TargetKind.SERVICE, "catalog")),
            null,
            null,
            null,
            null,
            Duration.ofMinutes(5),
            null,
            null,
            check,
            null,
            tls,
            ProxyProtocol.V2));

    Cluster catalog = compile(ResourceKey.cluster("default", "catalog", 80)).getCluster();

    assertThat(catalog.getTls().getServerName()).isEqualTo("db.example");
    assertThat(catalog.getTls().getSubjectAltNamesList()).containsExactly("spiffe://mesh/db");
    assertThat(catalog.getTls().getClientCertificate()).isTrue();
    assertThat(catalog.getTls().getMinVersion())
        .isEqualTo(dev.weft.proto.discovery.v1.TlsVersion.TLS_1_3);
    assertThat(catalog.getProxyProtocol())
        .isEqualTo(dev.weft.proto.discovery.v1.ProxyProtocol.PROXY_PROTOCOL_V2);
    assertThat(catalog.getTcpIdleTimeoutNanos()).isEqualTo(300_000_000_000L);
    assertThat(catalog.getOriginsList())
        .extracting(Origin::getDecides)
        .containsExactly("endpoints", "healthCheck", "tls", "proxyProtocol", "timeouts.tcpIdle");
    // Checks of every kind go over TLS, and behind the header.
    assertThat(catalog.getHealthCheck().getGrpc().getService()).isEqualTo("a.B");
  }

  @Test
  void aClusterThatIsABackendHasThePolicyOfThatService() {
    mesh.put(instance("catalog", "a")).put(instance("v1", "b"));
    mesh.route(mesh.routeTo("move", "catalog", "v1"));
    var check = new HealthCheckConfig("/health", List.of(), 1_000_000_000, 500_000_000, 3, 1, null);
    mesh.policy(
        new TrafficPolicy(
            meta("robin"),
            List.of(new TrafficPolicy.Target(TargetKind.SERVICE, "v1")),
            TrafficPolicy.LoadBalancer.of(LoadBalancerType.ROUND_ROBIN),
            null,
            null,
            null,
            null,
            null,
            null,
            check,
            null,
            null,
            null));

    Cluster v1 = compile(ResourceKey.cluster("default", "v1", 80)).getCluster();
    Cluster catalog = compile(ResourceKey.cluster("default", "catalog", 80)).getCluster();

    assertThat(v1.getLoadBalancer()).isEqualTo(LoadBalancer.ROUND_ROBIN);
    assertThat(v1.getHealthCheck().getHttp().getPath()).isEqualTo("/health");
    assertThat(v1.getOriginsList())
        .extracting(Origin::getDecides)
        .containsExactly("endpoints", "loadBalancer", "healthCheck");
    assertThat(catalog.getLoadBalancer()).isEqualTo(LoadBalancer.PEAK_EWMA);
    assertThat(catalog.hasHealthCheck()).isFalse();
    assertThat(catalog.getOutlierDetection().getConsecutiveFailures()).isEqualTo(5);
    assertThat(catalog.getLimits().getMaxConnections()).isEqualTo(1024);
  }

  @Test
  void aServiceDocumentSelectsByLabelsAndMapsItsPorts() {
    mesh.put(instance("catalog", "v1-0").putLabels("version", "v1"));
    mesh.put(instance("catalog", "v2-0").putLabels("version", "v2"));
    mesh.service(
        "default",
        "catalog-v2",
        Map.of("version", "v2"),
        new ServicePort("http", 9090, 80, "", "http"));

    EndpointSlice slice =
        compile(new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog-v2.default:9090/1"))
            .getEndpointSlice();

    assertThat(slice.getEndpointsCount()).isEqualTo(1);
    assertThat(slice.getEndpoints(0).getId()).isEqualTo("v2-0");
    assertThat(slice.getEndpoints(0).getPort()).isEqualTo(8080);
  }

  private VirtualHost host(String authority) {
    return compile(ResourceKey.virtualHost("default", authority)).getVirtualHost();
  }

  private Resource compile(ResourceKey key) {
    var compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);
    mesh.commit();
    compiler.update(mesh.whole());
    return Objects.requireNonNull(compiler.compile(key)).resource();
  }

  private static List<String> clusters(Route route) {
    return route.getBackendsList().stream().map(WeightedBackend::getCluster).toList();
  }

  private static HttpRoute.Rule timed(
      String path, @Nullable Duration request, @Nullable Duration backendRequest) {
    MatchConfig match = TestMesh.prefix(path);
    HttpRoute.Rule rule = TestMesh.rule(match, "catalog");
    return new HttpRoute.Rule(
        "", rule.matches(), rule.backends(), RuleFilters.NONE, request, backendRequest, null);
  }

  private static DocumentMeta meta(String name) {
    return new DocumentMeta("default", name, "apply", 1, 1);
  }

  private static TrafficPolicy policy(
      String name,
      TargetKind kind,
      String target,
      @Nullable Duration request,
      @Nullable Duration perTry,
      @Nullable RetryConfig retry) {
    return policy(name, kind, target, request, perTry, retry, 1);
  }

  private static TrafficPolicy policy(
      String name,
      TargetKind kind,
      String target,
      @Nullable Duration request,
      @Nullable Duration perTry,
      @Nullable RetryConfig retry,
      long created) {
    return new TrafficPolicy(
        new DocumentMeta("default", name, "apply", created, created),
        List.of(new TrafficPolicy.Target(kind, target)),
        null,
        request,
        perTry,
        null,
        null,
        retry,
        null,
        null,
        null,
        null,
        null);
  }
}
