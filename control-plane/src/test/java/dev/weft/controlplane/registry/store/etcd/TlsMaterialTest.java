package dev.weft.controlplane.registry.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.TestCa;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Certificates that are replaced while an etcd with mutual TLS is in use. */
class TlsMaterialTest {
  private static final TestCa CA = new TestCa("weft test authority");
  private static final TestCa ANOTHER = new TestCa("another authority");
  private static final EtcdTls.Texts GOOD = texts(CA, CA);

  @SuppressWarnings("NullAway") // set before all tests
  private static EtcdServer etcd;

  private final Source source = new Source();

  @SuppressWarnings("NullAway") // set before each test
  private TlsMaterial material;

  @SuppressWarnings("NullAway") // set before each test
  private ManagedChannel channel;

  /** What a person has put in place. */
  private static final class Source implements EtcdTls {
    EtcdTls.Texts there = GOOD;
    boolean broken;

    @Override
    public Texts read() {
      if (broken) {
        throw new IllegalStateException("broken");
      }
      return there;
    }

    @Override
    public String toString() {
      return "the test's";
    }
  }

  @BeforeAll
  static void start() {
    etcd = EtcdServer.start(new EtcdServer.Tls(CA, true));
  }

  @AfterAll
  static void stop() {
    etcd.close();
  }

  @BeforeEach
  void connect() {
    material = new TlsMaterial(source);
    channel =
        Grpc.newChannelBuilder("127.0.0.1:" + etcd.port(), material.credentials())
            .disableRetry()
            .build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void whatIsNewIsShownToTheNextConnectionAndNotBefore() {
    ask();
    replace(texts(CA, ANOTHER));
    ask();
    assertThatThrownBy(this::askAnew).isInstanceOf(StatusRuntimeException.class);

    replace(texts(CA, CA));
    askAnew();
  }

  @Test
  void aServerIsTrustedAsTheNewAuthoritySays() {
    ask();
    replace(texts(ANOTHER, CA));
    assertThatThrownBy(this::askAnew)
        .isInstanceOf(StatusRuntimeException.class)
        .extracting(failure -> Status.fromThrowable(failure).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);

    EtcdTls.Texts both = texts(CA, CA);
    replace(
        new EtcdTls.Texts(
            ANOTHER.certificatePem() + CA.certificatePem(), both.certificate(), both.key()));
    askAnew();
  }

  @Test
  void whatCannotBeUsedLeavesAllAsItWas() {
    Instant before = material.notAfter();
    replace(new EtcdTls.Texts(ANOTHER.certificatePem(), GOOD.certificate(), "half a key"));
    askAnew();
    replace(new EtcdTls.Texts("nothing", GOOD.certificate(), GOOD.key()));
    askAnew();
    source.broken = true;
    material.refresh();
    assertThat(material.notAfter()).isEqualTo(before);
  }

  @Test
  void theServerHasToBeTheOneThatIsCalled() {
    ManagedChannel elsewhere =
        Grpc.newChannelBuilder("127.0.0.1:" + etcd.port(), material.credentials())
            .overrideAuthority("etcd.example.org")
            .disableRetry()
            .build();
    try {
      assertThatThrownBy(() -> ask(elsewhere))
          .isInstanceOf(StatusRuntimeException.class)
          .hasStackTraceContaining("etcd.example.org");
    } finally {
      elsewhere.shutdownNow();
    }
  }

  @Test
  void whatIsOfNoUseAtTheStartIsRefused() {
    source.there = new EtcdTls.Texts(CA.certificatePem(), GOOD.certificate(), "nothing");
    assertThatThrownBy(() -> new TlsMaterial(source))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageStartingWith("cannot use the client's certificate for etcd (the test's): ");
  }

  private void replace(EtcdTls.Texts by) {
    source.there = by;
    material.refresh();
  }

  private void ask() {
    ask(channel);
  }

  /**
   * Over the next connection; etcd would resume a session that it remembers, with what was shown
   * then.
   */
  private void askAnew() {
    etcd.kill();
    etcd.startAgain();
    channel.enterIdle();
    ask(channel);
  }

  private static void ask(ManagedChannel over) {
    KVGrpc.newBlockingStub(over)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("a")).build());
  }

  private static EtcdTls.Texts texts(TestCa trusted, TestCa signer) {
    TestCa.Issued issued = signer.issue("someone");
    return new EtcdTls.Texts(trusted.certificatePem(), issued.certificatePem(), issued.keyPem());
  }
}
