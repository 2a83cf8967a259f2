package dev.weft.sidecar.discovery;

import dev.weft.proto.discovery.v1.Node;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.tls.ControlPlaneTls;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a discovery client is told once.
 *
 * @param namespace of our service
 * @param service ours
 * @param node who we are; asked for once a control plane is there, since the first message of the
 *     protocol costs more than everything else that happens before a sidecar listens
 * @param dependencies authorities to subscribe to at the start and for good
 * @param stateDirectory where the last good configuration is kept; null: nowhere
 * @param maxSubscriptions bound on hosts in use, above 0
 * @param idleNanos a host that nothing has used for so long is given up
 * @param tls to the control planes; null: plaintext
 * @param appConfig whether our application gets its configuration from us
 */
public record DiscoverySettings(
    List<ControlPlaneAddress> controlPlanes,
    String namespace,
    String service,
    Supplier<Node> node,
    List<String> dependencies,
    @Nullable Path stateDirectory,
    int maxSubscriptions,
    long idleNanos,
    @Nullable ControlPlaneTls tls,
    boolean appConfig) {
  public static final int DEFAULT_MAX_SUBSCRIPTIONS = Bound.HOSTS.intValue();
  public static final long DEFAULT_IDLE_NANOS = Bound.HOST_IDLE.value();

  public DiscoverySettings {
    controlPlanes = List.copyOf(controlPlanes);
    dependencies = List.copyOf(dependencies);
  }

  /** With control planes that are called in plaintext. */
  public DiscoverySettings(
      List<ControlPlaneAddress> controlPlanes,
      String namespace,
      String service,
      Supplier<Node> node,
      List<String> dependencies,
      @Nullable Path stateDirectory,
      int maxSubscriptions,
      long idleNanos) {
    this(
        controlPlanes,
        namespace,
        service,
        node,
        dependencies,
        stateDirectory,
        maxSubscriptions,
        idleNanos,
        null,
        false);
  }
}
