package dev.weft.controlplane.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.testkit.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileIdentityTest {
  private final TestCa ca = new TestCa("own authority");

  @TempDir Path directory;

  @Test
  void newFilesAreShownWithoutARestart() throws Exception {
    TestCa.Issued first = ca.issue("weft", "localhost");
    TestCa.Issued second = ca.issueRsa("weft", "localhost");
    first.write(directory, "tls");
    ca.write(directory.resolve("ca.crt"));
    try (FileIdentity identity = open();
        var server = new TestServer(identity)) {
      assertThat(identity.trustedPem()).isEqualTo(ca.certificatePem());
      assertThat(server.handshake(ca.certificatePem(), "localhost")).isEqualTo(first.certificate());
      second.write(directory, "tls");
      identity.look();
      assertThat(server.handshake(ca.certificatePem(), "localhost"))
          .isEqualTo(second.certificate());
      assertThat(identity.notAfter()).isEqualTo(second.certificate().getNotAfter().toInstant());
    }
  }

  @Test
  void halfOfAPairIsNotShownUntilTheOtherIsThere() throws Exception {
    TestCa.Issued first = ca.issue("weft", "localhost");
    TestCa.Issued second = ca.issue("weft", "localhost");
    first.write(directory, "tls");
    ca.write(directory.resolve("ca.crt"));
    try (FileIdentity identity = open();
        var server = new TestServer(identity)) {
      Files.writeString(directory.resolve("tls.crt"), second.certificatePem());
      identity.look();
      assertThat(server.handshake(ca.certificatePem(), "localhost")).isEqualTo(first.certificate());
      Files.writeString(directory.resolve("tls.key"), second.keyPem());
      identity.look();
      assertThat(server.handshake(ca.certificatePem(), "localhost"))
          .isEqualTo(second.certificate());
    }
  }

  @Test
  void whatIsWrongIsSaidOfWhichFile() throws Exception {
    TestCa.Issued other = ca.issue("other", "localhost");
    assertThatThrownBy(this::open).hasMessageContaining("tls.crt does not exist");
    ca.issue("weft", "localhost").write(directory, "tls");
    ca.write(directory.resolve("ca.crt"));
    Files.writeString(directory.resolve("tls.key"), other.keyPem());
    assertThatThrownBy(this::open)
        .hasMessageContaining("tls.key: the private key does not belong to the certificate");
    Files.writeString(directory.resolve("tls.key"), "nothing");
    assertThatThrownBy(this::open).hasMessageContaining("tls.key: it holds no PRIVATE KEY");
    Instant yesterday = Instant.now().minus(Duration.ofDays(1));
    ca.issue(yesterday.minus(Duration.ofDays(1)), yesterday, "weft", "localhost")
        .write(directory, "tls");
    assertThatThrownBy(this::open).hasMessageContaining("tls.crt: the certificate expired on");
  }

  private FileIdentity open() throws PkiException {
    return FileIdentity.open(
        directory.resolve("tls.crt"),
        directory.resolve("tls.key"),
        directory.resolve("ca.crt"),
        InstantSource.system());
  }
}
