package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.MatchConfig;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HeaderChange;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Backend;
import dev.weft.controlplane.model.HttpRoute.Kind;
import dev.weft.controlplane.model.HttpRoute.Rule;
import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a route's status says of it. */
class RouteConditionsTest {
  private final KnownObjects known = new KnownObjects().service("catalog", 80, 8080);
  private final List<HttpRoute> routes = new ArrayList<>();

  @Test
  void aRouteWhoseReferencesHoldIsAcceptedByEachParent() {
    known.service("cart", 80);
    HttpRoute route =
        route(Kind.HTTP, List.of(parent("catalog", 80), parent("cart", 0)), "catalog");

    assertThat(conditions(route, 0))
        .containsExactly(
            new Condition(
                "Accepted",
                true,
                "Accepted",
                "Requests to Service default/catalog:80 take this route."),
            new Condition(
                "ResolvedRefs",
                true,
                "ResolvedRefs",
                "Every reference leads to a Service's port."));
    assertThat(conditions(route, 1).getFirst().holds()).isTrue();
  }

  @Test
  void aParentThatIsNotThereOrHasNoSuchPortDoesNotMatch() {
    HttpRoute route =
        route(
            Kind.HTTP,
            List.of(
                parent("gone", 0),
                parent("catalog", 81),
                new ServiceRef("default", "catalog", 0, "http")),
            "catalog");

    assertThat(conditions(route, 0).getFirst())
        .isEqualTo(no("Accepted", "NoMatchingParent", "There is no Service default/gone."));
    assertThat(conditions(route, 1).getFirst())
        .isEqualTo(
            no(
                "Accepted",
                "NoMatchingParent",
                "Service default/catalog has no such port; it has 80, 8080."));
    assertThat(conditions(route, 2).getFirst().reason()).isEqualTo("NoMatchingParent");
  }

  @Test
  void ofTwoKindsOnOnePortTheLessSpecificIsInConflict() {
    HttpRoute calls = route(Kind.GRPC, List.of(parent("catalog", 80)), "catalog");
    HttpRoute onThatPort = route(Kind.HTTP, List.of(parent("catalog", 80)), "catalog");
    HttpRoute onAnyPort = route(Kind.HTTP, List.of(parent("catalog", 0)), "catalog");
    routes.addAll(List.of(calls, onThatPort, onAnyPort));

    assertThat(conditions(calls, 0).getFirst().holds()).isTrue();
    assertThat(conditions(onThatPort, 0).getFirst())
        .isEqualTo(
            no(
                "Accepted",
                "Conflicted",
                "GRPCRoute default/r is attached to Service default/catalog:80 too, and only one"
                    + " kind of routes is applied to a port."));
    assertThat(conditions(onAnyPort, 0).getFirst().holds()).as("8080 is left").isTrue();
  }

  @Test
  void whatLeadsNowhereSaysWhereAndWhy() {
    known.service(
        new Service(
            "far",
            "stock",
            List.of(ServicePort.of("", 80)),
            java.util.Map.of(),
            true,
            "",
            1,
            null));
    var bucket = new Target(parent("b", 0), "storage.example/Bucket");

    assertThat(refs(Target.of(parent("gone", 80))))
        .isEqualTo(
            no(
                "ResolvedRefs",
                "BackendNotFound",
                "spec.rules[0].backendRefs[0]: there is no Service default/gone."));
    assertThat(refs(Target.of(parent("catalog", 81))).message())
        .isEqualTo(
            "spec.rules[0].backendRefs[0]: Service default/catalog has no port 81; it has 80,"
                + " 8080.");
    assertThat(refs(bucket).reason()).isEqualTo("InvalidKind");
    Target stock = Target.of(new ServiceRef("far", "stock", 80));
    assertThat(refs(stock).reason()).isEqualTo("RefNotPermitted");
    known.grant(
        new ReferenceGrant(
            new DocumentMeta("far", "g", "", 1, 1),
            List.of(new ReferenceGrant.From("HTTPRoute", "default")),
            true,
            List.of()));
    assertThat(refs(stock).holds()).isTrue();
  }

  private Condition refs(Target target) {
    var backend = new Backend(target, 1, HeaderChange.NONE, HeaderChange.NONE);
    HttpRoute route =
        new HttpRoute(
            new DocumentMeta("default", "r", "", 1, 1),
            List.of(parent("catalog", 0)),
            List.of(Rule.of(List.of(MatchConfig.ANY), List.of(backend))));
    return conditions(route, 0).getLast();
  }

  private List<Condition> conditions(HttpRoute route, int parent) {
    return new RouteConditions(known, service -> routes).of(route).get(parent).conditions();
  }

  private static HttpRoute route(Kind kind, List<ServiceRef> parents, String backend) {
    return new HttpRoute(
        new DocumentMeta("default", "r", "", 1, 1),
        kind,
        parents,
        List.of(Rule.of(List.of(MatchConfig.ANY), List.of(Backend.of(parent(backend, 80), 1)))));
  }

  private static ServiceRef parent(String name, int port) {
    return new ServiceRef("default", name, port);
  }

  private static Condition no(String type, String reason, String message) {
    return new Condition(type, false, reason, message);
  }
}
