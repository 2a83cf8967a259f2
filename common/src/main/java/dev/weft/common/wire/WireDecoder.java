package dev.weft.common.wire;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.Origin;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Turns a resource of the wire into configuration, or says what is wrong with it. Pure; what it
 * returns needs no further check. An absent retry policy, outlier detection or set of limits means
 * the documented default; switching one off is explicit.
 */
public final class WireDecoder {
  private static final int MAX_NAME = 512;
  private static final int MAX_ORIGINS = 64;
  private static final int MAX_PORTS = 256;

  private WireDecoder() {}

  /** Decodes a resource of any kind. */
  public static DecodedResource decode(Resource resource) throws WireException {
    return switch (resource.getName().getKind()) {
      case VIRTUAL_HOST -> new DecodedResource.VirtualHost(virtualHost(resource));
      case CLUSTER -> new DecodedResource.Cluster(cluster(resource));
      case ENDPOINT_SLICE ->
          new DecodedResource.Slice(resource.getName().getName(), endpoints(resource));
      case INBOUND -> new DecodedResource.Inbound(inbound(resource));
      case NODE -> new DecodedResource.Node(resource.getName().getName(), node(resource));
      case APP_CONFIG -> new DecodedResource.App(appConfig(resource));
      case RESOURCE_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw At.root(resource.getName())
              .field("name")
              .field("kind")
              .wrong(resource.getName().getKind(), "one of the known kinds");
    };
  }

  /** Decodes a resource of kind VIRTUAL_HOST. */
  public static VirtualHostConfig virtualHost(Resource resource) throws WireException {
    At at = head(resource, ResourceKind.VIRTUAL_HOST, Resource.BodyCase.VIRTUAL_HOST);
    return VirtualHosts.decode(at, resource.getVirtualHost());
  }

  /** Decodes a resource of kind CLUSTER. */
  public static ClusterConfig cluster(Resource resource) throws WireException {
    At at = head(resource, ResourceKind.CLUSTER, Resource.BodyCase.CLUSTER);
    return Clusters.decode(at, resource.getCluster());
  }

  /** Decodes a resource of kind ENDPOINT_SLICE. */
  public static List<EndpointConfig> endpoints(Resource resource) throws WireException {
    At at = head(resource, ResourceKind.ENDPOINT_SLICE, Resource.BodyCase.ENDPOINT_SLICE);
    return Endpoints.decode(at, resource.getEndpointSlice());
  }

  /** Decodes a resource of kind INBOUND. */
  public static InboundConfig inbound(Resource resource) throws WireException {
    At at = head(resource, ResourceKind.INBOUND, Resource.BodyCase.INBOUND);
    Inbound inbound = resource.getInbound();
    String name = at.resourceName();
    at.field("name")
        .check(Syntax.isInboundName(name), name, "<namespace>/<service> or <namespace>/pods/<pod>");
    return new InboundConfig(
        name,
        at.field("request_timeout_nanos").nanos(inbound.getRequestTimeoutNanos(), 0),
        at.field("max_requests").range(inbound.getMaxRequests(), 0, Integer.MAX_VALUE),
        origins(at, inbound.getOriginsList()),
        ports(at, inbound.getPortsList()));
  }

  /** Decodes a resource of kind NODE. */
  public static Locality node(Resource resource) throws WireException {
    At at = head(resource, ResourceKind.NODE, Resource.BodyCase.LOCALITY);
    return Endpoints.locality(at.field("locality"), resource.getLocality());
  }

  /** Decodes a resource of kind APP_CONFIG. */
  public static AppConfig appConfig(Resource resource) throws WireException {
    At at = head(resource, ResourceKind.APP_CONFIG, Resource.BodyCase.APP_CONFIG);
    return AppConfigs.decode(at, resource.getAppConfig());
  }

  private static List<InboundConfig.InboundPort> ports(
      At at, List<dev.weft.proto.discovery.v1.InboundPort> ports) throws WireException {
    at.field("ports").count(ports, MAX_PORTS);
    Set<String> numbers = At.names();
    var decoded = new ArrayList<InboundConfig.InboundPort>(ports.size());
    for (int i = 0; i < ports.size(); i++) {
      At one = at.item("ports", i);
      int port = one.field("port").range(ports.get(i).getPort(), 1, 65_535);
      one.field("port").unique(numbers, Integer.toString(port));
      decoded.add(
          new InboundConfig.InboundPort(
              port, Endpoints.protocol(one.field("protocol"), ports.get(i).getProtocol())));
    }
    return decoded;
  }

  private static At head(Resource resource, ResourceKind kind, Resource.BodyCase body)
      throws WireException {
    ResourceName name = resource.getName();
    At at = At.root(name);
    At atName = at.field("name");
    atName.field("kind").check(name.getKind() == kind, name.getKind(), kind.name());
    atName.text(name.getName(), MAX_NAME);
    at.field("version").text(resource.getVersion(), MAX_NAME);
    at.field("body").check(resource.getBodyCase() == body, resource.getBodyCase(), body.name());
    return at;
  }

  static List<Origin> origins(At at, List<dev.weft.proto.discovery.v1.Origin> origins)
      throws WireException {
    at.field("origins").count(origins, MAX_ORIGINS);
    var decoded = new ArrayList<Origin>(origins.size());
    for (int i = 0; i < origins.size(); i++) {
      dev.weft.proto.discovery.v1.Origin origin = origins.get(i);
      At one = at.item("origins", i);
      one.field("revision").check(origin.getRevision() >= 0, origin.getRevision(), "at least 0");
      decoded.add(
          new Origin(
              one.field("kind").text(origin.getKind(), MAX_NAME),
              one.field("namespace").text(origin.getNamespace(), MAX_NAME),
              one.field("name").text(origin.getName(), MAX_NAME),
              one.field("field_path").optionalText(origin.getFieldPath(), MAX_NAME),
              one.field("decides").optionalText(origin.getDecides(), MAX_NAME),
              origin.getRevision()));
    }
    return decoded;
  }
}
