package dev.weft.controlplane.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.controlplane.inforce.Document;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.RegistryProblem;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.ViewInventory;
import dev.weft.controlplane.status.WantedStatus.Entry;
import dev.weft.controlplane.status.WantedStatus.Shape;
import dev.weft.controlplane.validate.RouteConditions;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import dev.weft.controlplane.validate.RouteConditions.OfParent;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.policy.v1.Policy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is true of each object of Kubernetes in one view of the registry. Pure; made for one view,
 * used by one thread.
 */
final class StatusRules {
  private final RegistryView view;
  private final RouteConditions conditions;
  private final Map<ObjectKey, List<HttpRoute>> routesByParent = new HashMap<>();
  private final Map<String, String> problems = new HashMap<>();
  private final PolicyConditions policies;

  StatusRules(RegistryView view) {
    this.view = view;
    var inventory = new ViewInventory(view);
    conditions =
        new RouteConditions(inventory, parent -> routesByParent.getOrDefault(parent, List.of()));
    policies = new PolicyConditions(inventory, view);
    index(view.httpRoutes(""));
    index(view.otherRoutes(""));
    for (RegistryProblem problem : view.problems()) {
      problems.put(problem.key(), problem.message());
    }
  }

  private void index(Collection<HttpRoute> routes) {
    for (HttpRoute route : routes) {
      route.parents().stream()
          .map(ServiceRef::key)
          .distinct()
          .forEach(
              parent -> routesByParent.computeIfAbsent(parent, _ -> new ArrayList<>()).add(route));
    }
  }

  /**
   * What should stand in that object's status.
   *
   * @param document of a kind that we speak of
   * @param object the document's JSON
   */
  WantedStatus of(Policy document, JsonNode object) {
    JsonNode metadata = object.path("metadata");
    String uid = metadata.path("uid").asText();
    long generation = metadata.path("generation").asLong();
    JsonNode spec = object.path("spec");
    return document.getKey().getKind().equals(Kinds.TRAFFIC_POLICY)
        ? new WantedStatus(Shape.ANCESTORS, uid, generation, ofPolicy(document, spec))
        : new WantedStatus(Shape.PARENTS, uid, generation, ofRoute(document, spec));
  }

  /** Whether anything is said of such objects. */
  static boolean speaksOf(String kind) {
    return Document.isCounted(kind);
  }

  private List<Entry> ofRoute(Policy document, JsonNode spec) {
    String kind = document.getKey().getKind();
    String namespace = document.getKey().getNamespace();
    String name = document.getKey().getName();
    HttpRoute route =
        kind.equals(Kinds.HTTP_ROUTE)
            ? view.httpRoute(new ObjectKey(namespace, name))
            : view.otherRoute(HttpRoute.key(kind, namespace, name));
    List<Condition> refused = RouteConditions.refused(problem(document));
    List<OfParent> parents = route == null ? List.of() : conditions.of(route);
    var entries = new ArrayList<Entry>();
    for (JsonNode reference : spec.path("parentRefs")) {
      // A Gateway's own controller speaks of Gateways.
      if (!reference.path("kind").asText().equals(Kinds.SERVICE)) {
        continue;
      }
      List<Condition> said = refused;
      for (OfParent each : parents) {
        if (names(reference, namespace, each.parent())) {
          said = each.conditions();
        }
      }
      entries.add(new Entry(reference, said));
    }
    return entries;
  }

  private static boolean names(JsonNode reference, String namespace, ServiceRef parent) {
    return parent.name().equals(reference.path("name").asText())
        && parent.namespace().equals(reference.path("namespace").asText(namespace))
        && parent.port() == reference.path("port").asInt(0)
        && parent.portName().equals(reference.path("sectionName").asText(""));
  }

  private List<Entry> ofPolicy(Policy document, JsonNode spec) {
    TrafficPolicy policy =
        view.trafficPolicy(
            new ObjectKey(document.getKey().getNamespace(), document.getKey().getName()));
    var entries = new ArrayList<Entry>();
    for (JsonNode target : spec.path("targetRefs")) {
      String kind = target.path("kind").asText();
      String name = target.path("name").asText();
      ObjectNode reference = JsonNodeFactory.instance.objectNode();
      reference.put("group", kind.equals(Kinds.SERVICE) ? "" : Kinds.GATEWAY_GROUP);
      reference.put("kind", kind);
      reference.put("namespace", document.getKey().getNamespace());
      reference.put("name", name);
      Condition said =
          policy == null
              ? PolicyConditions.invalid(problem(document))
              : policies.of(policy, kind, name);
      entries.add(new Entry(reference, List.of(said)));
    }
    return entries;
  }

  private String problem(Policy document) {
    String key =
        Keyspace.policy(
            document.getSource(),
            document.getKey().getKind(),
            document.getKey().getNamespace(),
            document.getKey().getName());
    return problems.getOrDefault(key, "it could not be read");
  }
}
