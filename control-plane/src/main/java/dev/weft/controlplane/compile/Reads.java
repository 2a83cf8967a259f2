package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The mesh as one compilation reads it. Every read declares an {@link Input}, also one that finds
 * nothing: so the result is made again when, and only when, something that it has asked for
 * changes.
 */
final class Reads {
  private final Mesh mesh;
  private final Set<Input> inputs = new HashSet<>();

  Reads(Mesh mesh) {
    this.mesh = mesh;
  }

  Set<Input> inputs() {
    return inputs;
  }

  @Nullable Service service(ObjectKey key) {
    inputs.add(new Input(Input.Kind.SERVICE, key));
    return mesh.service(key);
  }

  /** The workloads that belong to this service, ready or not, in any order. */
  List<Workload> workloadsOf(Service service) {
    inputs.add(
        new Input(
            Input.Kind.WORKLOADS_OF_SERVICE, new ObjectKey(service.namespace(), service.name())));
    return mesh.view().workloadsOf(service);
  }

  /** The routes whose parent this service is, in any order. */
  Iterable<HttpRoute> routesOf(ObjectKey service) {
    inputs.add(new Input(Input.Kind.ROUTES_OF_SERVICE, service));
    return mesh.routesOf(service);
  }

  /** The policies attached to this service: those that win first. */
  List<TrafficPolicy> policiesOfService(ObjectKey service) {
    inputs.add(new Input(Input.Kind.POLICIES_OF_SERVICE, service));
    return mesh.policiesOfService(service);
  }

  /** The policies attached to this route: those that win first. */
  List<TrafficPolicy> policiesOfRoute(ObjectKey route) {
    inputs.add(new Input(Input.Kind.POLICIES_OF_ROUTE, route));
    return mesh.policiesOfRoute(route);
  }

  /** What is known, for a name that is not. */
  List<String> nearMisses(String host, String callerNamespace) {
    inputs.add(new Input(Input.Kind.NEAR_MISSES, new ObjectKey(callerNamespace, host)));
    return NearMisses.find(host, callerNamespace, mesh.serviceNames());
  }

  /**
   * Something that a compilation has read.
   *
   * @param key of the service or route; for near misses the caller's namespace and the host
   */
  record Input(Kind kind, ObjectKey key) {
    enum Kind {
      SERVICE,
      WORKLOADS_OF_SERVICE,
      ROUTES_OF_SERVICE,
      POLICIES_OF_SERVICE,
      POLICIES_OF_ROUTE,
      NEAR_MISSES
    }
  }
}
