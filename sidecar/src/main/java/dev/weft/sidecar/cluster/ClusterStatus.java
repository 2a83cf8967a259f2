package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.sidecar.cluster.Picker.Emptiness;
import java.util.List;
import java.util.Map;

/**
 * A cluster for people to read ({@code /clusters}).
 *
 * @param emptiness why nobody can be picked, if so
 * @param requests under way, if there is a limit on them; else 0
 */
public record ClusterStatus(
    String name,
    ClusterConfig config,
    Emptiness emptiness,
    int connections,
    int pendingRequests,
    int requests,
    Map<Stat, Long> totals,
    List<EndpointStatus> endpoints) {
  public ClusterStatus {
    totals = Map.copyOf(totals);
    endpoints = List.copyOf(endpoints);
  }
}
