package dev.weft.controlplane.registry;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Workload;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two views. Immutable. Nothing in it at all means that only the revision
 * moved (sessions, leadership).
 *
 * @param resync everything was read anew (first read, another store, lost history); the lists are
 *     exact all the same
 * @param workloads each changed workload once
 * @param services services (explicit and implicit) whose own record changed, came or went, or that
 *     a changed workload belongs or belonged to
 * @param addresses canonical IP addresses at which a service or endpoints of Kubernetes came,
 *     changed or went
 * @param nodes names of machines of which it is known, or not any more, where they stand
 * @param httpRoutes by the documents' own names
 * @param otherRoutes routes that are no HTTPRoutes, by {@link
 *     dev.weft.controlplane.model.HttpRoute#key}
 * @param referenceGrants by the documents' own names
 * @param trafficPolicies by the documents' own names
 * @param configEntries by the documents' own names
 */
public record RegistryChange(
    RegistryView previous,
    RegistryView view,
    boolean resync,
    List<WorkloadChange> workloads,
    Set<ObjectKey> services,
    Set<String> addresses,
    Set<String> nodes,
    Set<ObjectKey> httpRoutes,
    Set<ObjectKey> otherRoutes,
    Set<ObjectKey> referenceGrants,
    Set<ObjectKey> trafficPolicies,
    Set<ObjectKey> configEntries) {
  public RegistryChange {
    workloads = List.copyOf(workloads);
    services = Set.copyOf(services);
    addresses = Set.copyOf(addresses);
    nodes = Set.copyOf(nodes);
    httpRoutes = Set.copyOf(httpRoutes);
    otherRoutes = Set.copyOf(otherRoutes);
    referenceGrants = Set.copyOf(referenceGrants);
    trafficPolicies = Set.copyOf(trafficPolicies);
    configEntries = Set.copyOf(configEntries);
  }

  /**
   * One workload that came, changed or went.
   *
   * @param before null: it came
   * @param after null: it went
   */
  public record WorkloadChange(@Nullable Workload before, @Nullable Workload after) {
    /** Namespace and id; of an endpoint of Kubernetes namespace and service/id. */
    public ObjectKey key() {
      Workload any = after != null ? after : before;
      if (any == null) {
        throw new IllegalStateException("a change of nothing");
      }
      return new ObjectKey(
          any.namespace(), any.pod() == null ? any.id() : any.service() + '/' + any.id());
    }
  }

  /** The exact difference between any two views, found by looking at everything in both. */
  public static RegistryChange between(RegistryView previous, RegistryView view) {
    return ViewDiff.full(previous, view);
  }

  /** Whether only the revision moved. */
  public boolean isEmpty() {
    return !resync
        && workloads.isEmpty()
        && services.isEmpty()
        && addresses.isEmpty()
        && nodes.isEmpty()
        && httpRoutes.isEmpty()
        && otherRoutes.isEmpty()
        && referenceGrants.isEmpty()
        && trafficPolicies.isEmpty()
        && configEntries.isEmpty();
  }

  /** This change and the one right after it as one. */
  public RegistryChange then(RegistryChange next) {
    if (next.previous != view) {
      throw new IllegalArgumentException(
          "the change to revision "
              + next.view.revision()
              + " does not follow the one to revision "
              + view.revision());
    }
    Map<ObjectKey, WorkloadChange> merged = new LinkedHashMap<>();
    for (WorkloadChange change : workloads) {
      merged.put(change.key(), change);
    }
    for (WorkloadChange change : next.workloads) {
      WorkloadChange first = merged.get(change.key());
      Workload before = first == null ? change.before() : first.before();
      if (before == null && change.after() == null) {
        merged.remove(change.key());
      } else {
        merged.put(change.key(), new WorkloadChange(before, change.after()));
      }
    }
    return new RegistryChange(
        previous,
        next.view,
        resync || next.resync,
        new ArrayList<>(merged.values()),
        union(services, next.services),
        union(addresses, next.addresses),
        union(nodes, next.nodes),
        union(httpRoutes, next.httpRoutes),
        union(otherRoutes, next.otherRoutes),
        union(referenceGrants, next.referenceGrants),
        union(trafficPolicies, next.trafficPolicies),
        union(configEntries, next.configEntries));
  }

  private static <T> Set<T> union(Set<T> a, Set<T> b) {
    if (a.isEmpty()) {
      return b;
    }
    Set<T> union = new HashSet<>(a);
    union.addAll(b);
    return union;
  }
}
