package dev.weft.common.wire;

import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.Locality;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.PeerKind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Endpoint slices. */
final class Endpoints {
  private static final int MAX_ENDPOINTS = 100;
  private static final int MAX_LABELS = 128;
  private static final int MAX_TEXT = 256;
  private static final int MAX_HINTS = 256;

  private Endpoints() {}

  static List<EndpointConfig> decode(At at, EndpointSlice slice) throws WireException {
    at.field("name")
        .check(
            Clusters.isSliceName(at.resourceName()),
            at.resourceName(),
            "<cluster name>/<slice number>");
    List<Endpoint> endpoints = slice.getEndpointsList();
    at.field("endpoints").count(endpoints, MAX_ENDPOINTS);
    Set<String> ids = At.names();
    var decoded = new ArrayList<EndpointConfig>(endpoints.size());
    for (int i = 0; i < endpoints.size(); i++) {
      At one = at.item("endpoints", i);
      EndpointConfig endpoint = endpoint(one, endpoints.get(i));
      one.field("id").unique(ids, endpoint.id());
      decoded.add(endpoint);
    }
    return List.copyOf(decoded);
  }

  private static EndpointConfig endpoint(At at, Endpoint endpoint) throws WireException {
    String address = endpoint.getAddress();
    at.field("id")
        .check(Syntax.isDnsName(endpoint.getId()), endpoint.getId(), "a DNS name in lower case");
    at.field("address").check(Syntax.isIpAddress(address), address, "an IP address of one host");
    String identity = endpoint.getIdentity();
    at.field("identity")
        .check(
            identity.isEmpty() || identity.startsWith("spiffe://"),
            identity,
            "a SPIFFE id or nothing");
    return new EndpointConfig(
        endpoint.getId(),
        at.field("incarnation").optionalText(endpoint.getIncarnation(), MAX_TEXT),
        address,
        at.field("port").range(endpoint.getPort(), 1, 65_535),
        at.field("weight").range(endpoint.getWeight(), 1, Syntax.MAX_WEIGHT),
        locality(at.field("locality"), endpoint.getLocality()),
        at.field("peer").known(endpoint.getPeer()) == PeerKind.SIDECAR,
        protocols(at, endpoint.getProtocolsList()),
        at.field("identity").optionalText(identity, Syntax.MAX_VALUE),
        labels(at.field("labels"), endpoint.getLabelsMap()),
        hints(at, "for_zones", endpoint.getForZonesList()),
        hints(at, "for_nodes", endpoint.getForNodesList()));
  }

  private static Set<String> hints(At at, String field, List<String> hints) throws WireException {
    if (hints.isEmpty()) {
      return Set.of();
    }
    at.field(field).count(hints, MAX_HINTS);
    var decoded = new LinkedHashSet<String>();
    for (int i = 0; i < hints.size(); i++) {
      decoded.add(at.item(field, i).text(hints.get(i), MAX_TEXT));
    }
    return decoded;
  }

  private static Set<WireProtocol> protocols(
      At at, List<dev.weft.proto.discovery.v1.Protocol> protocols) throws WireException {
    at.field("protocols").check(!protocols.isEmpty(), "no protocol", "at least one");
    var decoded = EnumSet.noneOf(WireProtocol.class);
    for (int i = 0; i < protocols.size(); i++) {
      At one = at.item("protocols", i);
      WireProtocol protocol = protocol(one, protocols.get(i));
      one.check(decoded.add(protocol), protocol, "a value that occurs once");
    }
    return decoded;
  }

  /** A protocol that may be left out: then null. */
  static @Nullable WireProtocol optionalProtocol(
      At at, dev.weft.proto.discovery.v1.Protocol protocol) throws WireException {
    return protocol == dev.weft.proto.discovery.v1.Protocol.PROTOCOL_UNSPECIFIED
        ? null
        : protocol(at, protocol);
  }

  static WireProtocol protocol(At at, dev.weft.proto.discovery.v1.Protocol protocol)
      throws WireException {
    return WireProtocol.valueOf(at.known(protocol).name());
  }

  private static Map<String, String> labels(At at, Map<String, String> labels)
      throws WireException {
    at.check(labels.size() <= MAX_LABELS, labels.size() + " labels", "at most " + MAX_LABELS);
    for (var label : labels.entrySet()) {
      at.text(label.getKey(), MAX_TEXT + 64);
      at.optionalText(label.getValue(), MAX_TEXT);
    }
    return labels;
  }

  static Locality locality(At at, dev.weft.proto.discovery.v1.Locality locality)
      throws WireException {
    String region = at.field("region").optionalText(locality.getRegion(), MAX_TEXT);
    String zone = at.field("zone").optionalText(locality.getZone(), MAX_TEXT);
    String subZone = at.field("sub_zone").optionalText(locality.getSubZone(), MAX_TEXT);
    return region.isEmpty() && zone.isEmpty() && subZone.isEmpty()
        ? Locality.UNKNOWN
        : new Locality(region, zone, subZone);
  }
}
