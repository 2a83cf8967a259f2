package dev.weft.controlplane.model;

import dev.weft.common.config.Locality;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a service, as it is registered, and what an operator says of it. Immutable.
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
 * @param override what an operator says of it, which goes before its own readiness and weight
 * @param registration who brought it, and when
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
    @Nullable PodEndpoint pod,
    OperatorOverride override,
    Registration registration) {
  /** The weight of a workload that names none. */
  public static final int DEFAULT_WEIGHT = 100;

  public Workload {
    ports = List.copyOf(ports);
    labels = Map.copyOf(labels);
    metadata = Map.copyOf(metadata);
  }

  /** A workload of which no operator says anything, and it is not known who brought it. */
  public Workload(
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
    this(
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
        revision,
        pod,
        OperatorOverride.NONE,
        Registration.UNKNOWN);
  }

  /** The same workload in another readiness. */
  public Workload withReadiness(WorkloadReadiness now, String reason) {
    return with(ports, now, reason, revision, override, registration);
  }

  /** The same workload, last changed at another revision. */
  public Workload withRevision(long now) {
    return with(ports, readiness, readinessReason, now, override, registration);
  }

  /** The same workload with other ports. */
  public Workload withPorts(List<WorkloadPort> now) {
    return with(now, readiness, readinessReason, revision, override, registration);
  }

  /** The same workload, of which an operator says something else. */
  public Workload withOverride(OperatorOverride now) {
    return with(ports, readiness, readinessReason, revision, now, registration);
  }

  /** The same workload, brought by another. */
  public Workload withRegistration(Registration now) {
    return with(ports, readiness, readinessReason, revision, override, now);
  }

  private Workload with(
      List<WorkloadPort> ports,
      WorkloadReadiness readiness,
      String readinessReason,
      long revision,
      OperatorOverride override,
      Registration registration) {
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
        revision,
        pod,
        override,
        registration);
  }

  /** Whether two registrations say the same, whoever sent them and whenever. */
  public boolean saysTheSame(Workload other) {
    return bare().equals(other.bare());
  }

  private Workload bare() {
    return withRevision(0)
        .withOverride(OperatorOverride.NONE)
        .withRegistration(Registration.UNKNOWN);
  }

  /**
   * Whether it may get new requests when nothing else is left: it is leaving, but still answers.
   */
  public boolean lastResort() {
    return readiness == WorkloadReadiness.DRAINING
        && pod != null
        && pod.serving()
        && !override.drained();
  }

  /** Whether new requests may be sent to it. */
  public boolean ready() {
    return readiness == WorkloadReadiness.READY && !override.drained();
  }

  /** Its readiness, unless an operator says otherwise. */
  public WorkloadReadiness readinessInForce() {
    return override.drained() ? WorkloadReadiness.DRAINING : readiness;
  }

  /** Its weight, unless an operator says otherwise. */
  public int weightInForce() {
    return override.weight() > 0 ? override.weight() : weight;
  }
}
