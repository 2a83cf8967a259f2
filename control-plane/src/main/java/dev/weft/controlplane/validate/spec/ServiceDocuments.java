package dev.weft.controlplane.validate.spec;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The spec of a {@code Service} as people apply it here; see {@link KubernetesServices}. */
public final class ServiceDocuments {
  private static final int MAX_PORTS = 100;
  private static final int MAX_LABELS = 128;

  private static final Known SPEC =
      Known.of(
              "selector",
              "ports",
              "type",
              "sessionAffinity",
              "publishNotReadyAddresses",
              "trafficDistribution")
          .refusing("externalName", "a Service selects workloads of the mesh")
          .ignoring(
              "allocateLoadBalancerNodePorts",
              "clusterIP",
              "clusterIPs",
              "externalIPs",
              "externalTrafficPolicy",
              "healthCheckNodePort",
              "internalTrafficPolicy",
              "ipFamilies",
              "ipFamilyPolicy",
              "loadBalancerClass",
              "loadBalancerIP",
              "loadBalancerSourceRanges",
              "sessionAffinityConfig");

  /** Who registers itself names no machine: the last is as good as the second. */
  private static final List<String> DISTRIBUTIONS =
      List.of("PreferClose", "PreferSameZone", "PreferSameNode");

  private static final Known PORT =
      Known.of("name", "port", "targetPort", "protocol", "appProtocol").ignoring("nodePort");

  private ServiceDocuments() {}

  public static Service decode(Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, SPEC);
    Place type = spec.get("type");
    if (type != null) {
      type.oneOf(List.of("ClusterIP", "NodePort", "LoadBalancer"));
    }
    Place affinityAt = spec.get("sessionAffinity");
    String affinity = affinityAt == null ? null : affinityAt.oneOf(List.of("None", "ClientIP"));
    Place distributionAt = spec.get("trafficDistribution");
    String distribution = distributionAt == null ? null : distributionAt.oneOf(DISTRIBUTIONS);
    Place unready = spec.get("publishNotReadyAddresses");
    if (unready != null && !unready.node().shown().equals("false")) {
      unready.wrong("false (what is not ready gets no requests)");
    }
    Place selector = spec.get("selector");
    Map<String, String> labels = selector == null ? Map.of() : selector.strings(MAX_LABELS);
    Place ports = spec.require("ports", "at least one port");
    return new Service(
        meta.namespace(),
        meta.name(),
        ports == null ? List.of() : ports(ports),
        labels,
        true,
        meta.source(),
        meta.revision(),
        null,
        new ServiceTraffic(distribution != null, "ClientIP".equals(affinity), false));
  }

  private static List<ServicePort> ports(Place at) {
    var ports = new ArrayList<ServicePort>();
    Set<String> names = Place.seen();
    Set<String> numbers = Place.seen();
    List<Place> items = at.items(1, MAX_PORTS);
    for (Place item : items) {
      Obj port = Obj.of(item, PORT);
      Place numberAt = port.require("port", "the port that callers address");
      Integer number = numberAt == null ? null : numberAt.integer(1, 65_535);
      String name = name(port, names, items.size() > 1);
      Place protocol = port.get("protocol");
      if (protocol != null) {
        protocol.oneOf(List.of("TCP"));
      }
      Place appProtocolAt = port.get("appProtocol");
      String appProtocol = appProtocolAt == null ? "" : appProtocolAt.string();
      Target target = target(port);
      if (numberAt != null && number != null && numberAt.unique(numbers, number.toString())) {
        ports.add(
            new ServicePort(
                name, number, target.number, target.name, appProtocol == null ? "" : appProtocol));
      }
    }
    ports.sort(Comparator.comparingInt(ServicePort::port));
    return ports;
  }

  private static String name(Obj port, Set<String> names, boolean required) {
    Place at =
        required && port.readable()
            ? port.require("name", "a name, as there are several ports")
            : port.get("name");
    String name = at == null ? null : at.string();
    if (at == null || name == null) {
      return "";
    }
    if (!Syntax.isDnsLabel(name)) {
      at.wrong("a DNS label: 1 to 63 of a-z, 0-9 and \"-\"");
    }
    at.unique(names, name);
    return name;
  }

  private record Target(int number, String name) {}

  private static Target target(Obj port) {
    Place at = port.get("targetPort");
    if (at == null) {
      return new Target(0, "");
    }
    if (!at.isString()) {
      Integer number = at.integer(1, 65_535);
      return new Target(number == null ? 0 : number, "");
    }
    String name = at.string();
    if (name != null && name.matches("[0-9]+")) {
      at.wrong("a port's name, or its number without quotes");
    } else if (name == null || !Syntax.isDnsLabel(name)) {
      at.wrong("a port's number or name");
    }
    return new Target(0, name == null ? "" : name);
  }
}
