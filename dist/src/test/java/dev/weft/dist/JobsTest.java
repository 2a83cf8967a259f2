package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
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
        spec:
          restartPolicy: Never
          containers: [{name: job, image: "%s", command: [sh, -c, '%s']}]
      """;
  private static final String CALL = "wget -q -O - http://web/";

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
