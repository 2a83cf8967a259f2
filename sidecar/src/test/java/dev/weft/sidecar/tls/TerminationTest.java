package dev.weft.sidecar.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.sidecar.tls.certificate.TlsFileException;
import dev.weft.testkit.TestCa;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that we did not write, against a server with the acceptor. */
final class TerminationTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private final TestCa ca = new TestCa("authority");
  private final List<AutoCloseable> open = new ArrayList<>();

  @TempDir private Path folder;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T closing(T what) {
    open.addFirst(what);
    return what;
  }

  private TlsServer server() throws TlsFileException {
    return closing(TlsServer.with(ca, folder, "server.example"));
  }

  private SSLSocket connect(TlsServer to, SSLContext with) throws IOException {
    var socket = (SSLSocket) with.getSocketFactory().createSocket("127.0.0.1", to.port());
    open.addFirst(socket);
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static String ask(SSLSocket socket) throws IOException {
    socket.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    return String.valueOf(
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
            .readLine());
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3,'h2,http/1.1',h2",
    "TLSv1.2,http/1.1,http/1.1",
    "TLSv1.3,postgresql,null",
    "TLSv1.2,,null"
  })
  void bothVersionsAndWhatAlpnAgreesOn(String version, String offered, String chosen)
      throws Exception {
    SSLSocket socket = connect(server(), ca.sslContext(null));
    socket.setEnabledProtocols(new String[] {version});
    if (offered != null) {
      var parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(offered.split(","));
      socket.setSSLParameters(parameters);
    }
    assertThat(ask(socket)).isEqualTo(chosen + " nobody");
    assertThat(socket.getSession().getProtocol()).isEqualTo(version);
  }

  @Test
  void whatIsOldIsRefused() throws Exception {
    TlsServer server = server();
    SSLSocket weak = connect(server, ca.sslContext(null));
    weak.setEnabledProtocols(new String[] {"TLSv1.2"});
    weak.setEnabledCipherSuites(
        Arrays.stream(weak.getSupportedCipherSuites())
            .filter(name -> name.contains("_CBC_"))
            .toArray(String[]::new));
    assertThatThrownBy(() -> ask(weak)).isInstanceOf(SSLException.class);
    await().atMost(LONG).until(() -> server.count("downstream_tls_connection_error") == 1);
  }

  @Test
  void rsaCertificatesServeToo() throws Exception {
    Path crt = ca.issueRsa("server", "server.example").write(folder, "rsa");
    TlsServer server =
        closing(
            new TlsServer(
                new ServerTlsFiles(crt, folder.resolve("rsa.key"), null, false), 10, 10_000));
    assertThat(ask(connect(server, ca.sslContext(null)))).isEqualTo("null nobody");
  }

  /** openssl says "Reused" when it took a session up again; its file is the session it got. */
  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void sessionsAreTakenUpAgainAlsoAfterTheCertificateWasReplaced(String version) throws Exception {
    TlsServer server = server();
    Path session = folder.resolve("session");
    assertThat(openssl(server, version, "-sess_out", session.toString())).contains("New, TLSv1");
    assertThat(openssl(server, version, "-sess_in", session.toString())).contains("Reused, TLSv1");
    ca.issue("server", "server.example").write(folder, "server");
    server.watch.look();
    server.watch.look();
    assertThat(server.tls.reloads()).isOne();
    assertThat(openssl(server, version, "-sess_in", session.toString())).contains("Reused, TLSv1");
    assertThat(server.count("downstream_tls_session_reused")).isEqualTo(2);
    // One rotation later the old key still opens, two later it does not.
    server.nanos.addAndGet(TicketKeys.ROTATION_NANOS);
    server.watch.look();
    assertThat(openssl(server, version, "-sess_in", session.toString())).contains("Reused, TLSv1");
    server.nanos.addAndGet(TicketKeys.ROTATION_NANOS);
    server.watch.look();
    assertThat(openssl(server, version, "-sess_in", session.toString())).contains("New, TLSv1");
  }

  private String openssl(TlsServer server, String... more) throws Exception {
    var command =
        new ArrayList<>(
            List.of("openssl", "s_client", "-connect", "127.0.0.1:" + server.port(), "-CAfile"));
    command.add(ca.write(folder.resolve("ca.crt")).toString());
    command.addAll(List.of(more));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, "no openssl here");
      throw e;
    }
    closing(process::destroy);
    // An answer comes after the tickets of TLS 1.3, which come after the handshake.
    process.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().flush();
    var said = new StringBuilder();
    var reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line;
    while ((line = reader.readLine()) != null) {
      said.append(line).append('\n');
      if (line.contains("nobody") || line.contains("Hash=")) {
        process.getOutputStream().write("Q\n".getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
      }
    }
    process.waitFor();
    return said.toString();
  }

  @Test
  void callersProveWhoTheyAre() throws Exception {
    TlsServer server = clientsFrom(ca, false);
    TestCa.Issued caller = ca.issue("anna\\, \\\"a\\\"", "spiffe://mesh/ns/a;b", "a.example");
    assertThat(ask(connect(server, ca.sslContext(caller))))
        .matches(
            "null Hash=[0-9a-f]{64};Subject=\"[^\\n]*anna[^\\n]*\""
                + ";URI=\"spiffe://mesh/ns/a;b\";DNS=a.example");
    assertThat(ask(connect(server, ca.sslContext(null)))).isEqualTo("null nobody");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "unknown", "expired"})
  void aCallerWithoutAGoodCertificateIsRefused(String kind) throws Exception {
    TlsServer server = clientsFrom(ca, true);
    var past = Instant.now().minusSeconds(60);
    SSLContext with =
        switch (kind) {
          case "none" -> ca.sslContext(null);
          case "unknown" -> ca.sslContext(new TestCa("another").issue("a"));
          default -> ca.sslContext(ca.issue(past.minusSeconds(60), past, "a"));
        };
    SSLSocket socket = connect(server, with);
    assertThatThrownBy(() -> ask(socket))
        .isInstanceOfAny(SSLException.class, SocketException.class);
    await().atMost(LONG).until(() -> server.count("downstream_tls_connection_error") == 1);
    assertThat(ask(connect(server, ca.sslContext(ca.issue("a"))))).startsWith("null Hash=");
  }

  private TlsServer clientsFrom(TestCa clients, boolean required) throws TlsFileException {
    Path crt = ca.issue("server", "server.example").write(folder, "server");
    Path clientCa = clients.write(folder.resolve("clients.crt"));
    return closing(
        new TlsServer(
            new ServerTlsFiles(crt, folder.resolve("server.key"), clientCa, required), 10, 10_000));
  }

  @Test
  void aBadNewCertificateIsRefusedAndTheOldOneStays() throws Exception {
    TlsServer server = server();
    SSLSocket before = connect(server, ca.sslContext(null));
    assertThat(ask(before)).isEqualTo("null nobody");
    Files.writeString(folder.resolve("server.crt"), "not a certificate");
    server.watch.look();
    server.watch.look();
    assertThat(server.tls.reloads()).isZero();
    assertThat(server.tls.reloadFailures()).isOne();
    assertThat(ask(connect(server, ca.sslContext(null)))).isEqualTo("null nobody");
    // Another authority's: who trusts the first only sees the difference.
    var other = new TestCa("other");
    other.issue("server", "server.example").write(folder, "server");
    server.watch.look();
    server.watch.look();
    assertThat(server.tls.reloads()).isOne();
    assertThat(ask(connect(server, other.sslContext(null)))).isEqualTo("null nobody");
    assertThatThrownBy(() -> ask(connect(server, ca.sslContext(null))))
        .isInstanceOf(SSLException.class);
    assertThat(ask(before)).isEqualTo("null nobody");
  }

  @Test
  void aClientHelloMayComeByteByByte() throws Exception {
    TlsServer server = server();
    var raw = closing(new Socket("127.0.0.1", server.port()));
    raw.setTcpNoDelay(true);
    var slow = closing(new OneByOne(raw));
    SSLSocket socket =
        (SSLSocket) ca.sslContext(null).getSocketFactory().createSocket("127.0.0.1", slow.port());
    open.addFirst(socket);
    socket.setSoTimeout(20_000);
    assertThat(ask(socket)).isEqualTo("null nobody");
  }

  @Test
  void aClientThatNeverFinishesIsClosedInTime() throws Exception {
    TlsServer server =
        closing(new TlsServer(TlsServer.files(ca, folder, "server.example"), 10, 300));
    var silent = closing(new Socket("127.0.0.1", server.port()));
    silent.setSoTimeout(20_000);
    silent.getOutputStream().write(new byte[] {22, 3, 1});
    assertThat(silent.getInputStream().read()).isEqualTo(-1);
    await().atMost(LONG).until(() -> server.count("downstream_tls_handshake_timeout") == 1);
    assertThat(server.count("downstream_tls_handshake_active")).isZero();
  }

  @Test
  void moreHandshakesThanTheBoundAreNotBegun() throws Exception {
    TlsServer server =
        closing(new TlsServer(TlsServer.files(ca, folder, "server.example"), 2, 60_000));
    var first = closing(new Socket("127.0.0.1", server.port()));
    closing(new Socket("127.0.0.1", server.port()));
    await().atMost(LONG).until(() -> server.count("downstream_tls_handshake_active") == 2);
    var third = closing(new Socket("127.0.0.1", server.port()));
    third.setSoTimeout(20_000);
    assertThat(third.getInputStream().read()).isEqualTo(-1);
    assertThat(server.count("downstream_tls_handshake_overflow")).isOne();
    first.close();
    await().atMost(LONG).until(() -> server.count("downstream_tls_handshake_active") == 1);
    assertThat(ask(connect(server, ca.sslContext(null)))).isEqualTo("null nobody");
  }

  @Test
  void whatIsNoTlsIsCountedAndClosed() throws Exception {
    TlsServer server = server();
    var plain = closing(new Socket("127.0.0.1", server.port()));
    plain.setSoTimeout(20_000);
    plain.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    plain.getInputStream().readAllBytes();
    await().atMost(LONG).until(() -> server.count("downstream_tls_connection_error") == 1);
  }
}
