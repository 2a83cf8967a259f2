package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Both ways by which workloads come into the mesh: their namespace's label, and their manifest. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class IntoTheMeshTest {
  private static final int REPLICAS = 2;

  /** Serves for a while after its end was asked for, as what is to lose nothing without a mesh. */
  private static final String WEB =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: %d
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            terminationGracePeriodSeconds: 12
            containers:
            - name: app
              image: %s
              command: [sh, -c, 'mkdir /tmp/pages; echo %s > /tmp/pages/index.html; %s']
              lifecycle: {preStop: {exec: {command: [sh, -c, "sleep 10"]}}}
              %s
      """;

  /** Calls for ever, nothing twice; its log has a line for each answer and for each failure. */
  private static final String CALL =
      "while true; do wget -q -O - http://%s/ || echo failed; sleep 0.1; done";

  private static final String OUTSIDE = "outside";
  private static final String INSIDE = "inside";
  private static final List<String> CALLERS = List.of(OUTSIDE, INSIDE);

  /** Answers that show that calls go well. */
  private static final int ENOUGH = 50;

  private static final String WITH_SIDECAR = "weft-sidecar weft-init";

  @Test
  @Tag("long")
  void aLabelAndARestartBringWhatServesIntoTheMeshAndLoseNoRequest(Cluster cluster) {
    cluster.apply(web(cluster));
    awaitRollout(cluster);
    cluster.apply(
        caller(cluster, OUTSIDE, "disabled") + "---\n" + caller(cluster, INSIDE, "enabled"));
    CALLERS.forEach(caller -> cluster.await("pod/" + caller, "condition=Ready"));
    CALLERS.forEach(caller -> awaitAnswers(cluster, caller));
    List<String> before = pods(cluster, "{.metadata.name}");
    assertThat(pods(cluster, "<{.spec.initContainers[*].name}>")).containsOnly("<>");

    cluster.everywhere("label", "namespace", cluster.namespace(), "weft.dev/inject=enabled");
    cluster.everywhere("rollout", "restart", "-n", cluster.namespace(), "deployment");
    awaitRollout(cluster);
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> pods(cluster, "{.metadata.name}").stream().noneMatch(before::contains));
    CALLERS.forEach(caller -> awaitAnswers(cluster, caller));

    for (String caller : CALLERS) {
      assertThat(log(cluster, caller)).as(caller).doesNotContain("failed");
    }
    assertServedThroughSidecars(cluster);
  }

  @Test
  void aManifestFromWeftInjectServesThroughItsSidecarInANamespaceWithoutTheLabel(
      Cluster cluster, InstalledMesh mesh, @TempDir Path folder) throws IOException {
    Path configuration =
        Files.writeString(
            folder.resolve("injector.yaml"),
            cluster.everywhere(
                "get", "configmap", "-n", "weft-system", "weft-injector", "-o", "yaml"));
    Path manifest = Files.writeString(folder.resolve("deployment.yaml"), web(cluster));
    Run injected =
        Distribution.built()
            .run(
                Map.of(),
                "weft",
                "inject",
                "--config",
                configuration.toString(),
                "-f",
                manifest.toString());
    assertThat(injected.exitCode()).as(injected.err()).isZero();

    cluster.apply(injected.out());
    awaitRollout(cluster);
    SmallApps.observer(cluster);
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(
            () ->
                SmallApps.ask(cluster, SmallApps.OBSERVER, "http://web/").equals(SmallApps.ANSWER));

    assertThat(
            cluster.everywhere(
                "get",
                "namespace",
                cluster.namespace(),
                "-o",
                "jsonpath={.metadata.labels.weft\\.dev/inject}"))
        .isEmpty();
    assertServedThroughSidecars(cluster);
    // It is looked at there, too: nothing listens where this Service leads to.
    cluster.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: unheard}
        spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8099}]}
        """);
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> assertThat(mesh.tryWeft("check").out()).contains(cluster.namespace() + "/web-"));
  }

  private static void assertServedThroughSidecars(Cluster cluster) {
    assertThat(pods(cluster, "{.spec.initContainers[*].name}"))
        .hasSize(REPLICAS)
        .containsOnly(WITH_SIDECAR);
    assertThat(pods(cluster, "{.metadata.name}"))
        .map(pod -> InstalledMesh.metricsOf(cluster, pod))
        .anySatisfy(
            counts ->
                assertThat(counts)
                    .containsPattern(
                        "weft_upstream_rq_total\\{[^}]*direction=\"inbound\"[^}]*} [1-9]"));
  }

  private static String web(Cluster cluster) {
    return WEB.formatted(
        REPLICAS, cluster.busybox(), SmallApps.ANSWER, SmallApps.SERVE, SmallApps.READY_BY_HTTP);
  }

  private static String caller(Cluster cluster, String name, String inject) {
    // By its address: a packet that DNS loses is not what is looked for.
    String address = cluster.field("service/web", "{.spec.clusterIP}");
    return SmallApps.pod(cluster, name, inject, CALL.formatted(address), "");
  }

  private static void awaitRollout(Cluster cluster) {
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=140s");
  }

  private static void awaitAnswers(Cluster cluster, String caller) {
    long had = answers(cluster, caller);
    await().atMost(InstalledMesh.PATIENCE).until(() -> answers(cluster, caller) >= had + ENOUGH);
  }

  private static long answers(Cluster cluster, String caller) {
    return log(cluster, caller).lines().filter(SmallApps.ANSWER::equals).count();
  }

  private static String log(Cluster cluster, String caller) {
    return cluster.kubectl("logs", caller, "--container=app", "--tail=-1");
  }

  /** A field of each pod that serves. */
  private static List<String> pods(Cluster cluster, String jsonPath) {
    return cluster
        .kubectl(
            "get",
            "pods",
            "-l",
            "app=web",
            "-o",
            "jsonpath={range .items[*]}" + jsonPath + "{\"\\n\"}{end}")
        .lines()
        .toList();
  }
}
