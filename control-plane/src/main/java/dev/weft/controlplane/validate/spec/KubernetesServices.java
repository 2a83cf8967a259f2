package dev.weft.controlplane.validate.spec;

import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.IpAddresses;
import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.YamlNode;
import dev.weft.controlplane.validate.yaml.YamlNode.Entry;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import dev.weft.controlplane.validate.yaml.YamlNode.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The spec of a {@code Service} that Kubernetes has accepted. It works there, so nothing in it is
 * an error here: what is not known, or not for TCP, is passed over. Its selector is Kubernetes'
 * affair, whose endpoints are listed. Pure.
 */
public final class KubernetesServices {
  private static final String NONE = "None";

  private KubernetesServices() {}

  public static Service decode(Place at, DocumentMeta meta) {
    Mapping spec =
        at.node() instanceof Mapping mapping
            ? mapping
            : new Mapping(at.line(), new LinkedHashMap<>());
    boolean external = text(spec, "type").equals("ExternalName");
    Set<String> addresses = new LinkedHashSet<>();
    boolean headless = address(text(spec, "clusterIP"), addresses);
    for (YamlNode item : items(spec, "clusterIPs")) {
      headless |= address(item instanceof Scalar scalar ? scalar.text() : "", addresses);
    }
    return new Service(
        meta.namespace(),
        meta.name(),
        external ? List.of() : ports(spec),
        Map.of(),
        true,
        meta.source(),
        meta.revision(),
        new KubernetesService(
            external ? List.of() : List.copyOf(addresses),
            headless && !external,
            external ? text(spec, "externalName") : "",
            text(spec, "publishNotReadyAddresses").equals("true")),
        new ServiceTraffic(
            false,
            text(spec, "sessionAffinity").equals("ClientIP"),
            text(spec, "internalTrafficPolicy").equals("Local")));
  }

  /** Notes an address; whether it says that there is none. */
  private static boolean address(String text, Set<String> addresses) {
    String canonical = IpAddresses.canonical(text);
    if (canonical != null) {
      addresses.add(canonical);
    }
    return text.equals(NONE);
  }

  /** Those for TCP, each number once. */
  private static List<ServicePort> ports(Mapping spec) {
    var ports = new TreeMap<Integer, ServicePort>();
    for (YamlNode item : items(spec, "ports")) {
      if (item instanceof Mapping port) {
        String protocol = text(port, "protocol");
        int number = number(port);
        if (number > 0 && (protocol.isEmpty() || protocol.equals("TCP"))) {
          ports.putIfAbsent(
              number,
              new ServicePort(text(port, "name"), number, 0, "", text(port, "appProtocol")));
        }
      }
    }
    return new ArrayList<>(ports.values());
  }

  private static String text(Mapping mapping, String field) {
    Entry entry = mapping.entries().get(field);
    return entry != null
            && entry.value() instanceof Scalar scalar
            && scalar.type() != ScalarType.NULL
        ? scalar.text()
        : "";
  }

  /** 0 when it is none. */
  private static int number(Mapping port) {
    Entry entry = port.entries().get("port");
    if (entry != null
        && entry.value() instanceof Scalar scalar
        && scalar.type() == ScalarType.INTEGER
        && scalar.text().matches("[1-9][0-9]{0,4}")) {
      int number = Integer.parseInt(scalar.text());
      return number <= 65_535 ? number : 0;
    }
    return 0;
  }

  private static List<YamlNode> items(Mapping mapping, String field) {
    Entry entry = mapping.entries().get(field);
    return entry != null && entry.value() instanceof Sequence sequence
        ? sequence.items()
        : List.of();
  }
}
