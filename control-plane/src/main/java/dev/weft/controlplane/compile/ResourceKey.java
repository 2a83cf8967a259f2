package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import org.jspecify.annotations.Nullable;

/** Names one resource: its kind and its name as {@code discovery.proto} writes them. A value. */
public record ResourceKey(ResourceKind kind, String name) {
  private static final String PODS = "pods/";

  public static ResourceKey of(ResourceName name) {
    return new ResourceKey(name.getKind(), name.getName());
  }

  public static ResourceKey virtualHost(String callerNamespace, String authority) {
    return new ResourceKey(ResourceKind.VIRTUAL_HOST, callerNamespace + "/" + authority);
  }

  public static ResourceKey cluster(String namespace, String service, int port) {
    return new ResourceKey(ResourceKind.CLUSTER, clusterName(namespace, service, port));
  }

  public static ResourceKey inbound(String namespace, String service) {
    return new ResourceKey(ResourceKind.INBOUND, namespace + "/" + service);
  }

  /** What the sidecar of a pod of Kubernetes asks for. */
  public static ResourceKey inboundOfPod(String namespace, String pod) {
    return new ResourceKey(ResourceKind.INBOUND, namespace + "/" + PODS + pod);
  }

  /** Where the machine of that name stands, for those who run there. */
  public static ResourceKey node(String name) {
    return new ResourceKey(ResourceKind.NODE, name);
  }

  /**
   * What the application of a node is configured with.
   *
   * @param service empty: it is the pod of Kubernetes of that id
   */
  public static ResourceKey appConfig(String namespace, String service, String id) {
    return new ResourceKey(
        ResourceKind.APP_CONFIG, namespace + "/" + (service.isEmpty() ? PODS + id : service));
  }

  /** The pod whose configuration this names; null when it is something else. */
  @Nullable ObjectKey pod() {
    int slash = name.indexOf('/');
    boolean own = kind == ResourceKind.INBOUND || kind == ResourceKind.APP_CONFIG;
    return own && name.startsWith(PODS, slash + 1)
        ? new ObjectKey(name.substring(0, slash), name.substring(slash + 1 + PODS.length()))
        : null;
  }

  /** The address and port that the cluster of one endpoint names; null when it is another. */
  @Nullable AddressPort address() {
    return kind == ResourceKind.CLUSTER ? AddressPort.parse(name) : null;
  }

  static ResourceKey cluster(AddressPort at) {
    return new ResourceKey(ResourceKind.CLUSTER, at.toString());
  }

  static String clusterName(String namespace, String service, int port) {
    return service + "." + namespace + ":" + port;
  }

  static ResourceKey slice(String clusterName, long number) {
    return new ResourceKey(ResourceKind.ENDPOINT_SLICE, clusterName + "/" + number);
  }

  /** Whether a sidecar may subscribe to it by name. */
  public boolean root() {
    return kind == ResourceKind.VIRTUAL_HOST || kind == ResourceKind.INBOUND;
  }

  public ResourceName toMessage() {
    return ResourceName.newBuilder().setKind(kind).setName(name).build();
  }

  /** For people: {@code CLUSTER catalog.default:80}. */
  @Override
  public String toString() {
    return kind + " " + name;
  }
}
