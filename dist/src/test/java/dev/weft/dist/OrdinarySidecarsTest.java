package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sidecars that are ordinary containers, as in clusters before Kubernetes 1.29. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@Tag("long")
final class OrdinarySidecarsTest {
  private static final String FIRST = "weft-sidecar ";

  @AfterEach
  void asInstalled(InstalledMesh mesh) {
    mesh.restore();
  }

  @Test
  void theApplicationStartsBehindItsSidecarAndARestartLosesNoRequest(
      Cluster cluster, InstalledMesh mesh) throws Exception {
    mesh.join(cluster);
    mesh.changeInjection(text -> text.replace("nativeSidecars: auto", "nativeSidecars: off"));
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(
            () ->
                cluster
                    .kubectl(
                        "run",
                        "asked",
                        "--image=asked",
                        "--dry-run=server",
                        "-o",
                        "jsonpath={.spec.containers[*].name}")
                    .startsWith(FIRST));

    Shop shop = Shop.open(cluster, mesh);
    shop.losesNothingBy(shop::restart);
    assertThat(containers(cluster)).isNotEmpty().allMatch(names -> names.startsWith(FIRST));
    itsFirstRequestGoesThroughItsSidecar(cluster);
  }

  /** Of each pod. */
  private static List<String> containers(Cluster cluster) {
    return cluster
        .kubectl(
            "get",
            "pods",
            "-o",
            "jsonpath={range .items[*]}{.spec.containers[*].name}{\"\\n\"}{end}")
        .lines()
        .toList();
  }

  private static void itsFirstRequestGoesThroughItsSidecar(Cluster cluster) {
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: early}
        spec:
          restartPolicy: Never
          containers:
          - name: app
            image: %s
            command: [sh, -c, "wget -q -O /dev/null http://frontend/items && echo reached && sleep 3600"]
        """
            .formatted(cluster.busybox()));
    cluster.await("pod/early", "condition=Ready");
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> cluster.kubectl("logs", "early", "--container=app").contains("reached"));
    assertThat(InstalledMesh.metricsOf(cluster, "early"))
        .containsPattern(
            "weft_upstream_rq_total\\{[^}]*frontend[^}]*direction=\"outbound\"[^}]*} 1");
  }
}
