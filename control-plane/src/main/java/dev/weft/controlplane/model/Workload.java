package dev.weft.controlplane.model;

import dev.weft.common.config.Locality;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service, as it is registered. Immutable.
 *
 * @param id a DNS name, unique within the namespace; a pod's only within the service, as a pod may
 *     serve several
 * @param service the service under whose name it registered
 * @param address the IP address that peers connect to
 * @param labels what {@link Service#selector} matches
 * @param metadata free text, never matched
 * @param weight 1 to 1,000,000
 * @param sidecar whether a sidecar listens at the address
 * @param incarnation names the process behind the id: another process, another incarnation
 * @param readinessReason why it is not ready; empty when it is
 * @param source what wrote it: {@code self}, {@code apply}, {@code kubernetes}
 * @param identity SPIFFE id; empty until the mesh has identities
 * @param revision the store's revision of its last change
 * @param pod what Kubernetes says of it; null: it is no endpoint of Kubernetes
 */
public record Workload(
    String id,
    String namespace,
    String service,
    String address,
    List<WorkloadPort> ports,
    Map<String, String> labels,
    Map<String, String> metadata,
    Locality locality,
    int weight,
    boolean sidecar,
    String incarnation,
    WorkloadReadiness readiness,
    String readinessReason,
    String source,
    String identity,
    long revision,
    @Nullable PodEndpoint pod) {
  /** The weight of a workload that names none. */
  public static final int DEFAULT_WEIGHT = 100;

  public Workload {
    ports = List.copyOf(ports);
    labels = Map.copyOf(labels);
    metadata = Map.copyOf(metadata);
  }

  /** The same workload in another readiness. */
  public Workload withReadiness(WorkloadReadiness now, String reason) {
    return new Workload(
        id,
        namespace,
        service,
        address,
        ports,
        labels,
        metadata,
        locality,
        weight,
        sidecar,
        incarnation,
        now,
        reason,
        source,
        identity,
        revision,
        pod);
  }

  /** The same workload, last changed at another revision. */
  public Workload withRevision(long now) {
    return new Workload(
        id,
        namespace,
        service,
        address,
        ports,
        labels,
        metadata,
        locality,
        weight,
        sidecar,
        incarnation,
        readiness,
        readinessReason,
        source,
        identity,
        now,
        pod);
  }

  /** The same workload with other ports. */
  public Workload withPorts(List<WorkloadPort> now) {
    return new Workload(
        id,
        namespace,
        service,
        address,
        now,
        labels,
        metadata,
        locality,
        weight,
        sidecar,
        incarnation,
        readiness,
        readinessReason,
        source,
        identity,
        revision,
        pod);
  }

  /**
   * Whether it may get new requests when nothing else is left: it is leaving, but still answers.
   */
  public boolean lastResort() {
    return readiness == WorkloadReadiness.DRAINING && pod != null && pod.serving();
  }

  /** Whether new requests may be sent to it. */
  public boolean ready() {
    return readiness == WorkloadReadiness.READY;
  }
}
