package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * From nothing to a canary on a real cluster, by the commands of the guide, and back to nothing.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class KubernetesInstallTest {
  @AfterAll
  static void uninstall(Cluster cluster, InstalledMesh mesh) {
    mesh.uninstall();
    for (String kind :
        List.of(
            "namespaces",
            "clusterroles",
            "clusterrolebindings",
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
            "customresourcedefinitions")) {
      assertThat(
              cluster.everywhere("get", kind, "-l", "app.kubernetes.io/part-of=weft", "-o", "name"))
          .as("what an uninstall leaves")
          .isEmpty();
    }
  }

  @Test
  void fromALabelToACanary(Cluster cluster) throws Exception {
    cluster.everywhere("label", "namespace", cluster.namespace(), "weft.dev/inject=enabled");
    cluster.apply(InstalledMesh.example("shop.yaml", cluster));
    for (String name : List.of("frontend", "catalog-v1", "catalog-v2")) {
      cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=180s");
    }
    String pods =
        cluster.kubectl(
            "get",
            "pods",
            "-o",
            "jsonpath={range .items[*]}{.metadata.labels.app}={.spec.initContainers[*].name}{\"\\n\"}{end}");
    assertThat(pods.lines())
        .hasSize(3)
        .allMatch(pod -> pod.endsWith("weft-sidecar weft-init"), pods);

    try (var frontend = new Forward(cluster, "service/frontend", 80)) {
      // Both versions, as Kubernetes has it, and through both sidecars.
      await()
          .atMost(InstalledMesh.PATIENCE)
          .untilAsserted(() -> assertThat(versions(frontend)).containsOnly("v1", "v2"));
      assertThat(InstalledMesh.metrics(cluster, "frontend")).containsPattern(requests("outbound"));
      assertThat(InstalledMesh.metrics(cluster, "catalog")).containsPattern(requests("inbound"));

      cluster.apply(
          InstalledMesh.example("canary.yaml", cluster)
              .replace("weight: 90", "weight: 1")
              .replace("weight: 10", "weight: 0"));
      await()
          .atMost(InstalledMesh.PATIENCE)
          .untilAsserted(() -> assertThat(versions(frontend)).containsExactly("v1"));

      cluster.apply(
          InstalledMesh.example("canary.yaml", cluster)
              .replace("weight: 90", "weight: 0")
              .replace("weight: 10", "weight: 1"));
      await()
          .atMost(InstalledMesh.PATIENCE)
          .untilAsserted(() -> assertThat(versions(frontend)).containsExactly("v2"));
    }
  }

  /** The catalog's versions in some answers, each of which must be good. */
  private static Set<String> versions(Forward frontend) throws Exception {
    var versions = new TreeSet<String>();
    for (int i = 0; i < 30; i++) {
      HttpResponse<String> answer = frontend.get("/items/" + i);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      versions.add(answer.headers().firstValue("x-catalog-version").orElse("none"));
    }
    return versions;
  }

  private static String requests(String direction) {
    return "weft_upstream_rq_total\\{[^}]*direction=\"" + direction + "\"[^}]*} [1-9]";
  }
}
