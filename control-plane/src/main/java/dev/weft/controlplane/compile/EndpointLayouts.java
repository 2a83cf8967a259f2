package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint stands behind each address and port that is asked for by itself. Owned by the
 * compiler's thread.
 */
final class EndpointLayouts {
  private final Map<ResourceKey, Workload> shown = new HashMap<>();
  private final Map<String, Set<ResourceKey>> clustersAt = new HashMap<>();

  /** The endpoint of a cluster; null when Kubernetes lists none there. */
  @Nullable Workload get(ResourceKey cluster, AddressPort at, Mesh mesh) {
    clustersAt.computeIfAbsent(at.address(), _ -> new HashSet<>()).add(cluster);
    Workload endpoint = find(at, mesh);
    if (endpoint != null) {
      shown.put(cluster, endpoint);
    }
    return endpoint;
  }

  void forget(ResourceKey cluster, AddressPort at) {
    shown.remove(cluster);
    Set<ResourceKey> clusters = clustersAt.get(at.address());
    if (clusters != null && clusters.remove(cluster) && clusters.isEmpty()) {
      clustersAt.remove(at.address());
    }
  }

  /** Looks at an address anew and adds the slices that differ. */
  void update(String address, Mesh mesh, Set<ResourceKey> stale) {
    for (ResourceKey cluster : clustersAt.getOrDefault(address, Set.of())) {
      AddressPort at = AddressPort.parse(cluster.name());
      Workload now = at == null ? null : find(at, mesh);
      Workload before = now == null ? shown.remove(cluster) : shown.put(cluster, now);
      if (!Objects.equals(before, now)) {
        stale.add(ResourceKey.slice(cluster.name(), EndpointClusters.ONLY_SLICE));
      }
    }
  }

  /** Of a pod that is leaving and the one that has its address already, the latter. */
  private static @Nullable Workload find(AddressPort at, Mesh mesh) {
    return leadingTo(at, mesh).stream().min(Comparator.comparing(Workload::readiness)).orElse(null);
  }

  /** The endpoints with that address and port, one per service, in a fixed order. */
  static List<Workload> leadingTo(AddressPort at, Mesh mesh) {
    var leading = new ArrayList<Workload>();
    for (Workload endpoint : mesh.view().endpointsAt(at.address())) {
      for (WorkloadPort port : endpoint.ports()) {
        if (port.port() == at.port()) {
          leading.add(endpoint);
          break;
        }
      }
    }
    return leading;
  }
}
