package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.KubernetesOptions;
import dev.weft.controlplane.app.SecurityOptions;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that go through the API server: to a pod that hands on to a control plane of this
 * process, and to one that does as a sidecar would.
 */
@ClusterTest
final class ClusterCommandsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void theControlPlaneIsReachedAsThePersonOfTheKubeconfig(Cluster cluster) throws Exception {
    ControlPlane controlPlane = ControlPlane.start(options(cluster));
    try (Cli cli = new Cli()) {
      controlPlane.ready().join();
      String kubeconfig = cluster.kubeconfig().toString();
      assertThat(inCluster(cli, cluster, kubeconfig, "proxy-status")).isEqualTo(1);
      assertThat(cli.err).contains("there is no Service weft-control-plane in namespace");

      relay(cluster, "relay", controlPlane);

      assertThat(inCluster(cli, cluster, kubeconfig, "proxy-status")).as(cli.err).isZero();
      assertThat(cli.out).contains("0 sidecars connected to replica");
      assertThat(inCluster(cli, cluster, kubeconfig, "get", "all", "-A")).as(cli.err).isZero();

      // Somebody else's kubeconfig, with a token, may reach it, but not see all of the mesh.
      String robot = kubeconfigOfTheDefaultAccount(cluster);
      cluster.kubectl(
          "create",
          "rolebinding",
          "edit",
          "--clusterrole=edit",
          "--serviceaccount=" + cluster.namespace() + ":default");
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                assertThat(inCluster(cli, cluster, robot, "proxy-status")).isEqualTo(1);
                assertThat(cli.err)
                    .contains(
                        "PERMISSION_DENIED: system:serviceaccount:"
                            + cluster.namespace()
                            + ":default may not list sidecars.weft.dev in all namespaces")
                    .contains("--clusterrole=weft-view");
              });
    } finally {
      controlPlane.close();
    }
  }

  @Test
  void aClientOfAnyLanguageReachesTheControlPlaneThroughAPort(Cluster cluster) throws Exception {
    ControlPlane controlPlane = ControlPlane.start(options(cluster));
    try {
      controlPlane.ready().join();
      relay(cluster, "relay", controlPlane);
      String token = cluster.kubectl("create", "token", "default").strip();
      String account = "system:serviceaccount:" + cluster.namespace() + ":default";
      try (RunningCommand command =
          new RunningCommand(
              "port-forward",
              "--kubeconfig",
              cluster.kubeconfig().toString(),
              "--system-namespace",
              cluster.namespace())) {
        try (PrintedClient client = PrintedClient.of(command, token)) {
          assertThat(client.services()).contains("weft.mesh.v1.MeshService");
          assertThat(client.failure())
              .startsWith("PERMISSION_DENIED: " + account + " may not list sidecars.weft.dev");
        }
        try (PrintedClient client = PrintedClient.of(command)) {
          assertThat(client.failure()).startsWith("UNAUTHENTICATED: it is not known who calls");
        }

        relay(cluster, "another", controlPlane);
        cluster.kubectl("delete", "pod", "relay");
        await()
            .atMost(LONG)
            .untilAsserted(
                () -> {
                  try (PrintedClient client = PrintedClient.of(command, token)) {
                    assertThat(client.failure()).startsWith("PERMISSION_DENIED: " + account);
                  }
                  assertThat(command.err()).contains("connections go to the pod another");
                });
      }

      assertThatARightThatIsMissingIsNamed(cluster);
    } finally {
      controlPlane.close();
    }
  }

  private void assertThatARightThatIsMissingIsNamed(Cluster cluster) throws IOException {
    String robot = kubeconfigOfTheDefaultAccount(cluster);
    cluster.kubectl(
        "create",
        "rolebinding",
        "view",
        "--clusterrole=view",
        "--serviceaccount=" + cluster.namespace() + ":default");
    try (Cli cli = new Cli()) {
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                assertThat(inCluster(cli, cluster, robot, "port-forward")).isEqualTo(1);
                assertThat(cli.err)
                    .contains("error: no connection to the pod another: ")
                    .contains("needs get and create on pods/portforward");
              });
    }
  }

  @Test
  void aSidecarIsAskedThroughItsPod(Cluster cluster) throws Exception {
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: catalog}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: weft-sidecar
            image: weft.test/busybox:1
            command:
            - sh
            - -c
            - |
              echo one; echo two
              mkdir /tmp/pages; printf '{"node": "one"}' > /tmp/pages/config
              exec httpd -f -p 127.0.0.1:15000 -h /tmp/pages
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: plain}
        spec:
          terminationGracePeriodSeconds: 0
          containers: [{name: app, image: "weft.test/pause:1"}]
        """);
    cluster.await("pod/catalog", "condition=Ready");
    String kubeconfig = cluster.kubeconfig().toString();
    try (Cli cli = new Cli()) {
      String pod = "catalog." + cluster.namespace();
      await()
          .atMost(LONG)
          .untilAsserted(
              () ->
                  assertThat(cli.bare("config", pod, "--live", "--kubeconfig", kubeconfig))
                      .as(cli.err)
                      .isZero());
      assertThat(cli.out).contains("{\"node\": \"one\"}");

      assertThat(cli.bare("logs", pod, "--kubeconfig", kubeconfig)).as(cli.err).isZero();
      assertThat(cli.out).isEqualTo("one\ntwo\n");
      String[] tail = {
        "logs", "catalog", "-n", cluster.namespace(), "--tail", "1", "--kubeconfig", kubeconfig
      };
      assertThat(cli.bare(tail)).as(cli.err).isZero();
      assertThat(cli.out).isEqualTo("two\n");

      assertThat(cli.bare("logs", "plain." + cluster.namespace(), "--kubeconfig", kubeconfig))
          .isEqualTo(1);
      assertThat(cli.err).contains("the pod plain has no sidecar").contains("weft.dev/inject");
      assertThat(cli.bare("logs", "nobody", "--kubeconfig", kubeconfig)).isEqualTo(1);
      assertThat(cli.err).contains("there is no pod nobody in namespace default");
    }
  }

  /** A pod of the control plane that is ready, and hands on to the one of this process. */
  private static void relay(Cluster cluster, String name, ControlPlane controlPlane) {
    cluster.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: weft-control-plane}
        spec: {selector: {app: relay}, ports: [{port: 7700}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, labels: {app: relay}}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: relay
            image: weft.test/busybox:1
            command: [nc, -ll, -p, "7700", -e, nc, "%s", "%d"]
        """
            .formatted(name, cluster.hostAddress().getHostAddress(), controlPlane.grpcPort()));
    cluster.await("pod/" + name, "condition=Ready");
    await()
        .atMost(LONG)
        .until(() -> !cluster.field("configmap/weft-ca", "{.metadata.name}").isEmpty());
  }

  private int inCluster(Cli cli, Cluster cluster, String kubeconfig, String... command) {
    String[] all = new String[command.length + 4];
    System.arraycopy(command, 0, all, 0, command.length);
    all[command.length] = "--kubeconfig";
    all[command.length + 1] = kubeconfig;
    all[command.length + 2] = "--system-namespace";
    all[command.length + 3] = cluster.namespace();
    return cli.bare(all);
  }

  private ControlPlaneOptions options(Cluster cluster) {
    ControlPlaneOptions standard = ControlPlaneOptions.embedded(folder.resolve("store"));
    return new ControlPlaneOptions(
        standard.store(),
        "0.0.0.0",
        0,
        0,
        standard.instanceTtl(),
        standard.replicaId(),
        standard.clusterDomain(),
        SecurityOptions.ofCluster(cluster.namespace()),
        KubernetesOptions.of(cluster.kubeconfig()));
  }

  private String kubeconfigOfTheDefaultAccount(Cluster cluster) throws IOException {
    Path copy = Files.copy(cluster.kubeconfig(), folder.resolve("robot.yaml"));
    String token = cluster.kubectl("create", "token", "default").strip();
    String file = "--kubeconfig=" + copy;
    cluster.everywhere("config", "set-credentials", "robot", "--token=" + token, file);
    cluster.everywhere("config", "set-context", "--current", "--user=robot", file);
    return copy.toString();
  }
}
