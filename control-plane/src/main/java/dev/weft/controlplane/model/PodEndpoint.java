package dev.weft.controlplane.model;

/**
 * What Kubernetes says of an endpoint of a Service, beyond what every {@link Workload} has.
 *
 * @param hostname its name within a headless Service; empty: none
 * @param node where it runs; empty: not known
 * @param serviceAccount the pod's; empty: not known
 * @param serving whether it still answers, although it may be terminating
 */
public record PodEndpoint(String hostname, String node, String serviceAccount, boolean serving) {}
