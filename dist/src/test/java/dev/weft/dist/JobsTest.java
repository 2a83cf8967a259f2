package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What runs to its end does so with a sidecar, too, and through the mesh. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class JobsTest {
  private static final String JOB_SPEC =
      """
      backoffLimit: 0
      template:
        metadata: {labels: {app: jobs}}
        spec:
          restartPolicy: Never
          containers: [{name: job, image: "%s", command: [sh, -c, '%s']}]
      """;
  private static final String CALL = "wget -q -O - http://web/";

  /** At least so many begin together. */
  private static final int STORM = 50;

  /** What their sidecars take to start on a small machine. */
  private static final Duration STORM_PATIENCE = Duration.ofMinutes(6);

  /** Pods of jobs are endpoints, too, while they run. */
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: jobs}
      spec: {selector: {app: jobs}, ports: [{name: http, port: 80, targetPort: 8080}]}
      """;

  @Test
  void aJobCompletesWithItsSidecarAndItsFailureStaysItsOwn(Cluster cluster, InstalledMesh mesh) {
    serve(cluster, mesh);
    cluster.apply(job(cluster, "calls", CALL));
    cluster.apply(job(cluster, "fails", CALL + "; exit 7"));

    cluster.await("job/calls", "condition=Complete");
    cluster.await("job/fails", "condition=Failed");

    assertThat(pod(cluster, "calls", "{.spec.initContainers[*].name}"))
        .isEqualTo("weft-sidecar weft-init");
    assertThat(cluster.kubectl("logs", "job/calls", "--container=job")).contains(SmallApps.ANSWER);
    assertThat(pod(cluster, "calls", "{.status.phase}")).isEqualTo("Succeeded");
    assertThat(pod(cluster, "fails", "{.status.containerStatuses[0].state.terminated.exitCode}"))
        .isEqualTo("7");
    assertThat(InstalledMesh.metrics(cluster, "web"))
        .as("through the callee's sidecar")
        .containsPattern("weft_upstream_rq_total\\{[^}]*direction=\"inbound\"[^}]*} [1-9]");
  }

  @Test
  @Tag("long")
  void cronJobsThatAreAllDueAtOnceCompleteAndLeaveTheMesh(Cluster cluster, InstalledMesh mesh) {
    serve(cluster, mesh);
    cluster.apply(SERVICE);
    var cronJobs = new StringBuilder();
    for (int i = 0; i < STORM; i++) {
      cronJobs.append(everyMinute(cluster, "storm-" + i));
    }
    cluster.apply(cronJobs.toString());
    await().atMost(InstalledMesh.PATIENCE).until(() -> jobs(cluster).size() >= STORM);
    cluster.kubectl("delete", "cronjobs", "--all", "--cascade=orphan");

    await()
        .pollInterval(Duration.ofSeconds(2))
        .atMost(STORM_PATIENCE)
        .untilAsserted(
            () ->
                assertThat(jobs(cluster))
                    .allSatisfy(conditions -> assertThat(conditions).contains("Complete")));

    assertThat(each(cluster, "pods", "{.status.phase}:{.spec.initContainers[*].name}"))
        .as("none was tried again")
        .hasSameSizeAs(jobs(cluster))
        .containsOnly("Succeeded:weft-sidecar weft-init");
    // Kubernetes goes on naming some of their pods, not ready, for as long as these are kept.
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(ready(cluster, mesh)).containsExactly("web");
              assertThat(mesh.connected(cluster)).containsExactly("web");
            });

    cluster.kubectl("delete", "jobs", "--selector=app=jobs", "--wait=false");
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(instances(cluster, mesh))
                    .contains(" web ")
                    .contains("1 instance at revision "));
  }

  /** The instances of the namespace that are sent requests. */
  private static List<String> ready(Cluster cluster, InstalledMesh mesh) {
    return instances(cluster, mesh)
        .lines()
        .map(line -> List.of(line.split(" {2,}")))
        .filter(cells -> cells.contains("READY"))
        .map(cells -> cells.get(2))
        .toList();
  }

  private static String instances(Cluster cluster, InstalledMesh mesh) {
    return mesh.weft("registry", "list", "--namespace", cluster.namespace());
  }

  private static String everyMinute(Cluster cluster, String name) {
    return "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: "
        + name
        + "}\nspec:\n  schedule: \"* * * * *\"\n  concurrencyPolicy: Forbid\n"
        + "  jobTemplate:\n    metadata: {labels: {app: jobs}}\n    spec:\n"
        + JOB_SPEC.formatted(cluster.busybox(), CALL).indent(6);
  }

  /** Of each job those conditions that hold. */
  private static List<String> jobs(Cluster cluster) {
    return each(cluster, "jobs", "{.status.conditions[?(@.status==\"True\")].type}:");
  }

  private static List<String> each(Cluster cluster, String kind, String jsonPath) {
    return cluster
        .kubectl(
            "get",
            kind,
            "--selector=app=jobs",
            "-o",
            "jsonpath={range .items[*]}" + jsonPath + "{\"\\n\"}{end}")
        .lines()
        .toList();
  }

  private static void serve(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    cluster.apply(SmallApps.web(cluster, "web"));
    cluster.await("pod/web", "condition=Ready");
  }

  private static String job(Cluster cluster, String name, String script) {
    return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: "
        + name
        + "}\nspec:\n"
        + JOB_SPEC.formatted(cluster.busybox(), script).indent(2);
  }

  private static String pod(Cluster cluster, String job, String jsonPath) {
    return cluster.kubectl(
        "get",
        "pods",
        "-l",
        "job-name=" + job,
        "-o",
        "jsonpath={.items[0]" + jsonPath.substring(1));
  }
}
