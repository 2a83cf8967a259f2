package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.IpAddresses;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a caller has addressed, by name or by IP address and port. A value. */
sealed interface Destination {
  /** A port of a service: its routes apply. */
  record OfService(Service service, ServicePort port) implements Destination {}

  /** One endpoint of Kubernetes, ready or not: nobody chooses, so no route applies. */
  record OfEndpoint(AddressPort at, Workload endpoint) implements Destination {}

  /** A service, but none of its ports. */
  record OtherPort(Service service) implements Destination {}

  /**
   * Nothing that the mesh knows.
   *
   * @param named whether it was a name, which may have been mistyped
   */
  record Unknown(boolean named) implements Destination {}

  /** Reads an authority from the caller's namespace. */
  static Destination find(String text, String callerNamespace, String domain, Reads reads) {
    AddressPort at = AddressPort.parse(text);
    if (at != null) {
      return atAddress(at, reads);
    }
    Destination pod = ofPod(Authority.parsePod(text, callerNamespace, domain), reads);
    if (pod != null) {
      return pod;
    }
    Authority authority = Authority.parse(text, callerNamespace, domain);
    if (authority == null) {
      return new Unknown(true);
    }
    Service service = reads.service(new ObjectKey(authority.namespace(), authority.service()));
    return service == null ? new Unknown(true) : ofService(service, authority.port());
  }

  private static Destination atAddress(AddressPort at, Reads reads) {
    ObjectKey key = reads.serviceAt(at.address());
    Service service = key == null ? null : reads.service(key);
    if (service != null) {
      return ofService(service, at.port());
    }
    List<Workload> endpoints = reads.endpointsAt(at);
    return endpoints.isEmpty() ? new Unknown(false) : new OfEndpoint(at, endpoints.getFirst());
  }

  private static Destination ofService(Service service, int number) {
    ServicePort port = number == 0 ? service.defaultPort() : service.port(number);
    return port == null ? new OtherPort(service) : new OfService(service, port);
  }

  /** An endpoint by its own name within its service, which stands for its address. */
  private static @Nullable Destination ofPod(Authority.@Nullable PodName name, Reads reads) {
    Workload endpoint =
        name == null
            ? null
            : reads.endpointNamed(new ObjectKey(name.namespace(), name.service()), name.hostname());
    if (name == null || endpoint == null) {
      return null;
    }
    WorkloadPort port = port(endpoint, name.port());
    String address = IpAddresses.canonical(endpoint.address());
    return port == null || address == null
        ? new Unknown(false)
        : new OfEndpoint(new AddressPort(address, port.port()), endpoint);
  }

  /** The port of that number; of none given 80, else the first. */
  private static @Nullable WorkloadPort port(Workload endpoint, int number) {
    WorkloadPort first =
        number == 0 && !endpoint.ports().isEmpty() ? endpoint.ports().getFirst() : null;
    for (WorkloadPort port : endpoint.ports()) {
      if (port.port() == (number == 0 ? 80 : number)) {
        return port;
      }
    }
    return first;
  }
}
