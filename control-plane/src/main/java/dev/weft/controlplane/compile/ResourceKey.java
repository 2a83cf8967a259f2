package dev.weft.controlplane.compile;

import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;

/** Names one resource: its kind and its name as {@code discovery.proto} writes them. A value. */
public record ResourceKey(ResourceKind kind, String name) {
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
