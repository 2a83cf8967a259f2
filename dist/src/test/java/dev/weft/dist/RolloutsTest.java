package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is replaced while it serves costs nobody a request. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RolloutsTest {
  private Cluster cluster;
  private InstalledMesh mesh;
  private Shop shop;

  @BeforeAll
  void open(Cluster cluster, InstalledMesh mesh) {
    this.cluster = cluster;
    this.mesh = mesh;
    shop = Shop.open(cluster, mesh);
  }

  @Test
  void aRollingRestartOfTheApplicationLosesNoRequest() throws Exception {
    shop.losesNothingBy(shop::restart);
  }

  @Test
  void aRestartOfTheControlPlaneLosesNoRequestAndChangesGoOn() throws Exception {
    shop.losesNothingBy(
        () -> {
          mesh.restartControlPlane();
          shop.routeTo("v1");
          shop.awaitOnly("v1");
        });
    shop.losesNothingBy(() -> cluster.kubectl("delete", "httproute/catalog"));
  }

  @Test
  @Tag("long")
  void aNewImageOfTheSidecarIsRolledOutWithoutLosingARequest(@TempDir Path folder)
      throws Exception {
    String image = mesh.sidecarImage();
    String next = image.substring(0, image.length() - 1) + "2";
    Path archive =
        Files.copy(InstalledMesh.archive("weft-sidecar"), folder.resolve("weft-sidecar.tar"));
    ImageTag.replace(archive, image, next);
    mesh.load(archive);
    mesh.changeInjection(config -> config.replace("image: " + image, "image: " + next));
    try {
      await()
          .atMost(InstalledMesh.PATIENCE)
          .until(
              () ->
                  cluster
                      .kubectl(
                          "run",
                          "next",
                          "--image=none",
                          "--dry-run=server",
                          "-o",
                          "jsonpath={.spec.initContainers[*].image}")
                      .equals(next + " " + next));

      shop.losesNothingBy(shop::restart);

      List<String> images =
          cluster
              .kubectl(
                  "get",
                  "pods",
                  "-l",
                  "app!=load",
                  "-o",
                  "jsonpath={range .items[*]}{.spec.initContainers[1].image}{\"\\n\"}{end}")
              .lines()
              .toList();
      assertThat(images).hasSizeGreaterThanOrEqualTo(Shop.SERVED.size()).containsOnly(next);
    } finally {
      mesh.changeInjection(config -> config.replace("image: " + next, "image: " + image));
    }
  }
}
