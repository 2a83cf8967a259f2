package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.model.HeaderChange.Header;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.RuleFilters;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What good documents mean, and how they are normalised. */
class DocumentDecoderTest {
  private static final KnownObjects CATALOG =
      new KnownObjects()
          .service("catalog", 80, 8080)
          .service("catalog-v1", 80)
          .service("catalog-v2", 80)
          .route("catalog-canary");

  @Test
  void a_service_selects_workloads_and_maps_ports() {
    Service service =
        service(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: catalog, namespace: shop, labels: {a: b}}
            spec:
              selector: {app: catalog}
              ports:
              - {name: grpc, port: 9000, targetPort: grpc, appProtocol: kubernetes.io/h2c}
              - {name: http, port: 80, targetPort: 8080, protocol: TCP}
            """);

    assertThat(service)
        .isEqualTo(
            new Service(
                "shop",
                "catalog",
                List.of(
                    new ServicePort("http", 80, 8080, "", ""),
                    new ServicePort("grpc", 9000, 0, "grpc", "kubernetes.io/h2c")),
                Map.of("app", "catalog"),
                true,
                "",
                0,
                null));
  }

  @Test
  void a_service_says_how_its_callers_spread() {
    String service =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: catalog}
        spec:
          sessionAffinity: ClientIP
          sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
          trafficDistribution: PreferSameZone
          ports: [{port: 80}]
        """;
    assertThat(((PolicyObject.OfService) good(service).getFirst().object()).service().traffic())
        .isEqualTo(new ServiceTraffic(true, true, false));
    assertThat(good(service).getFirst().json()).contains("\"trafficDistribution\"");
  }

  @Test
  void what_kubectl_exports_is_read_without_what_the_server_added() {
    String exported =
        """
        apiVersion: v1
        kind: Service
        metadata:
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: '{"a":1}'
          creationTimestamp: "2026-11-21T09:00:00Z"
          name: catalog
          namespace: default
          resourceVersion: "42"
          uid: 0d1e
        spec:
          clusterIP: 10.0.0.1
          clusterIPs: [10.0.0.1]
          internalTrafficPolicy: Cluster
          ipFamilies: [IPv4]
          ports: [{port: 80, protocol: TCP, targetPort: 80, nodePort: 30080}]
          sessionAffinity: None
          type: ClusterIP
        status: {loadBalancer: {}}
        """;
    assertThat(good(exported).getFirst().json())
        .isEqualTo(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"catalog","namespace":"default"},\
            "spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}],\
            "sessionAffinity":"None","type":"ClusterIP"}}""");
  }

  @Test
  void a_list_as_kubectl_prints_it_is_read_item_by_item() {
    List<PolicyDocument> documents =
        good(
            """
            apiVersion: v1
            items:
            - apiVersion: v1
              kind: Service
              metadata: {name: a, uid: 0d1e}
              spec: {ports: [{port: 80}]}
            - apiVersion: v1
              kind: Service
              metadata: {name: b, namespace: shop}
              spec: {ports: [{port: 80}]}
            kind: List
            metadata: {resourceVersion: ""}
            """);

    assertThat(documents)
        .extracting(each -> each.key().getNamespace() + "/" + each.key().getName())
        .containsExactly("default/a", "shop/b");
    assertThat(documents.getFirst().json())
        .isEqualTo(good(documents.getFirst().json()).getFirst().json());
  }

  @Test
  void a_route_takes_all_that_gateway_api_says_about_matches_filters_and_backends() {
    HttpRoute route =
        route(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: catalog}
            spec:
              parentRefs:
              - {group: "", kind: Service, name: catalog, port: 8080}
              rules:
              - name: items
                matches:
                - path: {type: PathPrefix, value: /items/}
                  method: GET
                  headers:
                  - {name: X-User, value: anna}
                  - {type: RegularExpression, name: X-Version, value: "v[0-9]+"}
                  queryParams:
                  - {name: q, value: "ä b"}
                - path: {type: Exact, value: /item}
                - path: {type: RegularExpression, value: "/i/[0-9]+"}
                filters:
                - type: RequestHeaderModifier
                  requestHeaderModifier:
                    set: [{name: X-Canary, value: "yes"}]
                    remove: [X-Debug]
                - type: ResponseHeaderModifier
                  responseHeaderModifier:
                    add: [{name: X-From, value: weft}]
                backendRefs:
                - {name: catalog-v1, port: 80, weight: 90}
                - kind: Service
                  name: catalog-v2
                  port: 80
                  filters:
                  - type: RequestHeaderModifier
                    requestHeaderModifier: {set: [{name: x-v2, value: "1"}]}
                timeouts: {request: 1m30s, backendRequest: 500ms}
              - backendRefs: [{name: catalog, port: 80}]
            """);

    assertThat(route)
        .isEqualTo(
            new HttpRoute(
                new DocumentMeta("default", "catalog", "", 0, 0),
                List.of(new ServiceRef("default", "catalog", 8080)),
                List.of(
                    new HttpRoute.Rule(
                        "items",
                        List.of(
                            new MatchConfig(
                                PathKind.PREFIX,
                                "/items",
                                "GET",
                                List.of(
                                    new ValueMatch("x-user", "anna", false),
                                    new ValueMatch("x-version", "v[0-9]+", true)),
                                List.of(new ValueMatch("q", "ä b", false))),
                            new MatchConfig(PathKind.EXACT, "/item", "", List.of(), List.of()),
                            new MatchConfig(PathKind.REGEX, "/i/[0-9]+", "", List.of(), List.of())),
                        List.of(
                            HttpRoute.Backend.of(new ServiceRef("default", "catalog-v1", 80), 90),
                            new HttpRoute.Backend(
                                Target.of(new ServiceRef("default", "catalog-v2", 80)),
                                1,
                                new HeaderChange(
                                    List.of(new Header("x-v2", "1")), List.of(), List.of()),
                                HeaderChange.NONE)),
                        RuleFilters.headers(
                            new HeaderChange(
                                List.of(new Header("x-canary", "yes")),
                                List.of(),
                                List.of("x-debug")),
                            new HeaderChange(
                                List.of(), List.of(new Header("x-from", "weft")), List.of())),
                        Duration.ofSeconds(90),
                        Duration.ofMillis(500),
                        null),
                    HttpRoute.Rule.of(
                        List.of(MatchConfig.ANY),
                        List.of(
                            HttpRoute.Backend.of(new ServiceRef("default", "catalog", 80), 1))))));
  }

  @Test
  void a_rule_without_a_share_is_taken_with_a_warning() {
    PolicyBatch batch =
        decode(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: catalog}
            spec:
              parentRefs: [{group: "", kind: Service, name: catalog}]
              rules:
              - backendRefs: [{name: catalog-v1, port: 80, weight: 0}]
            """);

    assertThat(batch.errors()).isEmpty();
    assertThat(batch.warnings())
        .singleElement()
        .satisfies(
            warning -> {
              assertThat(warning.getFieldPath()).isEqualTo("spec.rules[0]");
              assertThat(warning.getMessage()).contains("answered with 500");
              assertThat(warning.getLine()).isEqualTo(7);
            });
  }

  @Test
  void a_rule_says_which_pages_may_call() throws IOException {
    assertThat(route(example("cors.yaml")).rules().getFirst().filters().cors())
        .isEqualTo(
            new CorsConfig(
                List.of("https://shop.example", "https://*.shop.example"),
                true,
                List.of("GET", "POST"),
                List.of("content-type", "x-grpc-web", "x-user-agent", "grpc-timeout"),
                List.of("x-served-by"),
                600));
  }

  @Test
  void the_examples_are_good_together() throws IOException {
    PolicyBatch batch =
        DocumentDecoder.decode(
            List.of(
                manifest("canary.yaml", example("canary.yaml")),
                manifest("catalog-services.yaml", example("catalog-services.yaml")),
                manifest("traffic-policy.yaml", example("traffic-policy.yaml")),
                manifest("moved.yaml", example("moved.yaml")),
                manifest("grpc-route.yaml", example("grpc-route.yaml"))),
            KnownObjects.NOTHING);

    assertThat(batch.errors()).isEmpty();
    assertThat(batch.warnings()).isEmpty();
    assertThat(batch.documents())
        .extracting(document -> document.key().getKind() + " " + document.key().getName())
        .containsExactly(
            "HTTPRoute catalog-canary",
            "Service catalog",
            "Service catalog-v1",
            "Service catalog-v2",
            "TrafficPolicy catalog",
            "HTTPRoute catalog-moved",
            "GRPCRoute catalog-calls");
  }

  @Test
  void the_canary_of_kubernetes_is_good() throws IOException {
    String canary = example("kubernetes/canary.yaml").replace(", namespace: shop", "");

    PolicyBatch batch =
        DocumentDecoder.decode(
            List.of(
                manifest("canary.yaml", canary),
                manifest("catalog-services.yaml", example("catalog-services.yaml"))),
            KnownObjects.NOTHING);

    assertThat(batch.errors()).isEmpty();
    assertThat(batch.warnings()).isEmpty();
    assertThat(batch.documents())
        .extracting(document -> document.key().getKind())
        .containsExactly("HTTPRoute", "TrafficPolicy", "Service", "Service", "Service");
  }

  @Test
  void equal_documents_have_equal_json_whatever_they_look_like() {
    String yaml =
        """
        # a comment
        kind: Service
        apiVersion: v1
        metadata:
          name: catalog
          labels: {}
        spec:
          selector: null
          ports:
            - port: 80
        """;
    String json =
        """
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"namespace": "default", "name": "catalog"}, "spec": {"ports": [{"port": 80}]}}
        """;

    assertThat(good(yaml).getFirst().json()).isEqualTo(good(json).getFirst().json());
  }

  private static Service service(String yaml) {
    return ((PolicyObject.OfService) good(yaml).getFirst().object()).service();
  }

  private static HttpRoute route(String yaml) {
    return ((PolicyObject.OfRoute) good(yaml).getFirst().object()).route();
  }

  static List<PolicyDocument> good(String yaml) {
    PolicyBatch batch = decode(yaml);
    assertThat(batch.errors()).isEmpty();
    return batch.documents();
  }

  private static PolicyBatch decode(String... yaml) {
    return DocumentDecoder.decode(
        Arrays.stream(yaml).map(content -> manifest("m.yaml", content)).toList(), CATALOG);
  }

  static Manifest manifest(String name, String content) {
    return Manifest.newBuilder().setName(name).setContent(content).build();
  }

  static String example(String name) throws IOException {
    return Files.readString(Path.of("..", "examples", name));
  }

  static PolicyKey key(String kind, String name) {
    return PolicyKey.newBuilder().setKind(kind).setNamespace("default").setName(name).build();
  }
}
