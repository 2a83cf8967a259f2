package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.dist.PeerPod.Answer;
import dev.weft.dist.PeerPod.Connection;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a person applies with kubectl does what it says to the traffic of pods: a TrafficPolicy, and
 * routes of gRPC, TCP and TLS.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RoutesTest {
  private static final String IN_FORCE = "[0].conditions[?(@.type==\"weft.dev/InForce\")]";

  private static final String TIMEOUT =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: impatient}
      spec:
        targetRefs: [{group: "", kind: Service, name: %s}]
        timeouts: {request: 1s}
      """
          .formatted(RoutedPods.SLOW);

  private static final String ONE_METHOD =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: {name: methods}
      spec:
        parentRefs: [{group: "", kind: Service, name: front, port: %1$d}]
        rules:
          - matches: [{method: {service: %2$s, method: %3$s}}]
            backendRefs: [{name: v2, port: %1$d}]
          - backendRefs: [{name: v1, port: %1$d}]
      """
          .formatted(RoutedApp.GRPC, RoutedApp.SERVICE, RoutedApp.MOVED);

  private static final String WEIGHTS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: TCPRoute
      metadata: {name: weights}
      spec:
        parentRefs: [{group: "", kind: Service, name: front, port: %1$d}]
        rules:
          - backendRefs:
              - {name: v1, port: %1$d, weight: %2$d}
              - {name: v2, port: %1$d, weight: %3$d}
      """;

  private static final String NAMES =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: TLSRoute
      metadata: {name: one}
      spec:
        parentRefs: [{group: "", kind: Service, name: front, port: 443}]
        hostnames: [%s]
        rules: [{backendRefs: [{name: v1, port: 443}]}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: TLSRoute
      metadata: {name: two}
      spec:
        parentRefs: [{group: "", kind: Service, name: front, port: 443}]
        hostnames: ["*.two.example.org"]
        rules: [{backendRefs: [{name: v2, port: 443}]}]
      """
          .formatted(RoutedPods.NAME_OF_V1);

  private Cluster cluster;
  private RoutedPods pods;

  @BeforeAll
  void begin(Cluster cluster, InstalledMesh mesh, @TempDir Path folder) throws Exception {
    this.cluster = cluster;
    pods = RoutedPods.open(cluster, mesh, folder);
  }

  @Test
  void aSlowAnswerIsNotWaitedForWhileATrafficPolicySaysSo() {
    String url = "http://" + RoutedPods.SLOW + "/";
    assertThat(pods.answer(url)).isEqualTo("v1\n200");

    cluster.apply(TIMEOUT);
    until(() -> pods.answer(url).endsWith("\n504"));
    assertThat(pods.answer(url)).contains("\"flag\":\"UT\"");
    until(() -> inForce("trafficpolicy/impatient", "ancestors").equals("True@1"));

    cluster.kubectl("delete", "trafficpolicy", "impatient");
    until(() -> pods.answer(url).equals("v1\n200"));
  }

  @Test
  void aGrpcRouteSendsTheCallsOfOneMethodElsewhere() {
    assertThat(pods.calls(RoutedApp.MOVED, 2)).containsExactly("v1", "v1");

    cluster.apply(ONE_METHOD);
    until(() -> pods.calls(RoutedApp.MOVED, 4).equals(List.of("v2", "v2", "v2", "v2")));
    assertThat(pods.calls(RoutedApp.STAYING, 4)).containsExactly("v1", "v1", "v1", "v1");
    until(() -> inForce("grpcroute/methods", "parents").equals("True@1"));
  }

  @Test
  void aTcpRouteSendsConnectionsByWeightAndLeavesThoseThatAreOpen() throws Exception {
    assumeServed("tcproutes");
    try (Connection before = pods.client().connect("front", PeerPod.GREETER)) {
      assertThat(before.read()).isEqualTo("220 v1");

      cluster.apply(WEIGHTS.formatted(PeerPod.GREETER, 0, 1));
      until(() -> greetings().allMatch("220 v2"::equals));
      cluster.apply(WEIGHTS.formatted(PeerPod.GREETER, 1, 0));
      until(() -> greetings().allMatch("220 v1"::equals));
      until(() -> inForce("tcproute/weights", "parents").equals("True@2"));

      assertThat(before.say("still here")).isEqualTo("still here");
    }
  }

  @Test
  void tlsRoutesSendConnectionsByTheNameInTheirHelloUnread() {
    assumeServed("tlsroutes");
    assertThat(pods.askByName(RoutedPods.NAME_OF_V1).pod()).isEqualTo("v1");
    assertFails(RoutedPods.NAME_OF_V2, "v1 has another certificate");

    cluster.apply(NAMES);
    await()
        .atMost(InstalledMesh.PATIENCE)
        .ignoreException(IllegalStateException.class)
        .until(() -> pods.askByName(RoutedPods.NAME_OF_V2).pod().equals("v2"));
    // One of the two may be in force before the other.
    until(() -> inForce("tlsroute/one", "parents").equals("True@1"));
    for (String name : List.of(RoutedPods.NAME_OF_V1, RoutedPods.NAME_OF_V2)) {
      Answer answer = pods.askByName(name);
      assertThat(answer.pod()).isEqualTo(name.equals(RoutedPods.NAME_OF_V1) ? "v1" : "v2");
      assertThat(answer.host()).isEqualTo(name);
      assertThat(answer.passedASidecar()).as("as HTTP").isFalse();
    }
    assertFails("three.example.org", "no route has it");
  }

  private void assertFails(String serverName, String why) {
    assertThatThrownBy(() -> pods.askByName(serverName))
        .as(why)
        .isInstanceOf(IllegalStateException.class)
        // Of curl: the connection was cut within the handshake, or the certificate is not good.
        .hasMessageMatching("(?s).*exit code (35|60).*");
  }

  private Stream<String> greetings() {
    return Stream.generate(() -> pods.client().greeting("front", PeerPod.GREETER)).limit(4);
  }

  /** Whether all sidecars have it, and of which generation; of its first parent or target. */
  private String inForce(String object, String of) {
    String condition = ".status." + of + IN_FORCE;
    return cluster.field(
        object, "{" + condition + ".status}@{" + condition + ".observedGeneration}");
  }

  private void assumeServed(String plural) {
    String name = plural + ".gateway.networking.k8s.io";
    String served =
        cluster.everywhere(
            "get",
            "crd",
            name,
            "--ignore-not-found",
            "-o",
            "jsonpath={.spec.versions[?(@.served==true)].name}");
    assumeTrue(
        List.of(served.split(" ", -1)).contains("v1"),
        "needs version v1 of " + name + ": install a Gateway API that has it");
  }

  private static void until(Supplier<Boolean> condition) {
    await().atMost(InstalledMesh.PATIENCE).until(condition::get);
  }
}
