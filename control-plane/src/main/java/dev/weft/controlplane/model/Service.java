package dev.weft.controlplane.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A name that callers address: explicit, from a {@code Service} document, or implicit, because
 * workloads have registered under it. Immutable.
 *
 * @param ports in ascending order of their number
 * @param selector labels that a workload of the namespace must all have; empty: the workloads that
 *     registered under this name
 * @param explicit whether a document says so
 * @param source what wrote the document; empty when implicit
 * @param revision the store's revision of the document; 0 when implicit
 * @param kubernetes what Kubernetes says of it; null: not a service of Kubernetes
 * @param traffic how callers spread, unless a policy says more
 */
public record Service(
    String namespace,
    String name,
    List<ServicePort> ports,
    Map<String, String> selector,
    boolean explicit,
    String source,
    long revision,
    @Nullable KubernetesService kubernetes,
    ServiceTraffic traffic) {
  public Service {
    ports = List.copyOf(ports);
    selector = Map.copyOf(selector);
  }

  /** A service whose callers spread evenly. */
  public Service(
      String namespace,
      String name,
      List<ServicePort> ports,
      Map<String, String> selector,
      boolean explicit,
      String source,
      long revision,
      @Nullable KubernetesService kubernetes) {
    this(
        namespace,
        name,
        ports,
        selector,
        explicit,
        source,
        revision,
        kubernetes,
        ServiceTraffic.EVEN);
  }

  /** A service that no document describes. */
  public static Service implicit(String namespace, String name, List<ServicePort> ports) {
    return new Service(namespace, name, ports, Map.of(), false, "", 0, null);
  }

  /** Whether the workload belongs to this service. */
  public boolean selects(Workload workload) {
    if (!namespace.equals(workload.namespace())
        || (kubernetes == null) != (workload.pod() == null)) {
      return false;
    }
    return selector.isEmpty()
        ? name.equals(workload.service())
        : workload.labels().entrySet().containsAll(selector.entrySet());
  }

  /** Whether it gets new requests as long as there is one that does. */
  public boolean sendsTo(Workload workload) {
    return workload.ready()
        || (kubernetes != null
            && kubernetes.publishNotReadyAddresses()
            && !workload.override().drained());
  }

  /** The port of that number, or null. */
  public @Nullable ServicePort port(int number) {
    for (ServicePort port : ports) {
      if (port.port() == number) {
        return port;
      }
    }
    return null;
  }

  /** The port that an authority without one means: 80 if there is one, else the first; or null. */
  public @Nullable ServicePort defaultPort() {
    ServicePort http = port(80);
    return http != null || ports.isEmpty() ? http : ports.getFirst();
  }
}
