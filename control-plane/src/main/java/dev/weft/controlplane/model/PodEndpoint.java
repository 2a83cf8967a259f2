package dev.weft.controlplane.model;

import java.util.List;

/**
 * What Kubernetes says of an endpoint of a Service, beyond what every {@link Workload} has.
 *
 * @param hostname its name within a headless Service; empty: none
 * @param node where it runs; empty: not known
 * @param serviceAccount the pod's; empty: not known
 * @param serving whether it still answers, although it may be terminating
 * @param forZones zones whose callers are to prefer it, sorted; empty: no hint
 * @param forNodes the same of nodes
 */
public record PodEndpoint(
    String hostname,
    String node,
    String serviceAccount,
    boolean serving,
    List<String> forZones,
    List<String> forNodes) {
  public PodEndpoint {
    forZones = List.copyOf(forZones);
    forNodes = List.copyOf(forNodes);
  }
}
