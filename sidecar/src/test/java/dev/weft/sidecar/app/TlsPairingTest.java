package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.cluster;
import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each version of HTTP on either side of a sidecar, with TLS on one side or both: curl, nginx. */
final class TlsPairingTest {
  private final TestCa ca = new TestCa("authority");
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final List<AutoCloseable> open = new ArrayList<>();

  @TempDir private Path folder;

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    controlPlane.close();
  }

  private <T extends AutoCloseable> T closing(T what) {
    open.addFirst(what);
    return what;
  }

  private Sidecar start(String... more) throws IOException {
    controlPlane.put(inbound("app"));
    ca.issue("edge", "localhost").write(folder, "edge");
    return closing(Sidecars.start(controlPlane, "app", List.of(more)));
  }

  /** What the server says it was asked in, and what curl was answered in. */
  private String curl(String... arguments) throws Exception {
    var command =
        new ArrayList<>(List.of("curl", "-sS", "-w", " %{http_version}", "-m", "20", "--cacert"));
    command.add(ca.write(folder.resolve("ca.crt")).toString());
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      assumeTrue(false, "no curl here");
      throw e;
    }
  }

  private void publish(Nginx server) {
    Resource.Builder cluster = cluster("db").toBuilder();
    cluster
        .getClusterBuilder()
        .setTls(
            UpstreamTls.newBuilder()
                .setServerName("db.example")
                .setCaCertificates(ca.certificatePem())
                .setMinVersion(TlsVersion.TLS_1_2));
    controlPlane.put(slice("db", server.port), cluster.build(), host("db", "db"));
  }

  private Nginx secured(String listen) throws IOException {
    ca.issue("db", "db.example").write(folder, "db");
    return closing(Nginx.secured(folder, "db", listen, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "--http1.1,http,'',HTTP/1.1,1.1",
    "--http2,http,'',HTTP/1.1,2",
    "--http2,'','',HTTP/1.1,2",
    "--http1.1,h2c,http2,HTTP/2.0,1.1",
    "--http2,h2c,http2,HTTP/2.0,2"
  })
  void tlsInPlaintextOut(
      String caller, String declared, String listen, String asked, String answered)
      throws Exception {
    Nginx app = closing(new Nginx(folder, listen, ""));
    Sidecar sidecar =
        start(
            "--app-port=" + app.port,
            "--app-protocol=" + declared,
            "--tls-cert=" + folder.resolve("edge.crt"),
            "--tls-key=" + folder.resolve("edge.key"));
    String said = curl(caller, "https://localhost:" + sidecar.inboundPort() + "/");
    assertThat(said).startsWith(asked).endsWith(" " + answered);
  }

  @ParameterizedTest
  @CsvSource({
    "--http1.1,'',HTTP/1.1,1.1",
    "--http1.1,http2,HTTP/2.0,1.1",
    "--http2-prior-knowledge,'',HTTP/1.1,2",
    "--http2-prior-knowledge,http2,HTTP/2.0,2"
  })
  void plaintextInTlsOut(String caller, String listen, String asked, String answered)
      throws Exception {
    publish(secured(listen));
    Sidecar sidecar = start();
    String url = "http://127.0.0.1:" + sidecar.outboundPort() + "/";
    for (int i = 0; i < 2; i++) {
      String said = curl(caller, "-H", "host: db", url);
      assertThat(said).startsWith(asked + " db.example").endsWith(" " + answered);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--http1.1,'',HTTP/1.1,1.1",
    "--http1.1,http2,HTTP/2.0,1.1",
    "--http2,'',HTTP/1.1,2",
    "--http2,http2,HTTP/2.0,2"
  })
  void tlsInTlsOut(String caller, String listen, String asked, String answered) throws Exception {
    publish(secured(listen));
    Sidecar sidecar =
        start(
            "--outbound-tls-cert=" + folder.resolve("edge.crt"),
            "--outbound-tls-key=" + folder.resolve("edge.key"));
    String url = "https://localhost:" + sidecar.outboundPort() + "/";
    String said = curl(caller, "-H", "host: db", url);
    assertThat(said).startsWith(asked + " db.example").endsWith(" " + answered);
  }
}
