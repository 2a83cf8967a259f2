package dev.weft.controlplane.compile;

import dev.weft.common.config.AppProtocols;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.OutlierDetection;
import dev.weft.proto.discovery.v1.Resource;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what concerns one endpoint of Kubernetes: the cluster of its address and port, its slice
 * of one, and the inbound configuration of a pod. Pure but for what {@link Reads} declares.
 *
 * <p>Whoever addresses an endpoint itself has chosen: no policy of a service applies, nothing is
 * ejected, and it is sent to whether it is ready or not, as without a mesh.
 */
final class EndpointClusters {
  /** The number of the one slice. */
  static final long ONLY_SLICE = 1;

  private static final int MAX_ORIGINS = 64;
  private static final int MAX_PORTS = 256;

  private EndpointClusters() {}

  /** Null when Kubernetes lists no endpoint there any more. */
  static @Nullable Compiled cluster(ResourceKey key, AddressPort at, Reads reads) {
    List<Workload> endpoints = reads.endpointsAt(at);
    if (endpoints.isEmpty()) {
      return null;
    }
    Workload first = endpoints.getFirst();
    ResourceKey slice = ResourceKey.slice(key.name(), ONLY_SLICE);
    var message =
        Cluster.newBuilder()
            .setService(first.service())
            .setNamespace(first.namespace())
            .setPort(at.port())
            .setLoadBalancer(LoadBalancer.ROUND_ROBIN)
            .setOutlierDetection(OutlierDetection.getDefaultInstance())
            .addEndpointSlices(slice.name());
    WireProtocol protocol = declared(endpoints, reads).get(at.port());
    if (protocol != null) {
      message.setProtocol(Messages.protocol(protocol));
    }
    return new Compiled(
        key,
        Resource.newBuilder().setName(key.toMessage()).setCluster(message).build(),
        List.of(slice));
  }

  static Compiled slice(ResourceKey key, AddressPort at, Workload endpoint) {
    var message = EndpointSlice.newBuilder();
    for (WorkloadPort port : endpoint.ports()) {
      if (port.port() == at.port() && message.getEndpointsCount() == 0) {
        message.addEndpoints(Messages.endpoint(endpoint, port));
      }
    }
    return new Compiled(
        key,
        Resource.newBuilder().setName(key.toMessage()).setEndpointSlice(message).build(),
        List.of());
  }

  /** What a pod's sidecar is told of its ports: the protocols that services declare for them. */
  static Compiled inbound(ResourceKey key, ObjectKey pod, Reads reads) {
    List<Workload> endpoints = reads.endpointsOfPod(pod);
    var message = Inbound.newBuilder();
    declared(endpoints, reads).entrySet().stream()
        .limit(MAX_PORTS)
        .forEach(
            port ->
                message.addPorts(
                    InboundPort.newBuilder()
                        .setPort(port.getKey())
                        .setProtocol(Messages.protocol(port.getValue()))));
    if (message.getPortsCount() > 0) {
      servicesOf(endpoints, reads).stream()
          .limit(MAX_ORIGINS)
          .forEach(service -> message.addOrigins(Messages.origin(service, "protocol")));
    }
    return new Compiled(
        key, Resource.newBuilder().setName(key.toMessage()).setInbound(message).build(), List.of());
  }

  /**
   * The declared protocols by the endpoints' port. Of a port for which services declare different
   * ones nothing is declared: its sidecar finds out.
   */
  private static Map<Integer, WireProtocol> declared(List<Workload> endpoints, Reads reads) {
    var said = new TreeMap<Integer, Set<WireProtocol>>();
    for (Workload endpoint : endpoints) {
      Service service = serviceOf(endpoint, reads);
      for (WorkloadPort port : endpoint.ports()) {
        WireProtocol protocol = AppProtocols.wireProtocol(appProtocol(service, port));
        if (protocol != null) {
          said.computeIfAbsent(port.port(), _ -> EnumSet.noneOf(WireProtocol.class)).add(protocol);
        }
      }
    }
    var declared = new LinkedHashMap<Integer, WireProtocol>();
    said.forEach(
        (port, protocols) -> {
          if (protocols.size() == 1) {
            declared.put(port, protocols.iterator().next());
          }
        });
    return declared;
  }

  /** As the service's port of that name says now; its slices may be written later. */
  private static String appProtocol(@Nullable Service service, WorkloadPort endpoint) {
    for (ServicePort port : service == null ? List.<ServicePort>of() : service.ports()) {
      if (port.name().equals(endpoint.name())) {
        return port.appProtocol();
      }
    }
    return endpoint.appProtocol();
  }

  private static Set<Service> servicesOf(List<Workload> endpoints, Reads reads) {
    var services = new LinkedHashSet<Service>();
    for (Workload endpoint : endpoints) {
      Service service = serviceOf(endpoint, reads);
      if (service != null) {
        services.add(service);
      }
    }
    return services;
  }

  private static @Nullable Service serviceOf(Workload endpoint, Reads reads) {
    return reads.service(new ObjectKey(endpoint.namespace(), endpoint.service()));
  }
}
