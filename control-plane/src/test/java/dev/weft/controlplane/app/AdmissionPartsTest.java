package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.ArrayList;
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

  @Test
  void a_namespace_knows_whom_to_trust_before_its_first_pod_is_there(
      Cluster cluster, @TempDir Path folder) throws IOException {
    try (KubernetesClient client = Outside.client(cluster.kubeconfig());
        Cluster unlabelled = Cluster.open();
        Cluster labelled = Cluster.open()) {
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
                      true,
                      cluster.namespace()))
              .withKubernetes(
                  new KubernetesOptions(KubernetesOptions.Mode.ON, cluster.kubeconfig(), port));
      cluster.everywhere("label", "namespace", cluster.namespace(), "weft.dev/inject=enabled");
      cluster.apply(Outside.webhooks(host, port));
      try (ControlPlane controlPlane = ControlPlane.start(bound(options, host))) {
        controlPlane.ready().join();
        String probe = pod("probe", "", "");
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> create(cluster, folder, probe, "--dry-run=server").contains("injected"));

        // As soon as the API server knows the label, as a rollout would: nobody has had the time to
        // look.
        cluster.everywhere("label", "namespace", labelled.namespace(), "weft.dev/inject=enabled");
        await()
            .atMost(PATIENCE)
            .until(() -> create(labelled, folder, probe, "--dry-run=server").contains("injected"));
        assertThat(create(labelled, folder, pod("first", "", ""))).contains("injected");
        assertThat(trusted(labelled)).isNotEmpty();

        assertThat(create(unlabelled, folder, pod("outside", "", ""))).doesNotContain("injected");
        assertThat(trusted(unlabelled)).isEmpty();
        String own = pod("own", "labels: {weft.dev/inject: enabled}", "");
        assertThat(create(unlabelled, folder, own, "--dry-run=server")).contains("injected");
        assertThat(trusted(unlabelled)).isEmpty();
        assertThat(create(unlabelled, folder, own)).contains("injected");
        assertThat(trusted(unlabelled)).isEqualTo(trusted(labelled));

        // Who stays without is told of where people look.
        assertThat(create(labelled, folder, pod("node", "", "hostNetwork: true")))
            .contains("skipped");
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    labelled
                        .kubectl("get", "events", "--field-selector", "reason=SidecarSkipped")
                        .contains("spec.hostNetwork is true"));
      } finally {
        cluster.everywhere(
            "delete",
            "mutatingwebhookconfiguration/weft-injector",
            "validatingwebhookconfiguration/weft-validator",
            "--ignore-not-found");
      }
    }
  }

  @Test
  void pods_with_sidecars_from_their_manifests_find_whom_to_trust_without_any_webhook(
      Cluster cluster, @TempDir Path folder) throws IOException {
    try (Cluster before = Cluster.open();
        Cluster after = Cluster.open()) {
      String injected = "annotations: {weft.dev/status: injected}";
      create(before, folder, pod("web", injected, ""));
      ControlPlaneOptions options =
          ControlPlaneOptions.embedded(folder.resolve("store"))
              .withPorts(0, 0)
              .withKubernetes(KubernetesOptions.of(cluster.kubeconfig()))
              .withSecurity(SecurityOptions.ofCluster(cluster.namespace()));

      try (ControlPlane controlPlane = ControlPlane.start(options)) {
        controlPlane.ready().join();
        await().atMost(PATIENCE).until(() -> !trusted(before).isEmpty());

        create(after, folder, pod("web", injected, ""));
        await().atMost(PATIENCE).until(() -> trusted(after).equals(trusted(before)));
      }
    }
  }

  /** Creates a pod, and returns what the API server says that it is. */
  private static String create(Cluster cluster, Path folder, String pod, String... more)
      throws IOException {
    Path file = Files.writeString(folder.resolve("pod.yaml"), pod);
    var arguments = new ArrayList<>(List.of("create", "-f", file.toString(), "-o", "yaml"));
    arguments.addAll(List.of(more));
    return cluster.kubectl(arguments.toArray(String[]::new));
  }

  /** One that is never scheduled: its image is nowhere. */
  private static String pod(String name, String metadata, String spec) {
    return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: "
        + name
        + "\n"
        + metadata.indent(2)
        + "spec:\n"
        + spec.indent(2)
        + "  nodeSelector: {weft.test/nowhere: \"true\"}\n"
        + "  containers: [{name: web, image: web:1}]\n";
  }

  private static String trusted(Cluster cluster) {
    return cluster.field("configmap/weft-ca", "{.data.ca\\.crt}");
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
