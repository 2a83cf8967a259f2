package dev.weft.controlplane.validate;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.HttpRoute.Rule;
import dev.weft.controlplane.model.HttpRoute.Target;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.policy.Inventory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a route, for each of its parents: the conditions {@code Accepted} and {@code
 * ResolvedRefs} with Gateway API's reasons, and sentences for people. Pure; free for any thread.
 */
public final class RouteConditions {
  public static final String ACCEPTED = "Accepted";
  public static final String RESOLVED_REFS = "ResolvedRefs";

  private final Inventory inventory;
  private final Function<ObjectKey, ? extends Collection<HttpRoute>> routesOf;

  /**
   * @param routesOf every route, of whatever kind and namespace, that has the service as a parent
   */
  public RouteConditions(
      Inventory inventory, Function<ObjectKey, ? extends Collection<HttpRoute>> routesOf) {
    this.inventory = inventory;
    this.routesOf = routesOf;
  }

  /**
   * One condition.
   *
   * @param reason in Gateway API's words, e.g. {@code BackendNotFound}
   * @param message a sentence
   */
  public record Condition(String type, boolean holds, String reason, String message) {}

  /** What a route is to one of its parents. */
  public record OfParent(ServiceRef parent, List<Condition> conditions) {}

  /** One entry per parent, in the document's order. */
  public List<OfParent> of(HttpRoute route) {
    Condition refs = resolvedRefs(route);
    return route.parents().stream()
        .map(parent -> new OfParent(parent, List.of(accepted(route, parent), refs)))
        .toList();
  }

  /** The conditions of a document that our rules refuse, and which therefore has no effect. */
  public static List<Condition> refused(String problem) {
    return List.of(
        new Condition(ACCEPTED, false, "UnsupportedValue", "It has no effect: " + problem));
  }

  private Condition accepted(HttpRoute route, ServiceRef parent) {
    Service service = inventory.service(parent.namespace(), parent.name());
    if (service == null) {
      return no(ACCEPTED, "NoMatchingParent", "There is no Service " + parent.key() + ".");
    }
    List<ServicePort> ports =
        service.ports().stream().filter(port -> parent.names(parent.key(), port)).toList();
    if (ports.isEmpty()) {
      return no(
          ACCEPTED,
          "NoMatchingParent",
          "Service " + parent.key() + " has no such port; it has " + shown(service) + ".");
    }
    String over = "";
    for (ServicePort port : ports) {
      HttpRoute other = over(route, service, port);
      if (other == null) {
        return new Condition(
            ACCEPTED, true, ACCEPTED, "Requests to Service " + parent + " take this route.");
      }
      over = other.kind().kind() + " " + other.meta();
    }
    return no(
        ACCEPTED,
        "Conflicted",
        over
            + " is attached to Service "
            + parent
            + " too, and only one kind of routes is applied to a port.");
  }

  /** The route of another kind that is applied to that port instead of this one; null: none. */
  private @Nullable HttpRoute over(HttpRoute route, Service service, ServicePort port) {
    var attached = new ArrayList<HttpRoute>();
    var key = new ObjectKey(service.namespace(), service.name());
    for (HttpRoute other : routesOf.apply(key)) {
      // Routes of producers and consumers never meet.
      if (other.meta().namespace().equals(route.meta().namespace()) && other.isFor(key, port)) {
        attached.add(other);
      }
    }
    List<HttpRoute> applied = HttpRoute.applied(attached);
    return applied.isEmpty() || applied.getFirst().kind() == route.kind()
        ? null
        : applied.getFirst();
  }

  private static String shown(Service service) {
    return service.ports().isEmpty()
        ? "none"
        : service.ports().stream()
            .map(port -> port.port() + (port.name().isEmpty() ? "" : " (" + port.name() + ")"))
            .collect(Collectors.joining(", "));
  }

  private Condition resolvedRefs(HttpRoute route) {
    var problems = new ArrayList<Condition>();
    for (int i = 0; i < route.rules().size(); i++) {
      Rule rule = route.rules().get(i);
      for (int j = 0; j < rule.backends().size(); j++) {
        String at = "spec.rules[" + i + "].backendRefs[" + j + "]";
        problem(route, rule.backends().get(j).target(), at, problems);
      }
      for (int j = 0; j < rule.filters().mirrors().size(); j++) {
        String at = "spec.rules[" + i + "], RequestMirror " + (j + 1);
        problem(route, rule.filters().mirrors().get(j).target(), at, problems);
      }
    }
    if (problems.isEmpty()) {
      return new Condition(
          RESOLVED_REFS, true, RESOLVED_REFS, "Every reference leads to a Service's port.");
    }
    String all =
        problems.stream().limit(8).map(Condition::message).collect(Collectors.joining(" "));
    return no(RESOLVED_REFS, problems.getFirst().reason(), all);
  }

  private void problem(HttpRoute route, Target target, String at, List<Condition> problems) {
    ServiceRef reference = target.service();
    if (!target.isService()) {
      String message = at + " is a " + target.kind() + "; only a Service is known here.";
      problems.add(no(RESOLVED_REFS, "InvalidKind", message));
      return;
    }
    String namespace = reference.namespace();
    if (!route.permits(reference.key(), inventory.referenceGrants(namespace))) {
      String message =
          at
              + ": no ReferenceGrant of namespace "
              + namespace
              + " lets a "
              + route.kind().kind()
              + " of namespace "
              + route.meta().namespace()
              + " refer to Service "
              + reference.name()
              + ".";
      problems.add(no(RESOLVED_REFS, "RefNotPermitted", message));
      return;
    }
    Service service = inventory.service(namespace, reference.name());
    if (service == null) {
      String message = at + ": there is no Service " + reference.key() + ".";
      problems.add(no(RESOLVED_REFS, "BackendNotFound", message));
    } else if (service.port(reference.port()) == null) {
      String message =
          at
              + ": Service "
              + reference.key()
              + " has no port "
              + reference.port()
              + "; it has "
              + shown(service)
              + ".";
      problems.add(no(RESOLVED_REFS, "BackendNotFound", message));
    }
  }

  private static Condition no(String type, String reason, String message) {
    return new Condition(type, false, reason, message);
  }
}
