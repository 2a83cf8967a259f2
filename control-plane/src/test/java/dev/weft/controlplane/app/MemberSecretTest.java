package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.auth.kubernetes.MemberSecret;
import dev.weft.controlplane.pki.MemberCertificates;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.TestCa;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real cluster keeps of the certificates for etcd. */
@ClusterTest
class MemberSecretTest {
  private static final String NAME = "weft-etcd";
  private static final List<String> HOSTS = List.of("etcd-0.example.org", "localhost");

  @TempDir Path directory;

  @SuppressWarnings("NullAway") // set before each test
  private KubernetesClient client;

  @BeforeEach
  void open(Cluster cluster) {
    client = client(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
  }

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void replicasMakeOneTogetherAndWriteItAgainAsItWas(Cluster cluster) throws Exception {
    MemberSecret one = secret(cluster, client);
    MemberSecret two = secret(cluster, client);
    CompletableFuture<MemberCertificates> ones =
        CompletableFuture.supplyAsync(() -> readBy(one), Thread::startVirtualThread);
    MemberCertificates twos = readBy(two);
    assertThat(ones.join()).isEqualTo(twos);

    cluster.kubectl("delete", "secret", NAME);
    assertThat(one.read()).isEqualTo(twos);
    assertThat(two.read()).isEqualTo(twos);
    assertThat(secret(cluster, client).read()).isEqualTo(twos);
  }

  @Test
  void onesOwnIsTakenAndSoIsItsRenewal(Cluster cluster) throws Exception {
    TestCa ca = new TestCa("of the house");
    put(cluster, ca, ca.issue("first"));
    MemberSecret secret = secret(cluster, client);
    assertThat(secret.read().trusted()).isEqualTo(ca.certificatePem());

    TestCa.Issued renewed = ca.issue("second");
    put(cluster, ca, renewed);
    assertThat(secret.read().certificate()).isEqualTo(renewed.certificatePem());
  }

  @Test
  void whatIsMissingIsSaid(Cluster cluster) throws Exception {
    cluster.kubectl("create", "secret", "generic", NAME, "--from-literal=ca.crt=x");
    assertThatThrownBy(() -> secret(cluster, client).read())
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "the Secret "
                + cluster.namespace()
                + "/weft-etcd has no tls.crt, expected ca.crt, tls.crt and tls.key");

    Config nobody = Config.fromKubeconfig(cluster.kubeconfig().toFile());
    nobody.setImpersonateUsername("nobody");
    try (KubernetesClient without = client(nobody)) {
      assertThatThrownBy(() -> secret(cluster, without).read())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the control plane may not get or create the Secret ")
          .hasMessageContaining("give its service account a Role");
    }
  }

  @Test
  void aControlPlaneShowsItToEtcdAndSaysWhenItExpires(Cluster cluster) throws Exception {
    TestCa ca = new TestCa("of the house");
    put(cluster, ca, ca.issue("members", "localhost"));
    try (EtcdServer etcd = EtcdServer.start(new EtcdServer.Tls(ca, true));
        ControlPlane controlPlane =
            ControlPlane.start(
                ControlPlaneOptions.embedded(directory)
                    .withPorts(0, 0)
                    .withKubernetes(KubernetesOptions.of(cluster.kubeconfig()))
                    .withSecurity(SecurityOptions.ofCluster(cluster.namespace()))
                    .withStore(new StoreOptions.Etcd(EtcdOptions.of(etcd.endpoint()), NAME)))) {
      controlPlane.ready().join();
      await()
          .untilAsserted(
              () ->
                  assertThat(controlPlane.metricsText())
                      .containsPattern("weft_etcd_certificate_expiration_seconds [1-9]"));
    }
  }

  private static void put(Cluster cluster, TestCa ca, TestCa.Issued issued) {
    cluster.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: %s}
        type: kubernetes.io/tls
        stringData:
          ca.crt: |
        %s
          tls.crt: |
        %s
          tls.key: |
        %s
        """
            .formatted(
                NAME,
                ca.certificatePem().indent(4),
                issued.certificatePem().indent(4),
                issued.keyPem().indent(4)));
  }

  private static KubernetesClient client(Config config) {
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private static MemberSecret secret(Cluster cluster, KubernetesClient client) {
    return new MemberSecret(client, cluster.namespace(), NAME, HOSTS, InstantSource.system());
  }

  private static MemberCertificates readBy(MemberSecret secret) {
    try {
      return secret.read();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
