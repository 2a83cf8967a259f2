package dev.weft.controlplane.app;

import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.webhook.Outside;
import dev.weft.testkit.Ports;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole control plane, asked by a real API server. */
@ClusterTest
class AdmissionPartsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void pods_get_sidecars_by_a_certificate_that_the_control_plane_made_and_told(
      Cluster cluster, @TempDir Path folder) throws IOException {
    try (KubernetesClient client = Outside.client(cluster.kubeconfig())) {
      String host = Outside.host(client);
      int port = Ports.free();
      ControlPlaneOptions options =
          ControlPlaneOptions.embedded(folder.resolve("store"))
              .withPorts(0, 0)
              .withSecurity(
                  new SecurityOptions(
                      SecurityOptions.Tls.AUTHORITY,
                      null,
                      folder.resolve("ca"),
                      List.of(host),
                      false,
                      cluster.namespace()))
              .withKubernetes(
                  new KubernetesOptions(KubernetesOptions.Mode.ON, cluster.kubeconfig(), port));
      Path pod =
          Files.writeString(
              folder.resolve("pod.yaml"),
              """
              apiVersion: v1
              kind: Pod
              metadata: {name: web}
              spec: {containers: [{name: web, image: web:1}]}
              """);
      cluster.everywhere("label", "namespace", cluster.namespace(), "weft.dev/inject=enabled");
      cluster.apply(Outside.webhooks(host, port));
      try (ControlPlane controlPlane = ControlPlane.start(bound(options, host))) {
        controlPlane.ready().join();
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(
                () ->
                    cluster
                        .kubectl("create", "-f", pod.toString(), "--dry-run=server", "-o", "yaml")
                        .contains("weft.dev/status: injected"));
      } finally {
        cluster.everywhere(
            "delete",
            "mutatingwebhookconfiguration/weft-injector",
            "validatingwebhookconfiguration/weft-validator",
            "--ignore-not-found");
      }
    }
  }

  private static ControlPlaneOptions bound(ControlPlaneOptions options, String host) {
    return new ControlPlaneOptions(
        options.store(),
        host,
        options.grpcPort(),
        options.metricsPort(),
        options.instanceTtl(),
        options.replicaId(),
        options.clusterDomain(),
        options.security(),
        options.kubernetes());
  }
}
