package dev.weft.controlplane.registry.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Recorder;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.TestCa;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd with mutual TLS, users and roles. */
class EtcdSecurityTest {
  private static final TestCa CA = new TestCa("weft test authority");

  @TempDir static Path directory = Path.of("");

  @SuppressWarnings("NullAway") // set before all tests
  private static EtcdServer etcd;

  private static Path ca = Path.of("");
  private static Path certificate = Path.of("");
  private static Path key = Path.of("");

  @BeforeAll
  static void start() {
    ca = CA.write(directory.resolve("ca.crt"));
    certificate = CA.issue("someone").write(directory, "client");
    key = directory.resolve("client.key");
    etcd = EtcdServer.start(new EtcdServer.Tls(CA, true), "--auth-token-ttl=1");
    etcd.call("/v3/auth/user/add", "{\"name\":\"root\",\"password\":\"r\"}");
    etcd.call("/v3/auth/role/add", "{\"name\":\"root\"}");
    etcd.call("/v3/auth/user/grant", "{\"user\":\"root\",\"role\":\"root\"}");
    etcd.call("/v3/auth/role/add", "{\"name\":\"weft\"}");
    etcd.call(
        "/v3/auth/role/grant",
        "{\"name\":\"weft\",\"perm\":{\"permType\":\"READWRITE\",\"key\":\""
            + base64("/weft/")
            + "\",\"range_end\":\""
            + base64("/weft0")
            + "\"}}");
    etcd.call("/v3/auth/user/add", "{\"name\":\"weft\",\"password\":\"secret\"}");
    etcd.call("/v3/auth/user/grant", "{\"user\":\"weft\",\"role\":\"weft\"}");
    etcd.call("/v3/auth/enable", "{}");
  }

  @AfterAll
  static void stop() {
    etcd.close();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static EtcdOptions options() {
    return EtcdOptions.of(etcd.endpoint())
        .withTls(new EtcdTlsFiles(ca, certificate, key))
        .withUser("weft", "secret")
        .withTimeout(Duration.ofSeconds(5));
  }

  @Test
  void worksWithCertificatesUserAndPassword() {
    try (Store store = EtcdStore.open(options())) {
      Range before = store.range("").join();
      Recorder recorder = Recorder.from(before);
      try (var watch = store.watch("", before.revision() + 1, recorder)) {
        store.commit(Txn.builder().put("a", ByteString.copyFromUtf8("1")).build()).join();
        recorder.awaitBatches(1);
        var lease = store.grantLease(Duration.ofSeconds(2), lost -> {}).join();
        lease.keepAlive().join();
        store.commit(Txn.builder().put("b", ByteString.EMPTY, lease).build()).join();
        lease.revoke().join();
        recorder.awaitBatches(3);
        assertThat(recorder.held()).isEqualTo(store.range("").join().entries());
      }
    }
  }

  @Test
  void getsAnotherTokenWhenEtcdForgotTheOldOne() {
    try (Store store = EtcdStore.open(options())) {
      Range before = store.range("").join();
      Recorder recorder = Recorder.from(before);
      try (var watch = store.watch("", before.revision() + 1, recorder)) {
        etcd.kill();
        etcd.startAgain();

        store.commit(Txn.builder().put("c", ByteString.copyFromUtf8("1")).build()).join();
        recorder.awaitBatches(1);
      }
    }
  }

  @Test
  void aWrongPasswordIsSaidSo() {
    assertThatThrownBy(() -> EtcdStore.open(options().withUser("weft", "wrong")))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("user weft is refused")
        .hasMessageContaining("check user and password")
        .hasMessageNotContaining("wrong");
  }

  @Test
  void aMissingPermissionIsSaidSo() {
    assertThatThrownBy(() -> EtcdStore.open(options().withRoot("/other/")))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("permission denied")
        .hasMessageContaining("readwrite on the keys below /other/");
  }

  @Test
  void aServerOfAnotherAuthorityIsNotTrusted() {
    Path other = new TestCa("another authority").write(directory.resolve("other.crt"));

    assertThatThrownBy(
            () -> EtcdStore.open(options().withTls(new EtcdTlsFiles(other, certificate, key))))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("etcd at " + etcd.endpoint() + ": TLS failed: ")
        .hasMessageContaining("check the CA file")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aMissingOrUnreadableFileIsSaidSo() {
    Path missing = directory.resolve("missing.crt");

    assertThatThrownBy(() -> open(missing, null, null))
        .isInstanceOf(StoreFailedException.class)
        .hasMessage("cannot read " + missing + " for etcd: no such file, or permission denied");
    assertThatThrownBy(() -> open(key, certificate, key))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("cannot use the authority's certificate for etcd (ca " + key)
        .hasMessageEndingWith("it holds no certificate in PEM");
    assertThatThrownBy(() -> open(ca, certificate, ca))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("cannot use the client's certificate for etcd (ca " + ca)
        .hasMessageContaining("it holds no PRIVATE KEY in PKCS #8");
    CA.issue("another").write(directory, "another");
    assertThatThrownBy(() -> open(ca, certificate, directory.resolve("another.key")))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining("the private key does not belong to the certificate of CN=someone");
  }

  private static Store open(Path trusted, @Nullable Path shown, @Nullable Path itsKey) {
    return EtcdStore.open(options().withTls(new EtcdTlsFiles(trusted, shown, itsKey)));
  }

  @Test
  void optionsThatDoNotFitTogetherAreRefused() {
    assertThatThrownBy(() -> EtcdOptions.of("http://a:1,https://b:1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("all http or all https");
    assertThatThrownBy(() -> EtcdOptions.of("http://a:1").withTls(new EtcdTlsFiles(ca, null, null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use https");
    assertThatThrownBy(() -> new EtcdTlsFiles(ca, certificate, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("etcd needs a client certificate and its key, or neither");
    assertThatThrownBy(() -> EtcdOptions.of(" , "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one endpoint or more");
    assertThat(EtcdOptions.of("etcd-1,etcd-2:1").endpoints().stream().map(Object::toString))
        .containsExactly("http://etcd-1:2379", "http://etcd-2:1");
    assertThat(options().toString()).doesNotContain("secret");
  }
}
