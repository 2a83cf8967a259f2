package dev.weft.controlplane.app;

import dev.weft.controlplane.pki.ServerIdentity;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.ViewInventory;
import dev.weft.controlplane.webhook.AdmissionServer;
import dev.weft.controlplane.webhook.ClusterAdmission;
import dev.weft.controlplane.webhook.ClusterEffects;
import dev.weft.controlplane.webhook.InjectorInForce;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.Injector;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Admission in a cluster: the webhooks, and what ties them to it. There is none elsewhere. */
final class AdmissionParts implements AutoCloseable {
  /** Where the control plane and its objects are. */
  private static final String NAMESPACE = "weft-system";

  private final AdmissionServer server;
  private final ClusterAdmission cluster;

  private AdmissionParts(AdmissionServer server, ClusterAdmission cluster) {
    this.server = server;
    this.cluster = cluster;
  }

  /**
   * Starts answering.
   *
   * @param trust makes sure that sidecars of a namespace know the control plane
   * @throws IOException if the address cannot be bound
   */
  static AdmissionParts start(
      InetSocketAddress address,
      KubernetesClient client,
      ServerIdentity identity,
      Registry registry,
      Consumer<String> trust,
      MeterRegistry meters)
      throws IOException {
    String version =
        Objects.requireNonNullElse(
            AdmissionParts.class.getPackage().getImplementationVersion(), "dev");
    var inForce = new InjectorInForce(InjectionConfig.standard("weft-sidecar:" + version));
    AdmissionServer server =
        AdmissionServer.start(
            address,
            identity.keyManager(),
            // The API server asks only where the namespace, or the pod itself, has the label.
            new AdmissionServer.Parts(
                inForce,
                namespace -> Map.of(Injector.INJECT, "enabled"),
                () -> new ViewInventory(registry.current()),
                new ClusterEffects(trust, client, meters)),
            meters);
    return new AdmissionParts(
        server, ClusterAdmission.start(client, NAMESPACE, inForce, identity::trustedPem));
  }

  /** Whether its first answers will be quick. */
  boolean warm() {
    return server.warm();
  }

  @Override
  public void close() {
    cluster.close();
    server.close();
  }
}
