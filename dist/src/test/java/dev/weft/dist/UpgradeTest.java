package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * An installation of another version comes to this one as the guide says: control plane first, then
 * the sidecars with their pods. The images differ in nothing but their tags.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@Tag("long")
final class UpgradeTest {
  @TempDir Path folder;

  @AfterEach
  void installAsBefore(InstalledMesh mesh) {
    mesh.restore();
  }

  @Test
  void controlPlaneAndSidecarsAreReplacedSettingsStayAndNoRequestIsLost(
      Cluster cluster, InstalledMesh mesh) throws Exception {
    String now = tag(mesh.sidecarImage());
    String before = now.replaceFirst("^.", "9");
    mesh.apply(manifestsOf(before, now, mesh));
    mesh.changeInjection(
        config -> config.replace("drainSeconds: 15", "drainSeconds: 20 # our slowest answers"));
    Shop shop = Shop.open(cluster, mesh);
    assertThat(tag(mesh.controlPlaneImage())).isEqualTo(before);
    assertThat(sidecars(cluster)).allMatch(sidecar -> sidecar.contains(":" + before + " "));

    shop.losesNothingBy(() -> mesh.apply(written(mesh.weft("upgrade"))));
    shop.losesNothingBy(shop::restart);

    assertThat(tag(mesh.controlPlaneImage())).isEqualTo(now);
    assertThat(mesh.injection()).contains("drainSeconds: 20 # our slowest answers");
    assertThat(sidecars(cluster))
        .hasSizeGreaterThanOrEqualTo(Shop.SERVED.size())
        .allMatch(sidecar -> sidecar.contains(":" + now + " "))
        .allMatch(sidecar -> sidecar.contains("--drain-seconds=20"));
    shop.losesNothingBy(
        () -> {
          shop.routeTo("v2");
          shop.awaitOnly("v2");
        });
  }

  /** Brings the images of that version into the cluster; its manifests. */
  private Path manifestsOf(String version, String made, InstalledMesh mesh) throws IOException {
    for (String name : List.of("weft-control-plane", "weft-sidecar")) {
      Path archive = Files.copy(InstalledMesh.archive(name), folder.resolve(name + ".tar"));
      ImageTag.replace(archive, name + ":" + made, name + ":" + version);
      mesh.load(archive);
    }
    Run printed = Distribution.built().run(Map.of(), "weft", "install", "--image-tag", version);
    assertThat(printed.exitCode()).as(printed.err()).isZero();
    return written(printed.out());
  }

  private Path written(String manifests) throws IOException {
    return Files.writeString(folder.resolve("manifests.yaml"), manifests);
  }

  private static String tag(String image) {
    return image.substring(image.lastIndexOf(':') + 1);
  }

  /** Image and arguments of the sidecar of each pod that was restarted with the shop. */
  private static List<String> sidecars(Cluster cluster) {
    return cluster
        .kubectl(
            "get",
            "pods",
            "-l",
            "app!=load",
            "-o",
            "jsonpath={range .items[*]}{.spec.initContainers[0].image} {.spec.initContainers[0].args}{\"\\n\"}{end}")
        .lines()
        .toList();
  }
}
