package dev.weft.controlplane.source.kubernetes.object;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.registry.v1.EndpointPort;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an EndpointSlice: what it says itself, before pods and nodes say more. Immutable.
 *
 * @param bare its endpoints by address; an endpoint's {@code incarnation} is the uid of the pod
 *     that it means, empty when no pod stands behind it
 */
public record SliceFacts(ServiceEndpoints bare) {
  private static final String SERVICE_NAME = "kubernetes.io/service-name";

  /** Of a slice of the API; null: it belongs to no Service, or is not about IP addresses. */
  public static @Nullable SliceFacts of(JsonNode slice) {
    JsonNode metadata = slice.path("metadata");
    String service = metadata.path("labels").path(SERVICE_NAME).asText("");
    String family = slice.path("addressType").asText("");
    if (service.isEmpty() || !(family.equals("IPv4") || family.equals("IPv6"))) {
      return null;
    }
    return new SliceFacts(
        ServiceEndpoints.newBuilder()
            .setNamespace(metadata.path("namespace").asText(""))
            .setService(service)
            .setSlice(metadata.path("name").asText(""))
            .addAllPorts(ports(slice.path("ports")))
            .addAllEndpoints(endpoints(slice.path("endpoints")))
            .build());
  }

  /** The pods that its endpoints mean, by name. */
  public Set<String> pods() {
    Set<String> pods = new HashSet<>();
    for (ServiceEndpoint endpoint : bare.getEndpointsList()) {
      if (!endpoint.getIncarnation().isEmpty()) {
        pods.add(bare.getNamespace() + '/' + endpoint.getId());
      }
    }
    return pods;
  }

  /** The nodes on which its endpoints run. */
  public Set<String> nodes() {
    Set<String> nodes = new HashSet<>();
    for (ServiceEndpoint endpoint : bare.getEndpointsList()) {
      if (!endpoint.getNode().isEmpty()) {
        nodes.add(endpoint.getNode());
      }
    }
    return nodes;
  }

  private static List<EndpointPort> ports(JsonNode ports) {
    List<EndpointPort> found = new ArrayList<>();
    for (JsonNode port : ports) {
      int number = port.path("port").asInt(0);
      if (number > 0 && port.path("protocol").asText("TCP").equals("TCP")) {
        found.add(
            EndpointPort.newBuilder()
                .setName(port.path("name").asText(""))
                .setPort(number)
                .setAppProtocol(text(port, "appProtocol"))
                .build());
      }
    }
    found.sort(Comparator.comparing(EndpointPort::getName).thenComparingInt(EndpointPort::getPort));
    return found;
  }

  private static List<ServiceEndpoint> endpoints(JsonNode endpoints) {
    List<ServiceEndpoint> found = new ArrayList<>();
    for (JsonNode endpoint : endpoints) {
      // Further addresses are other ways to the same; the API advises to take the first.
      String address = endpoint.path("addresses").path(0).asText("");
      if (!address.isEmpty()) {
        found.add(endpoint(address, endpoint));
      }
    }
    // The API promises no order, and another order is no news.
    found.sort(
        Comparator.comparing(ServiceEndpoint::getAddress).thenComparing(ServiceEndpoint::getId));
    return found;
  }

  private static ServiceEndpoint endpoint(String address, JsonNode endpoint) {
    JsonNode target = endpoint.path("targetRef");
    boolean pod = target.path("kind").asText("").equals("Pod");
    JsonNode conditions = endpoint.path("conditions");
    // What is not said: ready it is, serving as ready, terminating not.
    boolean ready = conditions.path("ready").asBoolean(true);
    ServiceEndpoint.Builder built =
        ServiceEndpoint.newBuilder()
            .setAddress(address)
            .setId(pod ? target.path("name").asText(address) : address)
            .setIncarnation(pod ? target.path("uid").asText("") : "")
            .setHostname(text(endpoint, "hostname"))
            .setNode(text(endpoint, "nodeName"))
            .setReady(ready)
            .setServing(conditions.path("serving").asBoolean(ready))
            .setTerminating(conditions.path("terminating").asBoolean(false));
    JsonNode hints = endpoint.path("hints");
    built
        .addAllForZones(names(hints.path("forZones")))
        .addAllForNodes(names(hints.path("forNodes")));
    String zone = text(endpoint, "zone");
    if (!zone.isEmpty()) {
      built.setLocality(Locality.newBuilder().setZone(zone));
    }
    return built.build();
  }

  private static Set<String> names(JsonNode hints) {
    Set<String> names = new TreeSet<>();
    hints.forEach(hint -> names.add(text(hint, "name")));
    names.remove("");
    return names;
  }

  private static String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.isTextual() ? value.asText() : "";
  }
}
