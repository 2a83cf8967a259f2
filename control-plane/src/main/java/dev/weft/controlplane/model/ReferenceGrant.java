package dev.weft.controlplane.model;

import java.util.List;

/**
 * A {@code ReferenceGrant}: which routes of other namespaces may send requests to the services of
 * its own.
 *
 * @param all whether it is about every service of its namespace
 * @param services else their names; none where the grant is about other kinds
 */
public record ReferenceGrant(
    DocumentMeta meta, List<From> from, boolean all, List<String> services) {
  public ReferenceGrant {
    from = List.copyOf(from);
    services = List.copyOf(services);
  }

  /** Routes of one kind in one namespace. */
  public record From(String kind, String namespace) {}

  /** Whether it lets a route of that kind and namespace refer to a service of the grant's own. */
  public boolean permits(String kind, String namespace, String service) {
    return from.contains(new From(kind, namespace)) && (all || services.contains(service));
  }
}
