package dev.weft.controlplane.compile;

import dev.weft.common.config.Locality;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import java.util.Collection;
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

  /** The service of Kubernetes that has this address as its own; null when none has. */
  @Nullable ObjectKey serviceAt(String canonicalAddress) {
    inputs.add(Input.address(canonicalAddress));
    Service service = mesh.view().serviceAt(canonicalAddress);
    return service == null ? null : new ObjectKey(service.namespace(), service.name());
  }

  /** The endpoints with that address and port, one per service, in a fixed order. */
  List<Workload> endpointsAt(AddressPort at) {
    inputs.add(Input.address(at.address()));
    return EndpointLayouts.leadingTo(at, mesh);
  }

  /** The endpoint that has that name within the service; null when none has. */
  @Nullable Workload endpointNamed(ObjectKey service, String hostname) {
    inputs.add(Input.hostname(service, hostname));
    return mesh.endpointNamed(service, hostname);
  }

  /** The endpoints that are that pod, one per service that lists it. */
  List<Workload> endpointsOfPod(ObjectKey pod) {
    inputs.add(new Input(Input.Kind.POD, pod));
    return mesh.view().endpointsOfPod(pod.namespace(), pod.name());
  }

  /** The routes of the service's own namespace whose parent it is, in any order. */
  Iterable<HttpRoute> producerRoutesOf(ObjectKey service) {
    inputs.add(new Input(Input.Kind.ROUTES_OF_SERVICE, service));
    return mesh.routesOf(service, service.namespace());
  }

  /** The routes of a caller's namespace, another one, whose parent the service is. */
  Iterable<HttpRoute> consumerRoutesOf(ObjectKey service, String callerNamespace) {
    inputs.add(Input.consumerRoutes(service, callerNamespace));
    return mesh.routesOf(service, callerNamespace);
  }

  /** The grants of a namespace, in any order. */
  List<ReferenceGrant> grantsOf(String namespace) {
    inputs.add(Input.grants(namespace));
    return mesh.view().referenceGrants(namespace);
  }

  /** The policies attached to this service: those that win first. */
  List<TrafficPolicy> policiesOfService(ObjectKey service) {
    inputs.add(new Input(Input.Kind.POLICIES_OF_SERVICE, service));
    return mesh.policiesOfService(service);
  }

  /** The policies attached to this route: those that win first. */
  List<TrafficPolicy> policiesOfRoute(HttpRoute route) {
    inputs.add(new Input(Input.Kind.POLICIES_OF_ROUTE, route.key()));
    return mesh.policiesOfRoute(route.key());
  }

  /** The configuration entries of one {@link ConfigEntry#level}, in any order. */
  Collection<ConfigEntry> configEntriesOf(ObjectKey level) {
    inputs.add(Input.configEntries(level));
    return mesh.configEntriesOf(level);
  }

  /** Where the machine of that name stands. */
  Locality localityOf(String node) {
    inputs.add(Input.node(node));
    return mesh.view().localityOf(node);
  }

  /** What is known, for a name that is not. */
  List<String> nearMisses(String host, String callerNamespace) {
    inputs.add(new Input(Input.Kind.NEAR_MISSES, new ObjectKey(callerNamespace, host)));
    return NearMisses.find(host, callerNamespace, mesh.serviceNames());
  }

  /**
   * Something that a compilation has read.
   *
   * @param key of the service, route or pod; for near misses the caller's namespace and the host
   */
  record Input(Kind kind, ObjectKey key) {
    enum Kind {
      SERVICE,
      WORKLOADS_OF_SERVICE,
      /** Which service of Kubernetes, or else which endpoints with which ports, are there. */
      ADDRESS,
      /** The address and ports of the endpoint that has a name within a service. */
      HOSTNAME,
      /** The services that list a pod, its ports in each, and its labels. */
      POD,
      /** Where a machine stands. */
      NODE,
      /** Those of its own namespace. */
      ROUTES_OF_SERVICE,
      /** Those of one other namespace. */
      CONSUMER_ROUTES_OF_SERVICE,
      GRANTS_OF_NAMESPACE,
      POLICIES_OF_SERVICE,
      POLICIES_OF_ROUTE,
      /** Of the mesh, of a namespace, or of a service. */
      CONFIG_ENTRIES_OF_LEVEL,
      NEAR_MISSES
    }

    static Input address(String canonicalAddress) {
      return new Input(Kind.ADDRESS, new ObjectKey("", canonicalAddress));
    }

    static Input node(String name) {
      return new Input(Kind.NODE, new ObjectKey("", name));
    }

    static Input hostname(ObjectKey service, String hostname) {
      return new Input(
          Kind.HOSTNAME, new ObjectKey(service.namespace(), service.name() + "/" + hostname));
    }

    static Input consumerRoutes(ObjectKey service, String routeNamespace) {
      return new Input(
          Kind.CONSUMER_ROUTES_OF_SERVICE, new ObjectKey(routeNamespace, service.toString()));
    }

    static Input configEntries(ObjectKey level) {
      return new Input(Kind.CONFIG_ENTRIES_OF_LEVEL, level);
    }

    static Input grants(String namespace) {
      return new Input(Kind.GRANTS_OF_NAMESPACE, new ObjectKey(namespace, ""));
    }
  }
}
