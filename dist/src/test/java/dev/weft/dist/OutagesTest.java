package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.TcpRelay;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** While something that the mesh is made of is away or slow, traffic goes on; then changes do. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class OutagesTest {
  private static final Duration SHORT = Duration.ofSeconds(20);

  /** Below what clients of the API server wait for an answer, TLS included. */
  private static final Duration SLOW = Duration.ofSeconds(2);

  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void aPodThatStartsWhileTheControlPlaneIsAwayStaysUnreadyAndSaysWhy(
      Cluster cluster, InstalledMesh mesh) throws Exception {
    mesh.join(cluster);
    // Injected already, and started when there is nobody to ask for a configuration.
    cluster.apply(
        SmallApps.web(cluster, "late")
            .replace(
                "spec:\n  term", "spec:\n  schedulingGates: [{name: weft.test/gate}]\n  term"));
    assertThat(cluster.field("pod/late", "{.spec.initContainers[*].name}"))
        .isEqualTo("weft-sidecar weft-init");
    mesh.stopControlPlane();
    try {
      cluster.kubectl(
          "patch",
          "pod/late",
          "--type=json",
          "--patch=[{\"op\": \"remove\", \"path\": \"/spec/schedulingGates\"}]");
      cluster.apply(
          """
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: refused}
          spec:
            selector: {matchLabels: {app: refused}}
            template:
              metadata: {labels: {app: refused}}
              spec: {containers: [{name: app, image: "%s", command: [tail, -f, /dev/null]}]}
          """
              .formatted(cluster.busybox()));

      until(() -> SmallApps.failedProbes(cluster, "late", "503") > 2);
      try (var apiServer = Forward.apiServer()) {
        HttpResponse<String> ready =
            apiServer.get(
                "/api/v1/namespaces/" + cluster.namespace() + "/pods/late:15021/proxy/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("no configuration yet").contains("weft-control-plane");
      }
      assertThat(cluster.kubectl("logs", "pod/late", "--container=weft-sidecar"))
          .contains("weft-control-plane");
      assertThat(cluster.field("pod/late", "{.status.containerStatuses[0].started}"))
          .as("the application waits for its sidecar")
          .isEqualTo("false");
      until(
          () ->
              cluster
                  .kubectl("get", "events", "--field-selector=reason=FailedCreate", "-o", "wide")
                  .contains("failed calling webhook \"inject.weft.dev\""));
    } finally {
      mesh.startControlPlane();
    }

    until(() -> SmallApps.ready(cluster, "late"));
    cluster.kubectl("rollout", "status", "deployment/refused", "--timeout=140s");
  }

  @Test
  @Tag("long")
  void theApiServerIsRestartedAndTrafficAndChangesGoOn(Cluster cluster, InstalledMesh mesh)
      throws Exception {
    Shop shop = Shop.open(cluster, mesh);
    int restarts = mesh.controlPlaneRestarts();

    shop.losesNothingBy(
        () -> {
          assumeTrue(cluster.killApiServer(), "the API server does not run on this machine");
          await()
              .atMost(InstalledMesh.PATIENCE)
              .ignoreException(IllegalStateException.class)
              .until(() -> cluster.everywhere("get", "--raw", "/readyz").equals("ok"));
          shop.routeTo("v2");
          shop.awaitOnly("v2");
          shop.restart();
        });

    assertThat(mesh.controlPlaneRestarts()).as("of the control plane").isEqualTo(restarts);
  }

  @Test
  @Tag("long")
  void theApiServerAnswersTheControlPlaneSlowlyAndTrafficAndChangesGoOn(
      Cluster cluster, InstalledMesh mesh) throws Exception {
    InetAddress here = cluster.hostAddress();
    try (var network = new TcpRelay(here, cluster.apiServer())) {
      mesh.reachApiServerAt(new InetSocketAddress(here.getHostAddress(), network.port()));
      Shop shop = Shop.open(cluster, mesh);
      int restarts = mesh.controlPlaneRestarts();

      shop.losesNothingBy(
          () -> {
            network.delayAnswers(SLOW);
            long answered = network.answered();
            shop.routeTo("v2");
            shop.awaitOnly("v2");
            // New pods, whose tokens are reviewed and whose endpoints have to be known.
            cluster.kubectl("scale", "deployment/frontend", "--replicas=4");
            cluster.kubectl("rollout", "status", "deployment/frontend", "--timeout=140s");
            assertThat(network.answered()).as("bytes that came late").isGreaterThan(answered);
            network.delayAnswers(Duration.ZERO);
          });

      assertThat(mesh.controlPlaneRestarts()).as("of the control plane").isEqualTo(restarts);
    } finally {
      mesh.reachApiServerAsInstalled();
    }
  }

  @Test
  void theStoreIsAwayForAMomentAndTrafficAndChangesGoOn(Cluster cluster, InstalledMesh mesh)
      throws Exception {
    withoutStore(cluster, mesh, SHORT);
  }

  @Test
  @Tag("long")
  void theStoreIsAwayForFiveMinutesAndTrafficAndChangesGoOn(Cluster cluster, InstalledMesh mesh)
      throws Exception {
    withoutStore(cluster, mesh, LONG);
  }

  /** The store is an etcd of this machine, at the end of a network that can be cut. */
  private static void withoutStore(Cluster cluster, InstalledMesh mesh, Duration outage)
      throws Exception {
    InetAddress here = cluster.hostAddress();
    try (EtcdServer etcd = EtcdServer.start();
        var network = new TcpRelay(here, etcd.port())) {
      mesh.keepIn("http://" + here.getHostAddress() + ":" + network.port());
      Shop shop = Shop.open(cluster, mesh);
      cluster.kubectl("scale", "deployment/catalog-v1", "--replicas=2");
      cluster.kubectl("rollout", "status", "deployment/catalog-v1", "--timeout=140s");
      shop.routeTo("v1");
      shop.awaitOnly("v1");
      String leaving =
          cluster.kubectl(
              "get",
              "pods",
              "-l",
              "app=catalog,version=v1",
              "-o",
              "jsonpath={.items[0].metadata.name}");
      int restarts = mesh.controlPlaneRestarts();

      shop.losesNothingBy(
          () -> {
            network.cut();
            // Nobody can be told of that now: what is left of v1 serves.
            cluster.kubectl("delete", "pod/" + leaving, "--wait=false");
            shop.routeTo("v2");
            await()
                .pollInterval(Duration.ofSeconds(5))
                .during(outage)
                .atMost(outage.plus(InstalledMesh.PATIENCE))
                .until(() -> shop.counts().failed() == 0);
            network.mend();
            shop.awaitOnly("v2");
          });

      assertThat(mesh.controlPlaneRestarts()).as("of the control plane").isEqualTo(restarts);
    } finally {
      mesh.restore();
    }
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(InstalledMesh.PATIENCE).until(condition);
  }
}
