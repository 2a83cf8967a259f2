package dev.weft.common.wire;

import static dev.weft.common.wire.GoodResources.backend;
import static dev.weft.common.wire.GoodResources.goodCluster;
import static dev.weft.common.wire.GoodResources.goodHost;
import static dev.weft.common.wire.GoodResources.goodSlice;
import static dev.weft.common.wire.GoodResources.goodTls;
import static dev.weft.common.wire.GoodResources.named;
import static dev.weft.common.wire.GoodResources.resource;
import static dev.weft.common.wire.GoodResources.set;
import static dev.weft.proto.discovery.v1.ProxyProtocol.PROXY_PROTOCOL_V2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.DnsNameConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.ConnectionLimits;
import dev.weft.proto.discovery.v1.CorsPolicy;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.GrpcHealthCheck;
import dev.weft.proto.discovery.v1.HeaderEdits;
import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.proto.discovery.v1.HttpHealthCheck;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.Mirror;
import dev.weft.proto.discovery.v1.OutlierDetection;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Redirect;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.RetryOn;
import dev.weft.proto.discovery.v1.RetryPolicy;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.UpstreamTls;
import dev.weft.proto.discovery.v1.UrlRewrite;
import dev.weft.proto.discovery.v1.VirtualHost;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What passes the wire's validator, and for everything that does not: where and why. Long for its
 * table of everything that does not.
 */
class WireDecoderTest {
  private static final long MS = 1_000_000L;

  @Test
  void a_virtual_host_becomes_routes_in_its_order() throws WireException {
    VirtualHostConfig host = WireDecoder.virtualHost(resource(goodHost()));

    assertThat(host.name()).isEqualTo("default/catalog:8080");
    assertThat(host.found()).isTrue();
    assertThat(host.clusterNames())
        .containsExactly("catalog-v1.default:80", "catalog-v2.default:80");
    RouteConfig route = host.routes().getFirst();
    assertThat(route.match().pathKind()).isEqualTo(PathKind.PREFIX);
    assertThat(route.match().path()).isEqualTo("/items");
    assertThat(route.match().method()).isEqualTo("GET");
    assertThat(route.match().headers()).containsExactly(new ValueMatch("x-user", "a.*", true));
    assertThat(route.match().query()).containsExactly(new ValueMatch("q", "1", false));
    assertThat(route.backends().get(1).weight()).isEqualTo(10);
    assertThat(route.requestEdits().set().getFirst()).hasToString("x-canary: yes");
    assertThat(route.requestTimeoutNanos()).isEqualTo(500 * MS);
    assertThat(route.retry().on())
        .isEqualTo(Set.of(RetryConfig.RetryOn.CONNECT_FAILURE, RetryConfig.RetryOn.RESET));
    assertThat(route.origins().getFirst()).hasToString("HTTPRoute default/catalog spec.rules[0]");
  }

  @Test
  void a_route_without_match_and_retry_takes_everything_and_retries_by_default()
      throws WireException {
    VirtualHost.Builder host = VirtualHost.newBuilder();
    host.addRoutesBuilder().setName("default").addBackends(backend("a.default:80", 1));

    RouteConfig route = WireDecoder.virtualHost(resource(host)).routes().getFirst();

    assertThat(route.match()).isEqualTo(dev.weft.common.config.MatchConfig.ANY);
    assertThat(route.retry()).isEqualTo(RetryConfig.DEFAULT);
  }

  @Test
  void an_unknown_authority_carries_near_misses() throws WireException {
    VirtualHost.Builder host = VirtualHost.newBuilder().setNotFound(true).addNearMisses("catalog");

    VirtualHostConfig config = WireDecoder.virtualHost(resource(host));

    assertThat(config.found()).isFalse();
    assertThat(config.nearMisses()).containsExactly("catalog");
  }

  @Test
  void a_name_of_dns_has_addresses_and_no_routes() throws WireException {
    VirtualHost.Builder host = VirtualHost.newBuilder();
    host.getDnsBuilder().addAddresses("10.96.0.1").addAddresses("fd00::1").setInstances(true);

    VirtualHostConfig config = WireDecoder.virtualHost(resource(host));

    assertThat(config.found()).isTrue();
    assertThat(config.routes()).isEmpty();
    assertThat(config.dns())
        .isEqualTo(
            new DnsNameConfig(
                List.of(InetAddress.ofLiteral("10.96.0.1"), InetAddress.ofLiteral("fd00::1")),
                true));
    VirtualHost routed = goodHost().setDns(host.getDns()).build();
    assertThatThrownBy(() -> WireDecoder.virtualHost(resource(routed.toBuilder())))
        .hasMessageContaining("none with dns");
    host.getDnsBuilder().setAddresses(0, "web");
    assertThatThrownBy(() -> WireDecoder.virtualHost(resource(host)))
        .hasMessageContaining("dns.addresses[0]");
    host.getDnsBuilder().clearAddresses();
    assertThatThrownBy(() -> WireDecoder.virtualHost(resource(host)))
        .hasMessageContaining("at least one");
  }

  @Test
  void what_concerns_grpc_and_browsers() throws WireException {
    HealthCheckConfig check =
        WireDecoder.cluster(
                resource(
                    goodCluster()
                        .setTls(goodTls())
                        .setProxyProtocol(PROXY_PROTOCOL_V2)
                        .setHealthCheck(
                            HealthCheck.newBuilder()
                                .setGrpc(GrpcHealthCheck.newBuilder().setService("a.B"))
                                .setIntervalNanos(1000 * MS)
                                .setTimeoutNanos(MS)
                                .setUnhealthyThreshold(1)
                                .setHealthyThreshold(1))))
            .healthCheck();
    assertThat(check).isEqualTo(new HealthCheckConfig(null, List.of(), 1000 * MS, MS, 1, 1, "a.B"));
    VirtualHost.Builder host = goodHost();
    host.getRoutesBuilder(0)
        .setRetry(RetryPolicy.newBuilder().setAttempts(1).addGrpcStatuses(14).addGrpcStatuses(4))
        .setCors(
            CorsPolicy.newBuilder()
                .addAllowOrigins("https://*.a.b:8443")
                .addAllowOrigins("*")
                .addAllowMethods("*")
                .addExposeHeaders("x-a")
                .setMaxAgeSeconds(5));
    RouteConfig route = WireDecoder.virtualHost(resource(host)).routes().getFirst();
    assertThat(route.retry().grpcStatuses()).isEqualTo(1 << 14 | 1 << 4);
    assertThat(route.filters().cors())
        .isEqualTo(
            new CorsConfig(
                List.of("https://*.a.b:8443", "*"),
                false,
                List.of("*"),
                List.of(),
                List.of("x-a"),
                5));
  }

  @Test
  void every_kind_is_decoded_by_its_name() throws WireException {
    assertThat(WireDecoder.decode(resource(goodHost())))
        .isInstanceOf(DecodedResource.VirtualHost.class)
        .extracting(DecodedResource::name)
        .isEqualTo("default/catalog:8080");
    assertThat(WireDecoder.decode(resource(goodCluster())))
        .isInstanceOf(DecodedResource.Cluster.class);
    assertThat(WireDecoder.decode(resource(goodSlice()))).isInstanceOf(DecodedResource.Slice.class);
    assertThat(WireDecoder.decode(resource(Inbound.newBuilder())))
        .isInstanceOf(DecodedResource.Inbound.class);
  }

  @Test
  void a_rejection_names_resource_field_value_and_what_was_expected() {
    Resource bad = host(h -> h.getRoutesBuilder(0).getBackendsBuilder(1).setCluster("catalog"));

    Rejection rejection = failure(bad).toRejection();

    assertThat(rejection.getResource()).isEqualTo(bad.getName());
    assertThat(rejection.getFieldPath()).isEqualTo("routes[0].backends[1].cluster");
    assertThat(rejection.getMessage())
        .isEqualTo(
            "is \"catalog\", expected <service>.<namespace>:<port>, or nothing for a dangling"
                + " reference");
  }

  @Test
  void a_value_in_an_error_is_short_and_printable() {
    WireException error =
        failure(host(h -> h.getRoutesBuilder(0).setName("\n" + "x".repeat(10_000))));

    assertThat(error.value()).startsWith("\"\\x0axxx").hasSizeLessThan(120);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("bad")
  void refuses(String path, String expected, Resource resource) {
    WireException error = failure(resource);

    assertThat(error.fieldPath()).isEqualTo(path);
    assertThat(error.expected()).contains(expected);
  }

  static Stream<Arguments> bad() {
    String longRegex = "a".repeat(2000);
    return Stream.of(
        // the resource itself
        bad("name.kind", "known kinds", resource(goodHost()).toBuilder().clearName().build()),
        bad("version", "a value", resource(goodHost()).toBuilder().clearVersion().build()),
        bad("body", "VIRTUAL_HOST", resource(goodHost()).toBuilder().clearBody().build()),
        bad("name", "caller's namespace", named(resource(goodHost()), "default")),
        bad("name", "lower case", named(resource(goodHost()), "default/Catalog")),
        bad("name", "catalog.default:80", named(resource(goodCluster()), "catalog.default:81")),
        bad("name", "slice number", named(resource(goodSlice()), "catalog.default:80/x")),
        bad("name", "<namespace>/<service>", named(resource(Inbound.newBuilder()), "catalog")),
        bad("name", "pods", named(resource(Inbound.newBuilder()), "default/pods/Web")),
        bad("name", "pods", named(resource(Inbound.newBuilder()), "default/jobs/web")),
        bad("name", "catalog.default:80", named(resource(goodCluster()), "10.244.0.7:81")),
        bad("name", "catalog.default:80", named(resource(goodCluster()), "10.244.0.256:80")),
        bad("name", "catalog.default:80", named(resource(goodCluster()), "fd00::7:80")),
        // virtual host
        bad("routes", "at least one", host(VirtualHost.Builder::clearRoutes)),
        bad("routes", "none with not_found", host(h -> h.setNotFound(true))),
        bad("near_misses", "none without", host(h -> h.addNearMisses("x"))),
        bad(
            "near_misses",
            "at most 5",
            host(h -> h.addAllNearMisses(List.of("a", "b", "c", "d", "e", "f")))),
        bad("routes[0].retry.grpc_statuses[0]", "1 to 16", retry(r -> r.addGrpcStatuses(17))),
        bad("routes[0].retry.statuses[0]", "400 to 599", retry(r -> r.addStatuses(399))),
        bad(
            "routes[0].retry.statuses[1]",
            "occurs once",
            retry(r -> r.addStatuses(503).addStatuses(503))),
        bad("routes[0].redirect.scheme", "http, https", redirect(r -> r.setScheme("ftp"))),
        bad("routes[0].redirect.hostname", "DNS name", redirect(r -> r.setHostname("a:80"))),
        bad("routes[0].redirect.port", "0 to 65535", redirect(r -> r.setPort(65_536))),
        bad("routes[0].redirect.status", "301, 302", redirect(r -> r.setStatus(304))),
        bad("routes[0].redirect.path.kind", "full or prefix", redirect(r -> r.getPathBuilder())),
        bad(
            "routes[0].redirect.path.full",
            "printable",
            redirect(r -> r.getPathBuilder().setFull("/a\r\nb"))),
        bad("routes[0].rewrite.hostname", "DNS name", rewrite(r -> r.setHostname("A"))),
        bad(
            "routes[0].rewrite.path.prefix",
            "starts with",
            rewrite(r -> r.getPathBuilder().setPrefix("a"))),
        bad(
            "routes[0].rewrite.path.prefix",
            "path_prefix",
            route(
                r -> {
                  r.getMatchBuilder().setExactPath("/a");
                  r.getRewriteBuilder().getPathBuilder().setPrefix("/b");
                })),
        bad("routes[0].mirrors[0].cluster", "<service>", mirror(m -> m.setCluster(""))),
        bad("routes[0].mirrors[0].denominator", "1 to", mirror(m -> m.setDenominator(0))),
        bad("routes[0].mirrors[0].numerator", "0 to 4", mirror(m -> m.setNumerator(5))),
        bad("routes[0].cors.allow_origins", "at least one", cors(c -> c.clearAllowOrigins())),
        bad("routes[0].cors.allow_origins[1]", "scheme", cors(c -> c.addAllowOrigins("a.b"))),
        bad("routes[0].cors.allow_methods", "* alone", cors(c -> c.addAllowMethods("*"))),
        bad("routes[0].cors.allow_headers[0]", "lower case", cors(c -> c.addAllowHeaders("A"))),
        bad("routes[0].cors.expose_headers", "names", cors(c -> c.addExposeHeaders("*"))),
        bad("routes[0].cors.max_age_seconds", "0 to", cors(c -> c.setMaxAgeSeconds(-1))),
        bad("routes[0].name", "a value", route(Route.Builder::clearName)),
        bad("routes[1].name", "occurs once", host(h -> h.addRoutes(h.getRoutes(0)))),
        bad("routes[0].origins[0].kind", "a value", route(r -> r.getOriginsBuilder(0).clearKind())),
        bad(
            "routes[0].origins[0].revision",
            "at least 0",
            route(r -> r.getOriginsBuilder(0).setRevision(-1))),
        // match
        bad("routes[0].match.exact_path", "starts with", match(m -> m.setExactPath("a"))),
        bad("routes[0].match.exact_path", "without query", match(m -> m.setExactPath("/a?b"))),
        bad("routes[0].match.exact_path", "printable", match(m -> m.setExactPath("/ä"))),
        bad("routes[0].match.exact_path", "normalised", match(m -> m.setExactPath("/a//b"))),
        bad("routes[0].match.path_prefix", "normalised", match(m -> m.setPathPrefix("/a/.."))),
        bad("routes[0].match.path_prefix", "at the end", match(m -> m.setPathPrefix("/a/"))),
        bad("routes[0].match.path_prefix", "at most", match(m -> m.setPathPrefix("/" + longRegex))),
        bad("routes[0].match.path_regex", "RE2", match(m -> m.setPathRegex("/(?=a)"))),
        bad("routes[0].match.path_regex", "at most", match(m -> m.setPathRegex(longRegex))),
        bad("routes[0].match.server_name", "DNS name", match(m -> m.setServerName("a.*"))),
        bad("routes[0].match.method", "HTTP method", match(m -> m.setMethod("GET "))),
        bad(
            "routes[0].match.headers[0].name",
            "lower case",
            match(m -> m.getHeadersBuilder(0).setName("X-User"))),
        bad(
            "routes[0].match.headers[1].name",
            "occurs once",
            match(m -> m.addHeaders(m.getHeaders(0)))),
        bad(
            "routes[0].match.headers[0].exact",
            "without CR",
            match(m -> m.getHeadersBuilder(0).setExact("a\r\nb"))),
        bad(
            "routes[0].match.headers[0].regex",
            "RE2",
            match(m -> m.getHeadersBuilder(0).setRegex("("))),
        bad(
            "routes[0].match.headers[0].value",
            "exact or regex",
            match(m -> m.getHeadersBuilder(0).clearValue())),
        bad(
            "routes[0].match.query[0].name",
            "a value",
            match(m -> m.getQueryBuilder(0).setName(""))),
        bad("routes[0].match.query[1].name", "occurs once", match(m -> m.addQuery(m.getQuery(0)))),
        bad(
            "routes[0].match.query[0].regex",
            "RE2",
            match(m -> m.getQueryBuilder(0).setRegex("["))),
        bad(
            "routes[0].match.query[0].value",
            "exact or regex",
            match(m -> m.getQueryBuilder(0).clearValue())),
        // backends and edits
        bad("routes[0].backends", "at least one", route(Route.Builder::clearBackends)),
        bad(
            "routes[0].backends",
            "at most 256",
            route(
                r -> {
                  for (int i = 0; i < 256; i++) {
                    r.addBackends(backend("a.b:80", 1));
                  }
                })),
        bad(
            "routes[0].backends[0].weight",
            "0 to 1000000",
            route(r -> r.getBackendsBuilder(0).setWeight(-1))),
        bad(
            "routes[0].backends[0].weight",
            "0 to 1000000",
            route(r -> r.getBackendsBuilder(0).setWeight(1_000_001))),
        bad(
            "routes[0].backends[0].cluster",
            "<port>",
            route(r -> r.getBackendsBuilder(0).setCluster("a.b:65536"))),
        bad("routes[0].request_headers.set[0].name", "lower case", edit(e -> set(e, "X", "1"))),
        bad("routes[0].request_headers.set[0].name", "frame", edit(e -> set(e, "host", "1"))),
        bad(
            "routes[0].request_headers.set[0].name",
            "frame",
            edit(e -> set(e, "content-length", "1"))),
        bad("routes[0].request_headers.set[0].value", "NUL", edit(e -> set(e, "x", "a\0"))),
        bad("routes[0].request_headers.set[0].value", "blanks", edit(e -> set(e, "x", " a"))),
        bad("routes[0].request_headers.set[0].value", "ASCII", edit(e -> set(e, "x", "ä"))),
        bad(
            "routes[0].request_headers.remove[1]",
            "occurs once",
            edit(e -> e.addRemove("x").addRemove("x"))),
        bad(
            "routes[0].request_headers.remove[0]",
            "occurs once",
            edit(e -> set(e, "x", "1").addRemove("x"))),
        bad(
            "routes[0].response_headers.remove[0]",
            "frame",
            route(r -> r.getResponseHeadersBuilder().addRemove("connection"))),
        // time and retry
        bad("routes[0].request_timeout_nanos", "0 to", route(r -> r.setRequestTimeoutNanos(-1))),
        bad(
            "routes[0].per_try_timeout_nanos",
            "0 to",
            route(r -> r.setPerTryTimeoutNanos(Long.MAX_VALUE))),
        bad(
            "routes[0].stream_idle_timeout_nanos",
            "0 to",
            route(r -> r.setStreamIdleTimeoutNanos(-1))),
        bad("routes[0].retry.attempts", "0 to 10", retry(r -> r.setAttempts(11))),
        bad("routes[0].retry.on", "at least one reason", retry(RetryPolicy.Builder::clearOn)),
        bad("routes[0].retry.on[0]", "known values", retry(r -> r.setOnValue(0, 99))),
        bad("routes[0].retry.on[0]", "known values", retry(r -> r.setOnValue(0, 0))),
        bad("routes[0].retry.on[2]", "occurs once", retry(r -> r.addOn(RetryOn.RESET))),
        bad("routes[0].retry.budget_percent", "0 to 100", retry(r -> r.setBudgetPercent(101))),
        bad(
            "routes[0].retry.max_backoff_nanos",
            "at least base",
            retry(r -> r.setMaxBackoffNanos(1))),
        // cluster
        bad("service", "DNS label", cluster(c -> c.setService("Catalog"))),
        bad("namespace", "DNS label", cluster(Cluster.Builder::clearNamespace)),
        bad("port", "1 to 65535", cluster(c -> c.setPort(0))),
        bad("load_balancer", "known values", cluster(Cluster.Builder::clearLoadBalancer)),
        bad("load_balancer", "known values", cluster(c -> c.setLoadBalancerValue(77))),
        bad("slow_start.window_nanos", "1 to", cluster(c -> c.getSlowStartBuilder())),
        bad(
            "slow_start.min_weight_percent",
            "1 to 100",
            cluster(c -> c.getSlowStartBuilder().setWindowNanos(1))),
        bad("panic_threshold_percent", "0 to 100", cluster(c -> c.setPanicThresholdPercent(101))),
        bad(
            "locality.overprovisioning_percent",
            "100 to 1000",
            cluster(c -> c.getLocalityBuilder())),
        bad(
            "locality.failover[0].to",
            "at least one",
            cluster(
                c -> c.getLocalityBuilder().setOverprovisioningPercent(140).addFailoverBuilder())),
        bad(
            "endpoint_slices[0]",
            "catalog.default:80/",
            cluster(c -> c.setEndpointSlices(0, "other.default:80/0"))),
        bad(
            "endpoint_slices[1]",
            "occurs once",
            cluster(c -> c.setEndpointSlices(1, "catalog.default:80/0"))),
        bad(
            "outlier_detection.consecutive_failures",
            "0 to",
            outlier(o -> o.setConsecutiveFailures(-1))),
        bad(
            "outlier_detection.base_ejection_nanos",
            "1 to",
            outlier(o -> o.setBaseEjectionNanos(0))),
        bad(
            "outlier_detection.max_ejection_nanos",
            "at least base",
            outlier(o -> o.setMaxEjectionNanos(1))),
        bad(
            "outlier_detection.max_ejection_percent",
            "0 to 100",
            outlier(o -> o.setMaxEjectionPercent(101))),
        bad("health_check.kind", "http, tcp or grpc", check(HealthCheck.Builder::clearKind)),
        bad(
            "health_check.http.path",
            "starts with",
            check(c -> c.setHttp(HttpHealthCheck.newBuilder().setPath("x")))),
        bad(
            "health_check.http.expected_statuses[0]",
            "100 to 599",
            check(c -> c.getHttpBuilder().setExpectedStatuses(0, 42))),
        bad("health_check.interval_nanos", "10000000 to", check(c -> c.setIntervalNanos(1))),
        bad("health_check.timeout_nanos", "1 to", check(c -> c.setTimeoutNanos(0))),
        bad("health_check.unhealthy_threshold", "1 to", check(c -> c.setUnhealthyThreshold(0))),
        bad("health_check.healthy_threshold", "1 to", check(c -> c.setHealthyThreshold(0))),
        bad("protocol", "known values", cluster(c -> c.setProtocolValue(99))),
        bad("tcp_idle_timeout_nanos", "0 to", cluster(c -> c.setTcpIdleTimeoutNanos(-1))),
        bad("proxy_protocol", "a version that", cluster(c -> c.setProxyProtocolValue(99))),
        bad("tls.server_name", "DNS name", tls(t -> t.setServerName("10.0.0.1"))),
        bad("tls.subject_alt_names[0]", "a host", tls(t -> t.addSubjectAltNames("a b"))),
        bad("tls.ca_certificates", "PEM", tls(t -> t.setCaCertificates("hello"))),
        bad("tls.min_version", "known values", tls(UpstreamTls.Builder::clearMinVersion)),
        bad("limits.max_connections", "0 to", limits(l -> l.setMaxConnections(-1))),
        bad("limits.max_pending_requests", "0 to", limits(l -> l.setMaxPendingRequests(-1))),
        bad("limits.max_requests", "0 to", limits(l -> l.setMaxRequests(-1))),
        bad("limits.connect_timeout_nanos", "0 to", limits(l -> l.setConnectTimeoutNanos(-1))),
        // endpoints
        bad("endpoints", "at most 100", slice(WireDecoderTest::fill)),
        bad("endpoints[1].id", "occurs once", slice(s -> s.addEndpoints(s.getEndpoints(0)))),
        bad("endpoints[0].id", "DNS name", endpoint(Endpoint.Builder::clearId)),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("localhost"))),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("10.1"))),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("256.0.0.1"))),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("0.0.0.0"))),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("::"))),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("fe80::1%eth0"))),
        bad("endpoints[0].address", "IP address", endpoint(e -> e.setAddress("224.0.0.1"))),
        bad("endpoints[0].port", "1 to 65535", endpoint(e -> e.setPort(65_536))),
        bad("endpoints[0].weight", "1 to 1000000", endpoint(e -> e.setWeight(0))),
        bad("endpoints[0].peer", "known values", endpoint(Endpoint.Builder::clearPeer)),
        bad("endpoints[0].protocols", "at least one", endpoint(Endpoint.Builder::clearProtocols)),
        bad(
            "endpoints[0].protocols[1]",
            "occurs once",
            endpoint(e -> e.setProtocols(1, Protocol.HTTP1))),
        bad("endpoints[0].identity", "SPIFFE", endpoint(e -> e.setIdentity("me"))),
        bad("endpoints[0].incarnation", "control", endpoint(e -> e.setIncarnation("a\n"))),
        bad("endpoints[0].labels", "a value", endpoint(e -> e.putLabels("", "x"))),
        // inbound
        bad(
            "request_timeout_nanos",
            "0 to",
            resource(Inbound.newBuilder().setRequestTimeoutNanos(-1))),
        bad(
            "ports[0].port",
            "1 to",
            resource(Inbound.newBuilder().addPorts(InboundPort.getDefaultInstance()))),
        bad(
            "ports[0].protocol",
            "known values",
            resource(Inbound.newBuilder().addPorts(InboundPort.newBuilder().setPort(80)))),
        bad("max_requests", "0 to", resource(Inbound.newBuilder().setMaxRequests(-1))));
  }

  private static Arguments bad(String path, String expected, Resource resource) {
    return Arguments.of(path, expected, resource);
  }

  private static WireException failure(Resource resource) {
    WireException error =
        catchThrowableOfType(WireException.class, () -> WireDecoder.decode(resource));
    assertThat(error).as("refused").isNotNull();
    return error;
  }

  private static Resource host(Consumer<VirtualHost.Builder> change) {
    VirtualHost.Builder host = goodHost();
    change.accept(host);
    return resource(host);
  }

  private static Resource route(Consumer<Route.Builder> change) {
    return host(h -> change.accept(h.getRoutesBuilder(0)));
  }

  private static Resource match(Consumer<RouteMatch.Builder> change) {
    return route(r -> change.accept(r.getMatchBuilder()));
  }

  private static Resource edit(Consumer<HeaderEdits.Builder> change) {
    return route(r -> change.accept(r.getRequestHeadersBuilder().clear()));
  }

  private static Resource retry(Consumer<RetryPolicy.Builder> change) {
    return route(r -> change.accept(r.getRetryBuilder()));
  }

  private static Resource cors(Consumer<CorsPolicy.Builder> change) {
    CorsPolicy.Builder cors =
        CorsPolicy.newBuilder()
            .addAllowOrigins("*")
            .setAllowCredentials(true)
            .addAllowMethods("GET");
    change.accept(cors);
    return route(r -> r.setCors(cors));
  }

  private static Resource cluster(Consumer<Cluster.Builder> change) {
    Cluster.Builder cluster = goodCluster();
    change.accept(cluster);
    return resource(cluster);
  }

  private static Resource outlier(Consumer<OutlierDetection.Builder> change) {
    return cluster(c -> change.accept(c.getOutlierDetectionBuilder()));
  }

  private static Resource check(Consumer<HealthCheck.Builder> change) {
    return cluster(c -> change.accept(c.getHealthCheckBuilder()));
  }

  private static Resource limits(Consumer<ConnectionLimits.Builder> change) {
    return cluster(c -> change.accept(c.getLimitsBuilder()));
  }

  private static Resource slice(Consumer<EndpointSlice.Builder> change) {
    EndpointSlice.Builder slice = goodSlice();
    change.accept(slice);
    return resource(slice);
  }

  private static Resource endpoint(Consumer<Endpoint.Builder> change) {
    return slice(s -> change.accept(s.getEndpointsBuilder(0)));
  }

  private static void fill(EndpointSlice.Builder slice) {
    for (int i = 0; i < 100; i++) {
      slice.addEndpoints(slice.getEndpoints(0).toBuilder().setId("e-" + i));
    }
  }

  private static Resource redirect(Consumer<Redirect.Builder> change) {
    return route(r -> change.accept(r.getRedirectBuilder().setStatus(302)));
  }

  private static Resource mirror(Consumer<Mirror.Builder> change) {
    return route(
        r ->
            change.accept(
                r.addMirrorsBuilder()
                    .setCluster("a.default:80")
                    .setNumerator(1)
                    .setDenominator(4)));
  }

  private static Resource rewrite(Consumer<UrlRewrite.Builder> change) {
    return route(r -> change.accept(r.getRewriteBuilder()));
  }

  @Test
  void a_route_may_redirect_or_rewrite() throws WireException {
    var filters =
        WireDecoder.virtualHost(
                redirect(
                    r -> r.setScheme("https").setPort(8443).getPathBuilder().setPrefix("/new")))
            .routes()
            .getFirst()
            .filters();

    assertThat(filters.redirect())
        .isEqualTo(
            new RouteFilterConfig.RedirectConfig(
                "https", "", new RouteFilterConfig.PathRewriteConfig(true, "/new"), 8443, 302));
    assertThat(filters.rewrite()).isNull();
  }

  private static Resource tls(Consumer<UpstreamTls.Builder> change) {
    UpstreamTls.Builder tls = goodTls();
    change.accept(tls);
    return resource(goodCluster().setTls(tls));
  }
}
