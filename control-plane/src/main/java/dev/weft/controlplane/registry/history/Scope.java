package dev.weft.controlplane.registry.history;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.proto.policy.v1.PolicyKey;

/**
 * Which documents are meant. Immutable.
 *
 * @param kind empty: every kind
 * @param namespace empty: every namespace
 * @param name empty: every name
 */
public record Scope(String kind, String namespace, String name) {
  /** Whether exactly one document is meant. */
  public boolean named() {
    return !kind.isEmpty() && !namespace.isEmpty() && !name.isEmpty();
  }

  /** The one that is meant, if one is. */
  public PolicyKey key() {
    return PolicyKey.newBuilder().setKind(kind).setNamespace(namespace).setName(name).build();
  }

  boolean contains(PolicyKey key) {
    return (kind.isEmpty() || kind.equals(key.getKind()))
        && (namespace.isEmpty() || namespace.equals(key.getNamespace()))
        && (name.isEmpty() || name.equals(key.getName()));
  }

  /** Where in the store their former versions begin. */
  String formerPrefix() {
    StringBuilder prefix = new StringBuilder(Keyspace.FORMER_POLICY_PREFIX);
    for (String part : new String[] {kind, namespace, name}) {
      if (part.isEmpty()) {
        break;
      }
      prefix.append(part).append('/');
    }
    return prefix.toString();
  }
}
