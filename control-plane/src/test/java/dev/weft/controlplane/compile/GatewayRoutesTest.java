package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.port;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.controlplane.validate.DocumentDecoder;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.proto.discovery.v1.Header;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.PathRewrite;
import dev.weft.proto.discovery.v1.Redirect;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.RetryOn;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.RouteMatch;
import dev.weft.proto.discovery.v1.UrlRewrite;
import dev.weft.proto.discovery.v1.WeightedBackend;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Routes of Gateway API from the document to what a sidecar gets, which its validator takes. */
class GatewayRoutesTest {
  private static final String PARENT =
      "  parentRefs: [{group: '', kind: Service, name: catalog}]\n";

  private final TestMesh mesh =
      new TestMesh().put(instance("catalog", "a")).put(instance("v1", "b"));

  @Test
  void redirectsRewritesAndHeadersOfBackends() throws Exception {
    apply(
        "HTTPRoute",
        "r",
        PARENT
            + """
              rules:
              - matches: [{path: {value: /old}}]
                filters:
                - type: RequestRedirect
                  requestRedirect:
                    scheme: https
                    hostname: example.org
                    port: 8443
                    statusCode: 308
                    path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}
              - name: rewritten
                filters:
                - type: URLRewrite
                  urlRewrite: {hostname: in.example.org, path: {type: ReplaceFullPath, replaceFullPath: /}}
                backendRefs:
                - name: v1
                  port: 80
                  filters:
                  - type: RequestHeaderModifier
                    requestHeaderModifier: {set: [{name: X-Env, value: prod}]}
                  - type: ResponseHeaderModifier
                    responseHeaderModifier: {add: [{name: X-By, value: v1}]}
            """);

    List<Route> routes = routes("catalog");

    assertThat(routes.get(0).getRedirect())
        .isEqualTo(
            Redirect.newBuilder()
                .setScheme("https")
                .setHostname("example.org")
                .setPort(8443)
                .setStatus(308)
                .setPath(PathRewrite.newBuilder().setPrefix("/new"))
                .build());
    assertThat(clusters(routes.get(0))).containsExactly("");
    assertThat(routes.get(1).getRewrite())
        .isEqualTo(
            UrlRewrite.newBuilder()
                .setHostname("in.example.org")
                .setPath(PathRewrite.newBuilder().setFull("/"))
                .build());
    WeightedBackend backend = routes.get(1).getBackends(0);
    assertThat(backend.getRequestHeaders().getSetList()).containsExactly(header("x-env", "prod"));
    assertThat(backend.getResponseHeaders().getAddList()).containsExactly(header("x-by", "v1"));
  }

  @Test
  void callsAreMatchedByServiceAndMethodTheMoreSpecificFirst() throws Exception {
    apply(
        "GRPCRoute",
        "g",
        PARENT
            + """
              rules:
              - backendRefs: [{name: catalog, port: 80}]
              - matches:
                - method: {method: Get}
                - method: {type: RegularExpression, service: "shop[.].*", method: "Get|List"}
                - method: {service: shop.v1.Catalog}
                - method: {service: shop.v1.Catalog, method: Get}
                - method: {service: shop.v1.Catalog, method: Get}
                  headers: [{name: X-User, value: anna}]
                backendRefs: [{name: v1, port: 80}]
            """);

    List<Route> routes = routes("catalog");

    assertThat(routes)
        .extracting(route -> shown(route.getMatch()))
        .containsExactly(
            "=/shop.v1.Catalog/Get x-user",
            "=/shop.v1.Catalog/Get",
            "^/shop.v1.Catalog",
            "~/(?:shop[.].*)/(?:Get|List)",
            "~/[^/]+/Get",
            "^/");
    assertThat(routes.get(5).getName()).isEqualTo("GRPCRoute/default/g/rule-0/match-0");
    assertThat(routes.get(0).getOriginsList()).extracting(Origin::getKind).contains("GRPCRoute");
    assertThat(clusters(routes.get(0))).containsExactly("v1.default:80");
  }

  @Test
  void onOnePortOnlyCallsAreRoutedWhereBothKindsAre() throws Exception {
    mesh.put(instance("catalog", "a").addPorts(port(81, 8081)));
    apply("HTTPRoute", "h", PARENT + "  rules: [{backendRefs: [{name: v1, port: 80}]}]\n");
    apply(
        "GRPCRoute",
        "h",
        """
          parentRefs: [{group: '', kind: Service, name: catalog, port: 80}]
          rules: [{backendRefs: [{name: catalog, port: 80}]}]
        """);

    assertThat(routes("catalog"))
        .extracting(Route::getName)
        .containsExactly("GRPCRoute/default/h/rule-0/match-0");
    assertThat(routes("catalog:81"))
        .extracting(Route::getName)
        .containsExactly("default/h/rule-0/match-0");
  }

  @Test
  void aPortIsNamedByItsNameToo() throws Exception {
    mesh.put(instance("catalog", "a").addPorts(port(81, 8081).setName("other")));
    apply(
        "HTTPRoute",
        "h",
        """
          parentRefs: [{group: '', kind: Service, name: catalog, sectionName: other}]
          rules: [{backendRefs: [{name: v1, port: 80}]}]
        """);

    assertThat(clusters(routes("catalog").getFirst())).containsExactly("catalog.default:80");
    assertThat(clusters(routes("catalog:81").getFirst())).containsExactly("v1.default:80");
  }

  @Test
  void anotherNamespaceHasToGrantIt() throws Exception {
    mesh.put(instance("stock", "c").setNamespace("far"));
    mesh.put(instance("tax", "d").setNamespace("far"));
    apply(
        "HTTPRoute",
        "h",
        PARENT
            + """
              rules:
              - backendRefs:
                - {name: stock, namespace: far, port: 80, weight: 2}
                - {name: tax, namespace: far, port: 80}
                - {name: v1, port: 80}
            """);
    assertThat(clusters(routes("catalog").getFirst())).containsExactly("", "", "v1.default:80");

    apply(
        "ReferenceGrant",
        "far/g",
        """
          from:
          - {group: gateway.networking.k8s.io, kind: GRPCRoute, namespace: default}
          - {group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}
          to:
          - {group: '', kind: Service, name: stock}
          - {group: '', kind: Secret}
        """);

    assertThat(clusters(routes("catalog").getFirst()))
        .containsExactly("stock.far:80", "", "v1.default:80");
  }

  @Test
  void whatAServerHasAcceptedMayHoldWhatWeDoNotKnow() throws Exception {
    apply(
        "HTTPRoute",
        "h",
        """
          parentRefs:
          - {name: edge, sectionName: https}
          - {group: '', kind: Service, name: catalog}
          hostnames: [shop.example.org]
          fromTheFuture: {a: 1}
          rules:
          - backendRefs:
            - {group: storage.example, kind: Bucket, name: b}
            - {name: v1, port: 80, weight: 3, color: red}
            retry: {attempts: 100}
        """);

    Route route = routes("catalog").getFirst();

    assertThat(clusters(route)).containsExactly("", "v1.default:80");
    assertThat(route.getRetry().getAttempts()).isEqualTo(10);
  }

  @Test
  void aRuleSaysWhenItIsTriedAgain() throws Exception {
    apply(
        "HTTPRoute",
        "h",
        PARENT
            + """
              rules:
              - backendRefs: [{name: v1, port: 80}]
                retry: {codes: [504, 500], attempts: 3, backoff: 100ms}
            """);

    Route route = routes("catalog").getFirst();

    assertThat(route.getRetry().getAttempts()).isEqualTo(3);
    assertThat(route.getRetry().getStatusesList()).containsExactly(500, 504);
    assertThat(route.getRetry().getOnList())
        .containsExactly(RetryOn.CONNECT_FAILURE, RetryOn.RESET, RetryOn.PER_TRY_TIMEOUT);
    assertThat(route.getRetry().getMinBackoffNanos()).isEqualTo(100_000_000);
    assertThat(route.getOriginsList())
        .extracting(Origin::getFieldPath)
        .contains("spec.rules[0].retry");
  }

  @Test
  void copiesGoWhereTheyCanAndNowhereElse() throws Exception {
    apply(
        "HTTPRoute",
        "h",
        PARENT
            + """
              rules:
              - backendRefs: [{name: catalog, port: 80}]
                filters:
                - {type: RequestMirror, requestMirror: {backendRef: {name: v1, port: 80}}}
                - {type: RequestMirror, requestMirror: {backendRef: {name: gone, port: 80}}}
                - type: RequestMirror
                  requestMirror: {backendRef: {name: v1, port: 80}, fraction: {numerator: 1, denominator: 1000}}
                - {type: RequestMirror, requestMirror: {backendRef: {name: v1, port: 80}, percent: 5}}
            """);

    assertThat(routes("catalog").getFirst().getMirrorsList())
        .extracting(one -> one.getCluster() + " " + one.getNumerator() + "/" + one.getDenominator())
        .containsExactly("v1.default:80 100/100", "v1.default:80 1/1000", "v1.default:80 5/100");
  }

  @Test
  void connectionsOfTlsGoByTheNameInTheirHelloTheMoreSpecificFirst() throws Exception {
    apply(
        "TLSRoute",
        "t",
        PARENT
            + """
              hostnames: ["*.example.org", "*.shop.example.org", www.example.org]
              rules: [{backendRefs: [{name: v1, port: 80}]}]
            """);
    apply("TCPRoute", "t", PARENT + "  rules: [{backendRefs: [{name: catalog, port: 80}]}]\n");

    List<Route> routes = routes("catalog");

    assertThat(routes)
        .extracting(route -> route.getMatch().getServerName())
        .containsExactly("www.example.org", "*.shop.example.org", "*.example.org");
    assertThat(clusters(routes.getFirst())).containsExactly("v1.default:80");
  }

  @Test
  void connectionsOfTcpAreDividedByWeight() throws Exception {
    apply(
        "TCPRoute",
        "t",
        PARENT
            + """
              rules: [{backendRefs: [{name: catalog, port: 80, weight: 9}, {name: v1, port: 80}]}]
            """);

    Route route = routes("catalog").getFirst();

    assertThat(clusters(route)).containsExactly("catalog.default:80", "v1.default:80");
    assertThat(route.getBackends(0).getWeight()).isEqualTo(9);
    assertThat(route.getMatch()).isEqualTo(RouteMatch.newBuilder().setPathPrefix("/").build());
  }

  /** As the store holds it, from Kubernetes. */
  private void apply(String kind, String name, String spec) throws InvalidPolicyException {
    int slash = name.indexOf('/');
    String namespace = slash < 0 ? "default" : name.substring(0, slash);
    String own = name.substring(slash + 1);
    String document =
        "apiVersion: gateway.networking.k8s.io/v1\nkind: %s\nmetadata: {name: %s, namespace: %s}\nspec:\n%s"
            .formatted(kind, own, namespace, spec.indent(2));
    PolicyObject object =
        DocumentDecoder.decodeStored(
            Policy.newBuilder()
                .setKey(PolicyKey.newBuilder().setKind(kind).setNamespace(namespace).setName(own))
                .setSource("kubernetes")
                .setJson(document)
                .build(),
            1);
    switch (object) {
      case PolicyObject.OfRoute(HttpRoute route) -> mesh.route(route);
      case PolicyObject.OfGrant(var grant) -> mesh.grant(grant);
      default -> throw new AssertionError(object);
    }
  }

  private List<Route> routes(String authority) throws WireException {
    var compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);
    mesh.commit();
    compiler.update(mesh.whole());
    Resource compiled =
        Objects.requireNonNull(compiler.compile(ResourceKey.virtualHost("default", authority)))
            .resource();
    WireDecoder.virtualHost(compiled.toBuilder().setVersion("1").build());
    return compiled.getVirtualHost().getRoutesList();
  }

  private static List<String> clusters(Route route) {
    return route.getBackendsList().stream().map(WeightedBackend::getCluster).toList();
  }

  private static Header header(String name, String value) {
    return Header.newBuilder().setName(name).setValue(value).build();
  }

  private static String shown(RouteMatch match) {
    String path =
        switch (match.getPathCase()) {
          case EXACT_PATH -> "=" + match.getExactPath();
          case PATH_PREFIX -> "^" + match.getPathPrefix();
          case PATH_REGEX -> "~" + match.getPathRegex();
          case PATH_NOT_SET -> "";
        };
    return match.getHeadersCount() == 0 ? path : path + " " + match.getHeaders(0).getName();
  }
}
