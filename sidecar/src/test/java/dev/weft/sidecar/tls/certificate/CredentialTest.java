package dev.weft.sidecar.tls.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CredentialTest {
  private final Instant now = Instant.now();
  private final TestCa ca = new TestCa("authority");

  @TempDir private Path folder;

  private Path crt = Path.of("none");
  private Path key = crt;

  private void write(TestCa.Issued issued) {
    crt = issued.write(folder, "own");
    key = folder.resolve("own.key");
  }

  private Credential load() throws TlsFileException {
    return Credential.load(crt, key, now);
  }

  @Test
  void aCertificateWithItsKeyIsTaken() throws Exception {
    write(ca.issue("a", "a.example"));
    Files.writeString(crt, Files.readString(crt) + ca.certificatePem());
    assertThat(load().chain()).hasSize(2);
    assertThat(load().notAfter()).isAfter(now);
  }

  /** The forms that openssl and cert-manager write besides PKCS #8. */
  @ParameterizedTest
  @ValueSource(strings = {"rsa", "ec"})
  void olderFormsOfKeysAreRead(String kind) throws Exception {
    write(kind.equals("rsa") ? ca.issueRsa("a") : ca.issue("a"));
    Path old = folder.resolve("old.key");
    var made = openssl(kind, "-in", key.toString(), "-out", old.toString(), "-traditional");
    if (made != 0) {
      made = openssl(kind, "-in", key.toString(), "-out", old.toString());
    }
    assumeTrue(made == 0, "no openssl here");
    key = old;
    assertThat(Files.readString(old)).containsAnyOf("BEGIN RSA PRIVATE", "BEGIN EC PRIVATE");
    assertThat(load().chain()).hasSize(1);
  }

  private static int openssl(String... arguments) throws InterruptedException {
    var command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() {
    write(ca.issue("a"));
    ca.issue("b").write(folder, "other");
    key = folder.resolve("other.key");
    assertThatThrownBy(this::load)
        .hasMessage(key + ": the key does not match the certificate in " + crt);
  }

  @Test
  void aKeyOfAnotherKindIsRefused() {
    write(ca.issue("a"));
    ca.issueRsa("b").write(folder, "other");
    key = folder.resolve("other.key");
    assertThatThrownBy(this::load).hasMessageStartingWith(key + ": is no EC key, as the cert");
  }

  @Test
  void whatIsNotInForceIsRefused() {
    Instant hour = now.minus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
    write(ca.issue(hour.minusSeconds(60), hour, "a"));
    assertThatThrownBy(this::load).hasMessage(crt + ": the certificate expired on " + hour);
    Instant later = hour.plus(Duration.ofHours(2));
    write(ca.issue(later, later.plusSeconds(60), "a"));
    assertThatThrownBy(this::load)
        .hasMessage(crt + ": the certificate is not in force before " + later);
  }

  @Test
  void whatIsNoPemIsRefusedByName() throws Exception {
    write(ca.issue("a"));
    String good = Files.readString(crt);
    Files.writeString(crt, "hello");
    assertThatThrownBy(this::load)
        .hasMessage(crt + ": holds no certificate: expected PEM, which begins with -----BEGIN");
    Files.writeString(crt, good.substring(0, good.length() / 2));
    assertThatThrownBy(this::load)
        .hasMessage(crt + ": is cut off within a block: no -----END for CERTIFICATE");
    Files.writeString(crt, good.replace("MII", "M!!"));
    assertThatThrownBy(this::load).hasMessageStartingWith(crt + ": a CERTIFICATE is no base64");
    Files.writeString(crt, Files.readString(key));
    assertThatThrownBy(this::load).hasMessage(crt + ": holds no certificate, only PRIVATE KEY");
    Files.writeString(crt, good);
    Files.writeString(key, good);
    assertThatThrownBy(this::load).hasMessage(key + ": holds no private key, only CERTIFICATE");
    Files.writeString(
        key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n");
    assertThatThrownBy(this::load)
        .hasMessage(key + ": the key is encrypted: expected one in the clear");
    Files.delete(key);
    assertThatThrownBy(this::load).hasMessage(key + ": does not exist");
    key = folder;
    assertThatThrownBy(this::load).hasMessage(folder + ": is a directory");
  }
}
