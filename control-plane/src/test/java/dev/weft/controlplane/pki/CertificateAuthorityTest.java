package dev.weft.controlplane.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final String NAME = "weft-control-plane.weft-system.svc";

  /** Short, so that all of it lies within the hour by which certificates are back-dated. */
  private static final PkiTimes TIMES =
      new PkiTimes(
          Duration.ofDays(3650),
          Duration.ofDays(365),
          Duration.ofMinutes(10),
          Duration.ofMinutes(20));

  @TempDir Path directory;
  private Instant now = Instant.now();

  @Test
  void callersTrustTheServerThroughRenewalAndRotation() throws Exception {
    var store = new DirectoryRoots(directory);
    try (var authority = open(store);
        var server = new TestServer(authority)) {
      String first = authority.trustedPem();
      X509Certificate before = server.handshake(first, NAME);
      assertThat(server.handshake(first, "127.0.0.1")).isEqualTo(before);
      assertThatThrownBy(() -> server.handshake(first, "another.example"))
          .isInstanceOf(SSLHandshakeException.class);
      assertThat(Files.readString(store.trustedFile())).isEqualTo(first);

      pass(authority, Duration.ofMinutes(11));
      assertThat(server.handshake(first, NAME)).isEqualTo(before);
      // More than a third of its life is left, and it is a new one already.
      pass(authority, Duration.ofMinutes(1));
      assertThat(server.handshake(first, NAME)).isNotEqualTo(before);

      Files.delete(directory.resolve("roots.pem"));
      authority.look();
      String both = authority.trustedPem();
      assertThat(Pem.certificates(both)).hasSize(2).containsAll(Pem.certificates(first));
      pass(authority, Duration.ofMinutes(9));
      assertThat(server.handshake(first, NAME)).isNotNull();

      pass(authority, Duration.ofMinutes(1));
      assertThat(server.handshake(both, NAME)).isNotNull();
      assertThatThrownBy(() -> server.handshake(first, NAME))
          .isInstanceOf(SSLHandshakeException.class);
      assertThat(Pem.certificates(authority.trustedPem())).hasSize(2);

      pass(authority, Duration.ofMinutes(30));
      assertThat(Pem.certificates(authority.trustedPem()))
          .hasSize(1)
          .doesNotContainAnyElementsOf(Pem.certificates(first));
      assertThat(server.handshake(authority.trustedPem(), NAME)).isNotNull();
    }
  }

  @Test
  void replicasThatStartTogetherShareOneRoot() throws Exception {
    var store = new DirectoryRoots(directory);
    List<CertificateAuthority> replicas =
        List.of(1, 2, 3, 4).parallelStream()
            .map(
                _ -> {
                  try {
                    return open(store);
                  } catch (PkiException e) {
                    throw new IllegalStateException(e);
                  }
                })
            .toList();
    try {
      for (CertificateAuthority each : replicas) {
        each.look();
        assertThat(each.trustedPem()).isEqualTo(replicas.getFirst().trustedPem());
        try (var server = new TestServer(each)) {
          assertThat(server.handshake(replicas.getFirst().trustedPem(), NAME)).isNotNull();
        }
      }
    } finally {
      replicas.forEach(CertificateAuthority::close);
    }
  }

  @Test
  void theKeyIsForItsOwnerAloneAndARestartKeepsIt() throws Exception {
    String trusted;
    try (var authority = open(new DirectoryRoots(directory))) {
      trusted = authority.trustedPem();
    }
    assertThat(Files.getPosixFilePermissions(directory.resolve("roots.pem")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(trusted).doesNotContain("PRIVATE");
    try (var authority = open(new DirectoryRoots(directory))) {
      assertThat(authority.trustedPem()).isEqualTo(trusted);
    }
  }

  @Test
  void whatCannotBeUsedIsNamedAndChangesNothing() throws Exception {
    var store = new DirectoryRoots(directory);
    Files.writeString(directory.resolve("roots.pem"), "nonsense");
    assertThatThrownBy(() -> open(store))
        .isInstanceOf(PkiException.class)
        .hasMessageContaining("roots.pem cannot be used")
        .hasMessageContaining("expected 1 or 2")
        .hasMessageContaining("remove it");
    Files.delete(directory.resolve("roots.pem"));
    try (var authority = open(store)) {
      String trusted = authority.trustedPem();
      String good = Files.readString(directory.resolve("roots.pem"));
      Files.writeString(directory.resolve("roots.pem"), good.replace("CERTIFICATE", "NOTHING"));
      authority.look();
      assertThat(authority.problem()).contains("a NOTHING has no place here");
      assertThat(authority.trustedPem()).isEqualTo(trusted);
      Files.writeString(directory.resolve("roots.pem"), good);
      authority.look();
      assertThat(authority.problem()).isEmpty();
    }
  }

  @Test
  void aStoreThatIsAwayAtFirstIsWaitedFor() throws Exception {
    var store = new DirectoryRoots(directory);
    var asked = new AtomicInteger();
    RootStore late =
        new RootStore() {
          @Override
          public @Nullable Held read() throws IOException {
            if (asked.incrementAndGet() <= 2) {
              throw new RootStoreAwayException("the API server is not reached", null);
            }
            return store.read();
          }

          @Override
          public boolean write(String text, String trusted, @Nullable String expected)
              throws IOException {
            return store.write(text, trusted, expected);
          }

          @Override
          public String place() {
            return store.place();
          }
        };
    try (var authority = open(late)) {
      assertThat(authority.problem()).isEmpty();
      assertThat(authority.trustedPem()).isEqualTo(Files.readString(store.trustedFile()));
    }
  }

  @Test
  void aRootIsRotatedAYearBeforeItsEnd() throws Exception {
    PkiTimes times = PkiTimes.DEFAULT;
    Roots made = Roots.make(now, times);
    Instant end = made.signer().notAfter();
    assertThat(made.advance(now.plus(Duration.ofDays(3284)), times)).isSameAs(made);

    Instant due = end.minus(Duration.ofDays(365));
    Roots both = made.advance(due, times);
    assertThat(both.signer()).isEqualTo(made.signer());
    assertThat(both.trusted()).hasSize(2);
    assertThat(Roots.parse(both.text())).isEqualTo(both);
    assertThat(both.rotate(due, times)).isSameAs(both);
    assertThat(both.advance(due.plus(Duration.ofHours(23)), times)).isSameAs(both);

    Roots turned = both.advance(due.plus(Duration.ofDays(1)), times);
    assertThat(turned.signer()).isEqualTo(both.next());
    assertThat(turned.retired()).containsExactly(made.signer().certificate());
    assertThat(Roots.parse(turned.text())).isEqualTo(turned);
    assertThat(turned.advance(due.plus(Duration.ofDays(2)), times)).isSameAs(turned);
    assertThat(turned.advance(due.plus(Duration.ofDays(3)), times).retired()).isEmpty();

    Roots late = made.advance(end, times);
    assertThat(late.signer()).isNotEqualTo(made.signer());
    assertThat(late.trusted()).hasSize(1);
  }

  private CertificateAuthority open(RootStore store) throws PkiException {
    return CertificateAuthority.open(store, List.of(NAME, "127.0.0.1", "::1"), TIMES, () -> now);
  }

  private void pass(CertificateAuthority authority, Duration time) {
    now = now.plus(time);
    authority.look();
  }
}
