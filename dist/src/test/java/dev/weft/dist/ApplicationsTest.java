package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A pod of the mesh behaves as its twin without a sidecar does, whatever its application does. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class ApplicationsTest {
  private static final String OUT = "-outside";
  private static final int PROBES = 3;
  private static final String BY_TCP =
      """
      readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
      livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 3}
      """;

  @TempDir private Path folder;

  @Test
  void anApplicationThatListensLateOnLoopbackOnlyOrNeverIsAsWithoutAMesh(
      Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    SmallApps.observer(cluster);
    twins(
        cluster,
        "late",
        "until [ -e /tmp/go ]; do sleep 1; done; " + SmallApps.SERVE,
        SmallApps.READY_BY_HTTP);
    twins(
        cluster,
        "loopback",
        SmallApps.SERVE.replace("8080", "127.0.0.1:8080"),
        SmallApps.READY_BY_HTTP);
    twins(cluster, "never", "exec tail -f /dev/null", BY_TCP);
    twins(cluster, "unasked", "exec tail -f /dev/null", "");

    for (String pod : both("unasked")) {
      until(() -> SmallApps.ready(cluster, pod));
      assertThat(SmallApps.ask(cluster, pod)).as(pod).isEmpty();
    }
    for (String name : List.of("late", "loopback")) {
      for (String pod : both(name)) {
        until(() -> SmallApps.failedProbes(cluster, pod, "Readiness") >= PROBES);
        assertThat(SmallApps.ready(cluster, pod)).as(pod).isFalse();
        assertThat(SmallApps.ask(cluster, pod)).as(pod).isEmpty();
        assertThat(SmallApps.restarts(cluster, pod)).as(pod).isZero();
      }
    }
    for (String pod : both("loopback")) {
      assertThat(
              cluster.kubectl(
                  "exec", pod, "-c", "app", "--", "wget", "-q", "-O", "-", "http://127.0.0.1:8080"))
          .as(pod)
          .contains(SmallApps.ANSWER);
    }
    for (String pod : both("never")) {
      until(() -> SmallApps.restarts(cluster, pod) > 0);
      assertThat(SmallApps.ready(cluster, pod)).as(pod).isFalse();
    }

    for (String pod : both("late")) {
      cluster.kubectl("exec", pod, "-c", "app", "--", "touch", "/tmp/go");
    }
    for (String pod : both("late")) {
      until(() -> SmallApps.ready(cluster, pod));
      assertThat(SmallApps.ask(cluster, pod)).as(pod).isEqualTo(SmallApps.ANSWER);
    }
  }

  @Test
  @Tag("long")
  void aSidecarThatItsMemoryLimitKillsComesBackByItselfAndTheApplicationStays(
      Cluster cluster, InstalledMesh mesh) throws IOException {
    mesh.join(cluster);
    SmallApps.observer(cluster);
    String pod =
        SmallApps.pod(cluster, "hungry", "enabled", SmallApps.SERVE, SmallApps.READY_BY_HTTP)
            .replace("labels:", "annotations: {weft.dev/proxy-memory-limit: 128Mi}, labels:");
    cluster.apply(withAHeapBeyondItsLimit(cluster, pod));
    cluster.await("pod/hungry", "condition=Ready");
    assertThat(SmallApps.ask(cluster, "hungry")).isEqualTo(SmallApps.ANSWER);

    String metrics = "http://" + cluster.field("pod/hungry", "{.status.podIP}") + ":15021/metrics";
    cluster.apply(
        SmallApps.pod(
            cluster,
            "scraper",
            "disabled",
            "while true; do wget -q -O /dev/null " + metrics + "; done",
            ""));
    until(
        () ->
            sidecar(cluster, "{.lastState.terminated.reason}").equals("OOMKilled")
                && !sidecar(cluster, "{.restartCount}").equals("0"));
    cluster.kubectl("delete", "pod/scraper", "--now");

    until(
        () ->
            SmallApps.ready(cluster, "hungry")
                && SmallApps.ask(cluster, "hungry").equals(SmallApps.ANSWER));
    assertThat(SmallApps.restarts(cluster, "hungry")).as("of the application").isZero();
  }

  /** The pod as it is injected, but for one variable of the sidecar's. */
  private String withAHeapBeyondItsLimit(Cluster cluster, String pod) throws IOException {
    Path file = Files.writeString(folder.resolve("hungry.yaml"), pod);
    JsonObject injected =
        JsonParser.parseString(
                cluster.kubectl("create", "-f", file.toString(), "--dry-run=server", "-o", "json"))
            .getAsJsonObject();
    injected.remove("status");
    JsonObject metadata = injected.getAsJsonObject("metadata");
    List.of("managedFields", "uid", "creationTimestamp").forEach(metadata::remove);
    var options = new JsonObject();
    options.addProperty("name", "_JAVA_OPTIONS");
    options.addProperty("value", "-Xms512m -Xmx512m -Xmn480m");
    injected
        .getAsJsonObject("spec")
        .getAsJsonArray("initContainers")
        .get(1)
        .getAsJsonObject()
        .getAsJsonArray("env")
        .add(options);
    return injected.toString();
  }

  private static String sidecar(Cluster cluster, String jsonPath) {
    return cluster.field(
        "pod/hungry",
        "{range .status.initContainerStatuses[?(@.name==\"weft-sidecar\")]}" + jsonPath + "{end}");
  }

  /** The same application with a sidecar and without. */
  private static void twins(Cluster cluster, String name, String script, String more) {
    cluster.apply(SmallApps.pod(cluster, name, "enabled", script, more));
    cluster.apply(SmallApps.pod(cluster, name + OUT, "disabled", script, more));
  }

  private static List<String> both(String name) {
    return List.of(name, name + OUT);
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(InstalledMesh.PATIENCE).until(condition);
  }
}
