package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.auth.Access;
import dev.weft.controlplane.auth.Caller;
import dev.weft.controlplane.auth.TokenReviewer.Verdict;
import dev.weft.controlplane.auth.kubernetes.CaConfigMaps;
import dev.weft.controlplane.auth.kubernetes.KubernetesCallers;
import dev.weft.controlplane.pki.CertificateAuthority;
import dev.weft.controlplane.pki.PkiTimes;
import dev.weft.controlplane.pki.RootStore;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real cluster says of callers, and where it keeps the authority. */
@ClusterTest
class KubernetesCallersTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;
  private Config config;
  private KubernetesClient client;

  @BeforeEach
  void open(Cluster cluster) {
    config = Config.fromKubeconfig(cluster.kubeconfig().toFile());
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void aTokenIsItsPodsForAsLongAsThePodLives(Cluster cluster) throws Exception {
    var callers = new KubernetesCallers(client, cluster.namespace());
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: catalog}
        spec:
          containers: [{name: app, image: "weft.test/pause:1"}]
        """);
    String uid = cluster.field("pod/catalog", "{.metadata.uid}");
    String token =
        cluster
            .kubectl(
                "create",
                "token",
                "default",
                "--audience=weft",
                "--bound-object-kind=Pod",
                "--bound-object-name=catalog",
                "--bound-object-uid=" + uid)
            .strip();
    Caller caller = Objects.requireNonNull(callers.tokens().review(token, true).caller());
    assertThat(caller.user())
        .isEqualTo("system:serviceaccount:" + cluster.namespace() + ":default");
    assertThat(caller.pod()).isEqualTo(new Caller.Pod(cluster.namespace(), "catalog", uid));
    // Each is good for what it is meant for only.
    assertThat(callers.tokens().review(token, false).caller()).isNull();
    String api = cluster.kubectl("create", "token", "default").strip();
    assertThat(callers.tokens().review(api, true).caller()).isNull();
    assertThat(callers.tokens().review(api, false).caller()).isNotNull();
    Verdict nonsense = callers.tokens().review("nonsense", false);
    assertThat(nonsense.caller()).isNull();
    assertThat(nonsense.reason()).isNotEmpty();

    cluster.kubectl("delete", "pod", "catalog", "--grace-period=0", "--force");
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(callers.tokens().review(token, true).caller()).isNull());
  }

  @Test
  void permissionsAreThoseOfTheClustersRules(Cluster cluster) throws Exception {
    var callers = new KubernetesCallers(client, cluster.namespace());
    Caller jane = new Caller("jane", "", List.of("dev"), Map.of(), null);
    var list = new Access("list", "weft.dev", "instances", cluster.namespace(), "");
    assertThat(callers.accesses().allowed(jane, list)).isFalse();
    // The resource exists for RBAC only; kubectl would want it to be one of the API server's.
    cluster.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader}
        rules: [{apiGroups: [weft.dev], resources: [instances], verbs: [list]}]
        """);
    cluster.kubectl("create", "rolebinding", "reader", "--role=reader", "--user=jane");
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(callers.accesses().allowed(jane, list)).isTrue());
    assertThat(
            callers
                .accesses()
                .allowed(jane, new Access("list", "weft.dev", "instances", "default", "")))
        .isFalse();
  }

  @Test
  void thePersonOfTheKubeconfigIsKnownByTheirCertificate(Cluster cluster) throws Exception {
    ControlPlane controlPlane =
        ControlPlane.start(
            ControlPlaneOptions.embedded(directory)
                .withPorts(0, 0)
                .withKubernetes(KubernetesOptions.of(cluster.kubeconfig()))
                .withSecurity(SecurityOptions.ofCluster(cluster.namespace())));
    try {
      controlPlane.ready().join();
      await()
          .atMost(LONG)
          .until(() -> !cluster.field("configmap/weft-ca", "{.metadata.name}").isEmpty());
      byte[] pem =
          cluster
              .field("configmap/weft-ca", "{.data.ca\\.crt}")
              .getBytes(StandardCharsets.US_ASCII);
      ManagedChannel channel =
          Grpc.newChannelBuilderForAddress(
                  "127.0.0.1",
                  controlPlane.grpcPort(),
                  TlsChannelCredentials.newBuilder()
                      .trustManager(new ByteArrayInputStream(pem))
                      .keyManager(SSLUtils.keyManagers(config))
                      .build())
              .build();
      try {
        assertThat(
                MeshServiceGrpc.newBlockingStub(channel)
                    .listNodes(ListNodesRequest.getDefaultInstance())
                    .getNodesList())
            .isEmpty();
      } finally {
        channel.shutdownNow();
      }
      String token = cluster.kubectl("create", "token", "default").strip();
      ManagedChannel other =
          Grpc.newChannelBuilderForAddress(
                  "127.0.0.1",
                  controlPlane.grpcPort(),
                  TlsChannelCredentials.newBuilder()
                      .trustManager(new ByteArrayInputStream(pem))
                      .build())
              .build();
      try {
        assertThatThrownBy(
                () ->
                    MeshServiceGrpc.newBlockingStub(TestCluster.with(other, token))
                        .listNodes(ListNodesRequest.getDefaultInstance()))
            .hasMessageContaining(
                "PERMISSION_DENIED: system:serviceaccount:"
                    + cluster.namespace()
                    + ":default may not list sidecars.weft.dev in all namespaces");
      } finally {
        other.shutdownNow();
      }
    } finally {
      controlPlane.close();
    }
  }

  @Test
  void replicasShareTheAuthorityOfASecretAndNamespacesAreToldOfIt(Cluster cluster)
      throws Exception {
    var callers = new KubernetesCallers(client, cluster.namespace());
    List<String> names = List.of("localhost");
    try (var one =
            CertificateAuthority.open(
                callers.roots(), names, PkiTimes.DEFAULT, InstantSource.system());
        var two =
            CertificateAuthority.open(
                callers.roots(), names, PkiTimes.DEFAULT, InstantSource.system())) {
      assertThat(one.trustedPem()).isEqualTo(two.trustedPem());
      RootStore.Held held = Objects.requireNonNull(callers.roots().read());
      assertThat(callers.roots().write(held.text(), one.trustedPem(), "1")).isFalse();
      assertThat(callers.roots().write(held.text(), one.trustedPem(), null)).isFalse();

      var trusted = new AtomicReference<>("first");
      var leading = new AtomicBoolean();
      try (var maps = CaConfigMaps.start(client, cluster.namespace(), trusted::get, leading::get)) {
        assertThat(maps).isNotNull();
        leading.set(true);
        awaitMap(cluster, "first");
        trusted.set(one.trustedPem());
        awaitMap(cluster, one.trustedPem());
        cluster.kubectl("delete", "configmap", "weft-ca");
        awaitMap(cluster, one.trustedPem());
      }
    }
  }

  @Test
  void aNamespaceThatNeedsTheAuthorityIsToldOfItWithoutALabelAndAgainWhenItIsLost(Cluster system)
      throws Exception {
    try (Cluster needing = Cluster.open();
        var maps = CaConfigMaps.start(client, system.namespace(), () -> "trusted", () -> true)) {
      awaitMap(system, "trusted");
      assertThat(needing.field("configmap/weft-ca", "{.metadata.name}")).isEmpty();

      maps.need(Set.of(needing.namespace(), "weft-test-of-nobody"));

      awaitMap(needing, "trusted");
      needing.kubectl("delete", "configmap", "weft-ca");
      awaitMap(needing, "trusted");
    }
  }

  private static void awaitMap(Cluster cluster, String content) {
    await()
        .atMost(LONG)
        .untilAsserted(
            () ->
                assertThat(cluster.field("configmap/weft-ca", "{.data.ca\\.crt}"))
                    .isEqualTo(content));
  }
}
