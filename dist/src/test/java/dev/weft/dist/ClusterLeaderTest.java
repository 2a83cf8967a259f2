package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.TcpRelay;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two replicas of the control plane on one etcd, and the one that writes is killed. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class ClusterLeaderTest {
  /** All come, then those that stay are changed, then the others go: 500 changes. */
  private static final int ROUTES = 250;

  private static final int STAYING = 200;

  /** So many have a status when the leader is killed. */
  private static final int AMID = 20;

  private static final List<String> CALLERS = List.of("caller-0", "caller-1");
  private static final String EACH_SAYS =
      "jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}"
          + "{range .status.parents[*].conditions[*]}"
          + " {.type}={.reason}={.status}@{.observedGeneration}{end}"
          + "{\"\\n\"}{end}";
  private static final String EACH_COUNTS =
      "jsonpath={range .items[*]}"
          + "{.status.parents[0].conditions[?(@.type==\"weft.dev/InForce\")].message}{\"\\n\"}{end}";

  @Test
  @Tag("long")
  void aLeaderThatIsKilledInAStormOfChangesLeavesNothingHalfDone(
      Cluster cluster, InstalledMesh mesh) {
    InetAddress here = cluster.hostAddress();
    try (EtcdServer etcd = EtcdServer.start();
        var network = new TcpRelay(here, etcd.port())) {
      mesh.keepIn("http://" + here.getHostAddress() + ":" + network.port());
      mesh.scaleControlPlane(2);
      serve(cluster, mesh);
      int restarts = mesh.controlPlaneRestarts();
      String leader = awaitLeader(mesh);

      CompletableFuture<Void> storm =
          CompletableFuture.runAsync(() -> storm(cluster), Thread.ofVirtual()::start);
      await()
          .atMost(InstalledMesh.PATIENCE)
          .until(
              () ->
                  said(cluster).stream().filter(each -> each.contains("Accepted=")).count() > AMID);
      assumeTrue(mesh.kill(leader), "the control plane does not run on this machine");
      assertThat(storm).as("the storm when the leader was killed").isNotDone();
      storm.join();

      await()
          .atMost(InstalledMesh.PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(said(cluster))
                    .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, STAYING)
                            .mapToObj(ClusterLeaderTest::inForceAsChanged)
                            .toList());
                assertThat(routes(cluster, EACH_COUNTS))
                    .containsOnly("It is in force in 2 of 2 sidecars that need it.");
              });
      List<String> expected =
          IntStream.range(0, ROUTES).mapToObj(ClusterLeaderTest::answer).toList();
      for (String caller : CALLERS) {
        assertThat(answers(cluster, caller).subList(0, STAYING))
            .as("what %s is answered, when statuses say that all is in force", caller)
            .isEqualTo(expected.subList(0, STAYING));
        await()
            .atMost(InstalledMesh.PATIENCE)
            .untilAsserted(() -> assertThat(answers(cluster, caller)).isEqualTo(expected));
      }
      assertThat(mesh.controlPlaneRestarts()).as("of both replicas").isEqualTo(restarts + 1);
    } finally {
      mesh.restore();
    }
  }

  /** A server of two pages, and callers, which need its routes from now on. */
  private static void serve(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    cluster.apply(
        SmallApps.web(cluster, "web")
            .replace(
                SmallApps.SERVE,
                "cd /tmp/pages; echo first > first; echo second > second; " + SmallApps.SERVE));
    cluster.await("pod/web", "condition=Ready");
    for (String caller : CALLERS) {
      cluster.apply(
          SmallApps.pod(
              cluster,
              caller,
              "enabled",
              "while true; do wget -q -O /dev/null http://web/; sleep 0.2; done",
              ""));
    }
    CALLERS.forEach(caller -> cluster.await("pod/" + caller, "condition=Ready"));
  }

  private static String awaitLeader(InstalledMesh mesh) {
    return await()
        .atMost(InstalledMesh.PATIENCE)
        .ignoreException(IllegalStateException.class)
        .until(mesh::leader, Optional::isPresent)
        .orElseThrow();
  }

  private static void storm(Cluster cluster) {
    cluster.apply(routes(ROUTES, "first"));
    cluster.apply(routes(STAYING, "second"));
    cluster.kubectl("delete", "httproutes", "--selector=leaves=true", "--wait=false");
  }

  /** Each leads a path of its own to a page. */
  private static String routes(int count, String page) {
    var routes = new StringBuilder();
    for (int i = 0; i < count; i++) {
      routes.append(
          """
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: storm-%1$d, labels: {leaves: "%2$s"}}
          spec:
            parentRefs: [{group: "", kind: Service, name: web, port: 80}]
            rules:
              - matches: [{path: {type: Exact, value: /storm-%1$d}}]
                filters:
                  - type: URLRewrite
                    urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /%3$s}}
                backendRefs: [{name: web, port: 80}]
          """
              .formatted(i, i >= STAYING, page));
    }
    return routes.toString();
  }

  private static List<String> said(Cluster cluster) {
    return routes(cluster, EACH_SAYS);
  }

  private static List<String> routes(Cluster cluster, String output) {
    return cluster.kubectl("get", "httproutes", "-o", output).lines().toList();
  }

  private static String inForceAsChanged(int i) {
    return "storm-"
        + i
        + " 2 Accepted=Accepted=True@2 ResolvedRefs=ResolvedRefs=True@2"
        + " weft.dev/InForce=InForce=True@2";
  }

  /** What each path is answered with, asked once. */
  private static List<String> answers(Cluster cluster, String caller) {
    String ask =
        "for i in $(seq 0 %d); do echo $i $(wget -q -O - http://web/storm-$i 2>&1); done"
            .formatted(ROUTES - 1);
    return cluster
        .kubectl("exec", caller, "-c", "app", "--", "sh", "-c", ask)
        .lines()
        .map(line -> line.replaceFirst("wget: .* 404.*", "not found"))
        .toList();
  }

  private static String answer(int i) {
    return i + (i < STAYING ? " second" : " not found");
  }
}
