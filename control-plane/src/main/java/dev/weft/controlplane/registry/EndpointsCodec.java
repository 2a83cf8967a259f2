package dev.weft.controlplane.registry;

import dev.weft.common.config.AppProtocols;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.IpAddresses;
import dev.weft.controlplane.model.OperatorOverride;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Registration;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.proto.registry.v1.EndpointPort;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * From {@code registry.v1.ServiceEndpoints}, one slice as it is stored, to workloads of its
 * service. What cannot be used is left out and said; the rest of the slice is used. Pure.
 */
final class EndpointsCodec {
  /** Endpoints that a problem names before it only counts them. */
  private static final int MAX_NAMED = 3;

  /** Whoever brought it; not which slice, as endpoints are moved between those. */
  private static final String LISTED = "EndpointSlices";

  private final ServiceEndpoints slice;
  private final String source;
  private final long revision;
  private final Map<String, Workload> endpoints = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  private EndpointsCodec(ServiceEndpoints slice, String source, long revision) {
    this.slice = slice;
    this.source = source;
    this.revision = revision;
  }

  /**
   * What a slice holds.
   *
   * @param endpoints by id, in the slice's order
   * @param problem what of it is not used and why; empty: nothing
   */
  record Read(Map<String, Workload> endpoints, String problem) {}

  static Read read(ServiceEndpoints slice, String source, long revision) {
    var codec = new EndpointsCodec(slice, source, revision);
    codec.read();
    int more = codec.problems.size() - MAX_NAMED;
    String named =
        String.join("; ", codec.problems.subList(0, Math.min(MAX_NAMED, codec.problems.size())));
    return new Read(codec.endpoints, more > 0 ? named + "; and " + more + " more" : named);
  }

  private void read() {
    List<EndpointPort> ports = ports();
    List<WorkloadPort> ofSidecar = ports.stream().map(port -> port(port, true)).toList();
    List<WorkloadPort> ofApplication = ports.stream().map(port -> port(port, false)).toList();
    for (int i = 0; i < slice.getEndpointsCount(); i++) {
      ServiceEndpoint endpoint = slice.getEndpoints(i);
      String at = "endpoints[" + i + "]";
      String address = endpoint.getAddress();
      String id = id(endpoint.getId().isEmpty() ? address : endpoint.getId());
      if (!Syntax.isIpAddress(address)) {
        problems.add(at + ".address is \"" + address + "\", expected an IP address of one host");
      } else if (id == null) {
        problems.add(
            at + ".id is \"" + endpoint.getId() + "\", expected a pod's name or an IP address");
      } else if (endpoints.containsKey(id)) {
        problems.add(at + ".id is \"" + id + "\", expected each endpoint once");
      } else {
        endpoints.put(
            id, workload(id, endpoint, endpoint.getSidecar() ? ofSidecar : ofApplication));
      }
    }
  }

  private List<EndpointPort> ports() {
    var ports = new ArrayList<EndpointPort>();
    for (int i = 0; i < slice.getPortsCount(); i++) {
      EndpointPort port = slice.getPorts(i);
      if (port.getPort() < 0 || port.getPort() > 65_535) {
        problems.add("ports[" + i + "].port is " + port.getPort() + ", expected 1 to 65535");
      } else if (port.getPort() != 0) {
        // A headless Service without ports has one without a number: nothing is declared of it.
        ports.add(port);
      }
    }
    return ports;
  }

  private Workload workload(String id, ServiceEndpoint endpoint, List<WorkloadPort> ports) {
    WorkloadReadiness readiness =
        endpoint.getReady()
            ? WorkloadReadiness.READY
            : endpoint.getTerminating() ? WorkloadReadiness.DRAINING : WorkloadReadiness.NOT_READY;
    return new Workload(
        id,
        slice.getNamespace(),
        slice.getService(),
        endpoint.getAddress(),
        ports,
        endpoint.getLabelsMap(),
        Map.of(),
        WorkloadCodec.locality(endpoint.getLocality()),
        Workload.DEFAULT_WEIGHT,
        endpoint.getSidecar(),
        endpoint.getIncarnation(),
        readiness,
        switch (readiness) {
          case READY -> "";
          case DRAINING -> "Kubernetes says that it is terminating";
          case NOT_READY -> "Kubernetes says that it is not ready";
        },
        source,
        "",
        revision,
        new PodEndpoint(
            endpoint.getHostname(),
            endpoint.getNode(),
            endpoint.getServiceAccount(),
            endpoint.getServing(),
            endpoint.getForZonesList(),
            endpoint.getForNodesList()),
        OperatorOverride.NONE,
        new Registration(endpoint.getCreatedAtMillis(), LISTED, 0, ""));
  }

  private static WorkloadPort port(EndpointPort port, boolean sidecar) {
    WireProtocol declared = AppProtocols.wireProtocol(port.getAppProtocol());
    Set<WireProtocol> protocols =
        sidecar
            ? Set.of(WireProtocol.HTTP1, WireProtocol.HTTP2)
            : Set.of(declared == null ? WireProtocol.HTTP1 : declared);
    return new WorkloadPort(port.getName(), 0, port.getPort(), protocols, port.getAppProtocol());
  }

  /** The wire's ids are DNS names, which an IPv6 address is not. */
  private static @Nullable String id(String text) {
    if (Syntax.isDnsName(text)) {
      return text;
    }
    String address = IpAddresses.canonical(text);
    return address == null ? null : address.replace(':', '-');
  }
}
