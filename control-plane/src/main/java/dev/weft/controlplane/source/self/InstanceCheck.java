package dev.weft.controlplane.source.self;

import dev.weft.common.wire.Syntax;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What an instance may look like. Every violation says field, value and what was expected. */
final class InstanceCheck {
  private static final int MAX_PORTS = 32;
  private static final int MAX_PAIRS = 64;
  private static final int MAX_KEY = 317;
  private static final int MAX_LABEL_VALUE = 256;
  private static final int MAX_TEXT = 4096;
  private static final int MAX_INCARNATION = 128;
  private static final int MAX_SHOWN = 80;

  private final List<String> violations = new ArrayList<>();

  private InstanceCheck() {}

  /** Throws if anything is wrong. */
  static void check(Instance instance) {
    InstanceCheck check = new InstanceCheck();
    check.instance(instance);
    if (!check.violations.isEmpty()) {
      throw new InvalidInstanceException(check.violations);
    }
  }

  private void instance(Instance instance) {
    label("instance.id", instance.getId());
    label("instance.namespace", instance.getNamespace());
    label("instance.service", instance.getService());
    if (!Syntax.isIpAddress(instance.getAddress())) {
      wrong("instance.address", instance.getAddress(), "an IP address, e.g. 10.0.0.7 or ::1");
    }
    ports(instance.getPortsList());
    pairs("instance.labels", instance.getLabelsMap(), MAX_LABEL_VALUE);
    pairs("instance.metadata", instance.getMetadataMap(), MAX_TEXT);
    if (instance.getWeight() < 0 || instance.getWeight() > Syntax.MAX_WEIGHT) {
      wrong(
          "instance.weight",
          Integer.toString(instance.getWeight()),
          "1 to " + Syntax.MAX_WEIGHT + ", or 0 for the default of 100");
    }
    if (instance.getPeer() == PeerKind.UNRECOGNIZED) {
      wrong("instance.peer", "" + instance.getPeerValue(), "APPLICATION or SIDECAR");
    }
    if (instance.getReadiness() == Readiness.UNRECOGNIZED) {
      wrong(
          "instance.readiness", "" + instance.getReadinessValue(), "READY, NOT_READY or DRAINING");
    }
    text("instance.readiness_reason", instance.getReadinessReason(), MAX_TEXT);
    text("instance.incarnation", instance.getIncarnation(), MAX_INCARNATION);
    text("instance.identity", instance.getIdentity(), MAX_TEXT);
    text("instance.locality.region", instance.getLocality().getRegion(), MAX_LABEL_VALUE);
    text("instance.locality.zone", instance.getLocality().getZone(), MAX_LABEL_VALUE);
    text("instance.locality.sub_zone", instance.getLocality().getSubZone(), MAX_LABEL_VALUE);
  }

  private void ports(List<InstancePort> ports) {
    if (ports.isEmpty() || ports.size() > MAX_PORTS) {
      wrong("instance.ports", ports.size() + " ports", "1 to " + MAX_PORTS);
    }
    Set<Integer> numbers = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      InstancePort port = ports.get(i);
      String at = "instance.ports[" + i + "]";
      if (!port.getName().isEmpty()) {
        label(at + ".name", port.getName());
        if (!names.add(port.getName())) {
          wrong(at + ".name", port.getName(), "a name that no other port of the instance has");
        }
      }
      port(at + ".service_port", port.getServicePort());
      port(at + ".port", port.getPort());
      if (!numbers.add(port.getServicePort())) {
        wrong(
            at + ".service_port",
            "" + port.getServicePort(),
            "a number that no other port of the instance has");
      }
      text(at + ".app_protocol", port.getAppProtocol(), MAX_LABEL_VALUE);
      for (int j = 0; j < port.getProtocolsCount(); j++) {
        Protocol protocol = port.getProtocols(j);
        if (protocol == Protocol.UNRECOGNIZED || protocol == Protocol.PROTOCOL_UNSPECIFIED) {
          wrong(
              at + ".protocols[" + j + "]", "" + port.getProtocolsValue(j), "HTTP1, HTTP2 or TCP");
        }
      }
    }
  }

  private void port(String field, int number) {
    if (number < 1 || number > 65_535) {
      wrong(field, Integer.toString(number), "1 to 65535");
    }
  }

  private void label(String field, String value) {
    if (!Syntax.isDnsLabel(value)) {
      wrong(
          field,
          value,
          "a DNS label: 1 to 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit");
    }
  }

  private void pairs(String field, Map<String, String> pairs, int maxValue) {
    if (pairs.size() > MAX_PAIRS) {
      wrong(field, pairs.size() + " entries", "at most " + MAX_PAIRS);
    }
    pairs.forEach(
        (key, value) -> {
          if (key.isEmpty() || key.length() > MAX_KEY || !isPrintable(key)) {
            wrong(field, key, "keys of 1 to " + MAX_KEY + " characters without control characters");
          }
          text(field + "[\"" + shorten(key) + "\"]", value, maxValue);
        });
  }

  private void text(String field, String value, int max) {
    if (value.length() > max || !isPrintable(value)) {
      wrong(field, value, "at most " + max + " characters without control characters");
    }
  }

  private static boolean isPrintable(String text) {
    return text.chars().noneMatch(Character::isISOControl);
  }

  private void wrong(String field, String value, String expected) {
    violations.add(field + " is \"" + shorten(value) + "\", expected " + expected);
  }

  private static String shorten(String value) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < value.length() && i < MAX_SHOWN; i++) {
      char c = value.charAt(i);
      shown.append(Character.isISOControl(c) ? '?' : c);
    }
    return value.length() > MAX_SHOWN ? shown + "..." : shown.toString();
  }
}
