package dev.weft.dist;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

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
}
