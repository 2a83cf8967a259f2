package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an operator does with {@code weft} beside kubectl: with pods, configuration and history. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class OperatorsTest {
  private static final Pattern INBOUND =
      Pattern.compile("weft_upstream_rq_total\\{[^}]*direction=\"inbound\"[^}]*} (\\d+)");

  private static final String CONFIGURED =
      """
      apiVersion: v1
      kind: Pod
      metadata:
        name: configured
        labels: {app: configured, weft.dev/inject: enabled}
        annotations: {weft.dev/config-port: "15010", weft.dev/config-dir: /var/run/config}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
        - name: app
          image: %s
          command: [tail, -f, /dev/null]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: configured}
      spec: {selector: {app: configured}, ports: [{name: http, port: 80, targetPort: 8080}]}
      """;

  private static final String POLICY =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: web}
      spec: {targetRefs: [{kind: Service, name: web}], timeouts: {request: %s}}
      """;

  @Test
  @Tag("long")
  void aDrainedPodGetsNoRequestsAndNoneIsLost(Cluster cluster, InstalledMesh mesh)
      throws Exception {
    Shop shop = Shop.open(cluster, mesh);
    List<String> pods = frontends(cluster);
    String drained = pods.getFirst();
    String other = pods.getLast();
    assertThat(drained).isNotEqualTo(other);
    String namespace = "--namespace=" + cluster.namespace();

    shop.losesNothingBy(
        () -> {
          mesh.weft("registry", "drain", drained, namespace, "--reason=disk swap", "--wait");
          shop.awaitAnswers(shop.counts().ok());
          long before = served(cluster, drained);
          long others = served(cluster, other);
          shop.awaitAnswers(shop.counts().ok());
          assertThat(served(cluster, drained)).isEqualTo(before);
          assertThat(served(cluster, other)).isGreaterThan(others);
          assertThat(mesh.weft("registry", "list", namespace, "-l", "state=draining"))
              .contains(drained)
              .doesNotContain(other);
          Run last = mesh.tryWeft("registry", "drain", other, namespace);
          assertThat(last.exitCode()).isNotZero();
          assertThat(last.err()).contains("has the only ready instances of", "frontend");

          // What an operator has said is kept by the store, not by the process.
          mesh.restartControlPlane();
          shop.awaitAnswers(shop.counts().ok());
          assertThat(served(cluster, drained)).isEqualTo(before);

          mesh.weft("registry", "undrain", drained, namespace, "--wait");
          await().atMost(InstalledMesh.PATIENCE).until(() -> served(cluster, drained) > before);
        });
  }

  @Test
  @Tag("long")
  void anApplicationReadsItsConfigurationOverHttpAndFromFiles(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    cluster.apply(CONFIGURED.formatted(cluster.busybox()));
    cluster.await("pod/configured", "condition=Ready");
    String namespace = "--namespace=" + cluster.namespace();
    String service = "--service=configured";

    mesh.weft("config-entry", "set", "log.level", "info", namespace, "--wait");
    awaitLevel(cluster, "info");
    mesh.weft("config-entry", "set", "log.level", "debug", namespace, service, "--wait");
    awaitLevel(cluster, "debug");
    mesh.weft("config-entry", "delete", "log.level", namespace, service, "--wait");
    awaitLevel(cluster, "info");
    mesh.weft("config-entry", "set", "log.level", "warn", namespace, "--wait");
    awaitLevel(cluster, "warn");
    List<String> revisions =
        revisions(mesh.weft("config-entry", "history", "log.level", namespace));
    mesh.weft(
        "config-entry",
        "rollback",
        "log.level",
        namespace,
        "--to=" + revisions.getLast(),
        "--wait");
    awaitLevel(cluster, "info");

    assertThat(inPod(cluster, "wget -q -O - http://127.0.0.1:15010/config")).contains("log.level");
    assertThat(inPod(cluster, "touch /var/run/config/ours 2>&1 || echo refused"))
        .as("only the sidecar writes there")
        .contains("Read-only");
    assertThat(SmallApps.failedProbes(cluster, "configured", "Liveness")).isZero();
  }

  @Test
  @Tag("long")
  void theHistoryHasWhatKubectlChangedAndLeavesTheWayBackToIt(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    cluster.apply(SmallApps.web(cluster, "web"));
    String namespace = "--namespace=" + cluster.namespace();
    cluster.apply(POLICY.formatted("5s"));
    await().atMost(InstalledMesh.PATIENCE).until(() -> history(mesh, namespace).size() == 1);
    cluster.apply(POLICY.formatted("7s"));
    await().atMost(InstalledMesh.PATIENCE).until(() -> history(mesh, namespace).size() == 2);

    String first = history(mesh, namespace).getLast();
    assertThat(
            mesh.weft("diff", "--revision", first, "now", "trafficpolicy", "web", namespace)
                .lines())
        .anyMatch(line -> line.startsWith("-") && line.contains("request: 5s"))
        .anyMatch(line -> line.startsWith("+") && line.contains("request: 7s"));
    assertThat(
            mesh.weft("get", "trafficpolicy", "web", namespace, "--revision", first, "-o", "yaml"))
        .contains("request: 5s");
    Run refused = mesh.tryWeft("rollback", "trafficpolicy", "web", namespace, "--to", first);
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.err()).contains("is owned by kubernetes");

    cluster.kubectl("delete", "trafficpolicy", "web");
    await().atMost(InstalledMesh.PATIENCE).until(() -> history(mesh, namespace).size() == 3);
    assertThat(mesh.weft("history", "trafficpolicy", "web", namespace)).contains("deleted");
  }

  private static List<String> frontends(Cluster cluster) {
    return cluster
        .kubectl(
            "get",
            "pods",
            "-l",
            "app=frontend",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}")
        .lines()
        .toList();
  }

  /** How many requests a pod's application has been given. */
  private static long served(Cluster cluster, String pod) {
    return INBOUND
        .matcher(InstalledMesh.metricsOf(cluster, pod))
        .results()
        .mapToLong(result -> Long.parseLong(result.group(1)))
        .sum();
  }

  /** Both ways, and never another value in between. */
  private static void awaitLevel(Cluster cluster, String level) {
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> inPod(cluster, "cat /var/run/config/log.level").equals(level));
    assertThat(inPod(cluster, "wget -q -O - http://127.0.0.1:15010/config/log.level"))
        .isEqualTo(level);
  }

  private static String inPod(Cluster cluster, String script) {
    return cluster
        .kubectl("exec", "configured", "-c", "app", "--", "sh", "-c", script + "; true")
        .strip();
  }

  private static List<String> history(InstalledMesh mesh, String namespace) {
    return revisions(mesh.weft("history", "trafficpolicy", "web", namespace));
  }

  /** The revisions that a history prints, the newest first. */
  private static List<String> revisions(String history) {
    return Pattern.compile("^(\\d+) ", Pattern.MULTILINE)
        .matcher(history)
        .results()
        .map(MatchResult::group)
        .map(String::strip)
        .toList();
  }
}
