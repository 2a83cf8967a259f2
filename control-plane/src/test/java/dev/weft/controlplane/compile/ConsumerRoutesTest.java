package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.port;
import static dev.weft.controlplane.registry.TestMesh.prefix;
import static dev.weft.controlplane.registry.TestMesh.rule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.MatchConfig;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Route;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Gateway API for meshes (GEP-1294): a route of another namespace than its Service's is for the
 * callers of its own namespace, and for them instead of the routes of the Service's namespace.
 */
class ConsumerRoutesTest {
  private final TestMesh mesh = new TestMesh();
  private final Compiler compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);

  @BeforeEach
  void services() {
    mesh.put(instance("catalog", "catalog-0").addPorts(port(81, 8081)));
    mesh.put(instance("v1", "v1-0")).put(instance("v2", "v2-0"));
  }

  @Test
  void aConsumersRouteIsForCallersOfItsNamespaceOnly() {
    route("shop", "mine", 0, rule(MatchConfig.ANY, "v2"));
    update();

    assertThat(routes("shop", 80)).containsExactly("shop/mine/rule-0/match-0");
    assertThat(routes("other", 80)).containsExactly("default/catalog/default");
    assertThat(routes("default", 80)).containsExactly("default/catalog/default");
  }

  @Test
  void whereAConsumerHasARouteTheProducersAreNotMerged() {
    route("default", "producer", 0, rule(prefix("/api"), "v1"), rule(MatchConfig.ANY, "v1"));
    route("shop", "mine", 0, rule(prefix("/api"), "v2"));
    route("shop", "more", 0, rule(prefix("/api/x"), "v2"));
    update();

    assertThat(routes("shop", 80))
        .containsExactly("shop/more/rule-0/match-0", "shop/mine/rule-0/match-0");
    assertThat(routes("other", 80))
        .containsExactly("default/producer/rule-0/match-0", "default/producer/rule-1/match-0");
  }

  @Test
  void aConsumersRouteForOnePortLeavesTheProducersForTheOthers() {
    route("default", "producer", 0, rule(MatchConfig.ANY, "v1"));
    route("shop", "mine", 81, rule(MatchConfig.ANY, "v2"));
    update();

    assertThat(routes("shop", 81)).containsExactly("shop/mine/rule-0/match-0");
    assertThat(routes("shop", 80)).containsExactly("default/producer/rule-0/match-0");
  }

  @Test
  void aConsumersRouteRecompilesTheHostsOfItsNamespaceAndNothingElse() {
    update();
    for (String caller : List.of("default", "shop", "other")) {
      routes(caller, 80);
    }

    route("shop", "mine", 0, rule(MatchConfig.ANY, "v2"));
    assertThat(update()).containsExactly(host("shop", 80));
    assertThat(routes("shop", 80)).containsExactly("shop/mine/rule-0/match-0");

    // The producer's say nothing there as long as there is one.
    route("default", "producer", 0, rule(MatchConfig.ANY, "v1"));
    assertThat(update()).containsExactlyInAnyOrder(host("default", 80), host("other", 80));

    mesh.removeDocument("HTTPRoute", "shop", "mine");
    assertThat(update()).containsExactly(host("shop", 80));
    assertThat(routes("shop", 80)).containsExactly("default/producer/rule-0/match-0");
  }

  private void route(String namespace, String name, int port, HttpRoute.Rule... rules) {
    mesh.route(
        new HttpRoute(
            mesh.meta(namespace, name),
            List.of(new ServiceRef("default", "catalog", port)),
            List.of(rules)));
  }

  private Set<ResourceKey> update() {
    Set<ResourceKey> stale = compiler.update(mesh.commit());
    stale.forEach(compiler::compile);
    return stale;
  }

  private static ResourceKey host(String caller, int port) {
    return ResourceKey.virtualHost(caller, "catalog.default:" + port);
  }

  private List<String> routes(String caller, int port) {
    return Objects.requireNonNull(compiler.compile(host(caller, port)))
        .resource()
        .getVirtualHost()
        .getRoutesList()
        .stream()
        .map(Route::getName)
        .toList();
  }
}
