package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.sidecar.cluster.Picker.Emptiness;
import java.util.List;
import java.util.Map;

/**
 * A cluster for people to read ({@code /clusters}).
 *
 * @param emptiness why nobody can be picked, if so
 * @param preference what its endpoints are preferred by, e.g. {@code zone eu-1a}; empty: nothing
 * @param preferred how many healthy ones are preferred to others; -1: all that there are alike
 * @param priorities where a policy asks for them, the first first; else none
 * @param requests under way, if there is a limit on them; else 0
 */
public record ClusterStatus(
    String name,
    ClusterConfig config,
    Emptiness emptiness,
    String preference,
    int preferred,
    List<PriorityStatus> priorities,
    int connections,
    int pendingRequests,
    int requests,
    Map<Stat, Long> totals,
    List<EndpointStatus> endpoints) {
  public ClusterStatus {
    priorities = List.copyOf(priorities);
    totals = Map.copyOf(totals);
    endpoints = List.copyOf(endpoints);
  }
}
