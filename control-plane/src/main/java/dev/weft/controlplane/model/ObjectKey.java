package dev.weft.controlplane.model;

/**
 * A namespaced name: of a service, a workload, a route or a policy.
 *
 * @param namespace a DNS label
 * @param name a DNS label, or for documents a DNS subdomain
 */
public record ObjectKey(String namespace, String name) implements Comparable<ObjectKey> {
  @Override
  public int compareTo(ObjectKey other) {
    int order = namespace.compareTo(other.namespace);
    return order != 0 ? order : name.compareTo(other.name);
  }

  /** {@code namespace/name}. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
