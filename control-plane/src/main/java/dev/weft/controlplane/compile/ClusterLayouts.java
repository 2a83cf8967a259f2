package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.Workload;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which workloads are in which slice, for every cluster that is asked for. Owned by the compiler's
 * thread.
 */
final class ClusterLayouts {
  private final Map<ResourceKey, Layout> layouts = new HashMap<>();
  private final Map<ObjectKey, Set<ResourceKey>> clustersOf = new HashMap<>();

  /** One cluster's slices by number. */
  record Layout(Service service, ServicePort port, SortedMap<Long, List<Workload>> slices) {}

  /** The layout of a cluster; null when its service or port is not there. */
  @Nullable Layout get(ResourceKey cluster, Mesh mesh) {
    Layout known = layouts.get(cluster);
    if (known != null) {
      return known;
    }
    ObjectKey service = serviceOf(cluster.name());
    clustersOf.computeIfAbsent(service, _ -> new HashSet<>()).add(cluster);
    Layout made = make(cluster, mesh);
    if (made != null) {
      layouts.put(cluster, made);
    }
    return made;
  }

  void forget(ResourceKey cluster) {
    layouts.remove(cluster);
    ObjectKey service = serviceOf(cluster.name());
    Set<ResourceKey> clusters = clustersOf.get(service);
    if (clusters != null) {
      clusters.remove(cluster);
      if (clusters.isEmpty()) {
        clustersOf.remove(service);
      }
    }
  }

  /** Divides the workloads of a service anew and adds the clusters and slices that differ. */
  void update(ObjectKey service, boolean definitionChanged, Mesh mesh, Set<ResourceKey> stale) {
    for (ResourceKey cluster : clustersOf.getOrDefault(service, Set.of())) {
      Layout before = layouts.remove(cluster);
      Layout after = make(cluster, mesh);
      if (after != null) {
        layouts.put(cluster, after);
      }
      if (after == null) {
        stale.add(cluster);
        continue;
      }
      SortedMap<Long, List<Workload>> old = before == null ? new TreeMap<>() : before.slices();
      if (!old.keySet().equals(after.slices().keySet())) {
        stale.add(cluster);
      }
      after
          .slices()
          .forEach(
              (number, workloads) -> {
                if (definitionChanged || !workloads.equals(old.get(number))) {
                  stale.add(ResourceKey.slice(cluster.name(), number));
                }
              });
    }
  }

  private static @Nullable Layout make(ResourceKey cluster, Mesh mesh) {
    Service service = mesh.service(serviceOf(cluster.name()));
    ServicePort port = service == null ? null : service.port(portOf(cluster.name()));
    if (service == null || port == null) {
      return null;
    }
    var ready = new ArrayList<Workload>();
    var leaving = new ArrayList<Workload>();
    for (Workload workload : mesh.view().workloadsOf(service)) {
      if (port.resolve(workload) == null) {
        continue;
      }
      if (service.sendsTo(workload)) {
        ready.add(workload);
      } else if (workload.lastResort()) {
        leaving.add(workload);
      }
    }
    return new Layout(service, port, SliceLayout.of(taking(service, ready, leaving)));
  }

  /**
   * Those that get new requests. Of a service whose callers keep to their own node that is decided
   * per node, as kube-proxy does: what is leaving is used where nothing else is.
   */
  private static List<Workload> taking(
      Service service, List<Workload> ready, List<Workload> leaving) {
    if (ready.isEmpty()) {
      return leaving;
    }
    if (!service.traffic().sameNodeOnly()) {
      return ready;
    }
    Set<String> served = ready.stream().map(ClusterLayouts::node).collect(Collectors.toSet());
    var all = new ArrayList<>(ready);
    for (Workload workload : leaving) {
      if (!served.contains(node(workload))) {
        all.add(workload);
      }
    }
    return all;
  }

  private static String node(Workload workload) {
    PodEndpoint pod = workload.pod();
    return pod == null ? "" : pod.node();
  }

  /** The cluster's name is {@code service.namespace:port}. */
  static ObjectKey serviceOf(String cluster) {
    int dot = cluster.indexOf('.');
    return new ObjectKey(
        cluster.substring(dot + 1, cluster.lastIndexOf(':')), cluster.substring(0, dot));
  }

  private static int portOf(String cluster) {
    return Integer.parseInt(cluster.substring(cluster.lastIndexOf(':') + 1));
  }
}
