package dev.weft.controlplane.app;

import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a control plane is to run. Immutable.
 *
 * @param store where the registry is kept
 * @param bind the address that both ports listen on
 * @param grpcPort 0: any free one
 * @param metricsPort 0: any free one
 * @param instanceTtl how long an instance may be silent
 * @param replicaId unique among the replicas of one store
 * @param clusterDomain the suffix of a service's full name, e.g. {@code cluster.local}
 * @param security of the gRPC port
 * @param kubernetes whether Kubernetes is a source of the registry
 */
public record ControlPlaneOptions(
    StoreOptions store,
    String bind,
    int grpcPort,
    int metricsPort,
    Duration instanceTtl,
    String replicaId,
    String clusterDomain,
    SecurityOptions security,
    KubernetesOptions kubernetes) {
  /** The gRPC port by default. */
  public static final int DEFAULT_GRPC_PORT = 7700;

  /** The port of metrics and health by default. */
  public static final int DEFAULT_METRICS_PORT = 7701;

  /** The TTL by default. */
  public static final Duration DEFAULT_INSTANCE_TTL = Duration.ofSeconds(10);

  static final Duration MIN_INSTANCE_TTL = Duration.ofMillis(500);
  static final Duration MAX_INSTANCE_TTL = Duration.ofHours(1);

  /**
   * @throws IllegalArgumentException saying which option is wrong
   */
  public ControlPlaneOptions {
    requirePort("--grpc-port", grpcPort);
    requirePort("--metrics-port", metricsPort);
    if (instanceTtl.compareTo(MIN_INSTANCE_TTL) < 0
        || instanceTtl.compareTo(MAX_INSTANCE_TTL) > 0) {
      throw new IllegalArgumentException(
          "--instance-ttl is " + instanceTtl.toMillis() + "ms, expected 500ms to 1h");
    }
    if (!replicaId.matches("[A-Za-z0-9._-]{1,128}")) {
      throw new IllegalArgumentException(
          "--replica-id is \""
              + replicaId
              + "\", expected 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-'");
    }
  }

  /** Where the registry is kept. */
  public sealed interface StoreOptions {
    /** In a directory of this machine, for one replica. */
    record Embedded(Path directory) implements StoreOptions {}

    /**
     * In an etcd cluster.
     *
     * @param secret of our namespace in Kubernetes, with the certificates for etcd, which is made
     *     where there is none; null: those of the options
     */
    record Etcd(EtcdOptions options, @Nullable String secret) implements StoreOptions {
      /** With the certificates of the options, if any. */
      public Etcd(EtcdOptions options) {
        this(options, null);
      }
    }
  }

  /** Everything by default, with the store in that directory. */
  public static ControlPlaneOptions embedded(Path directory) {
    return new ControlPlaneOptions(
        new StoreOptions.Embedded(directory),
        "127.0.0.1",
        DEFAULT_GRPC_PORT,
        DEFAULT_METRICS_PORT,
        DEFAULT_INSTANCE_TTL,
        "replica-" + Long.toHexString(ProcessHandle.current().pid()),
        "cluster.local",
        SecurityOptions.NONE,
        KubernetesOptions.OFF);
  }

  /** These options on other ports. */
  public ControlPlaneOptions withPorts(int grpc, int metrics) {
    return new ControlPlaneOptions(
        store, bind, grpc, metrics, instanceTtl, replicaId, clusterDomain, security, kubernetes);
  }

  /** These options with another TTL. */
  public ControlPlaneOptions withInstanceTtl(Duration ttl) {
    return new ControlPlaneOptions(
        store, bind, grpcPort, metricsPort, ttl, replicaId, clusterDomain, security, kubernetes);
  }

  /** These options with another store. */
  public ControlPlaneOptions withStore(StoreOptions other) {
    return new ControlPlaneOptions(
        other,
        bind,
        grpcPort,
        metricsPort,
        instanceTtl,
        replicaId,
        clusterDomain,
        security,
        kubernetes);
  }

  /** These options, secured otherwise. */
  public ControlPlaneOptions withSecurity(SecurityOptions other) {
    return new ControlPlaneOptions(
        store,
        bind,
        grpcPort,
        metricsPort,
        instanceTtl,
        replicaId,
        clusterDomain,
        other,
        kubernetes);
  }

  /** These options with Kubernetes as a source, or without. */
  public ControlPlaneOptions withKubernetes(KubernetesOptions other) {
    return new ControlPlaneOptions(
        store, bind, grpcPort, metricsPort, instanceTtl, replicaId, clusterDomain, security, other);
  }

  private static void requirePort(String option, int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(option + " is " + port + ", expected 0 to 65535");
    }
  }
}
