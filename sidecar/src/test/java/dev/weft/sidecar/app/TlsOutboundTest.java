package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.cluster;
import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.proto.discovery.v1.HttpHealthCheck;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.testkit.Ports;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A sidecar that secures its application's calls, towards a real nginx. */
final class TlsOutboundTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private final TestCa ca = new TestCa("authority");
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final List<Nginx> servers = new ArrayList<>();
  private @Nullable Sidecar started;

  @TempDir private Path folder;

  TlsOutboundTest() {
    controlPlane.put(inbound("app"));
  }

  @AfterEach
  void stop() throws Exception {
    if (started != null) {
      started.close();
    }
    for (Nginx server : servers) {
      server.close();
    }
    controlPlane.close();
  }

  private Sidecar sidecar() {
    return Objects.requireNonNull(started);
  }

  private void start(String... more) throws IOException {
    started = Sidecars.start(controlPlane, "app", List.of(more));
  }

  private Nginx serve(String listen, String more) throws IOException {
    ca.issue("server", "db.example").write(folder, "server");
    var server = Nginx.secured(folder, "server", listen, more);
    servers.add(server);
    return server;
  }

  private UpstreamTls.Builder tls() {
    return UpstreamTls.newBuilder()
        .setServerName("db.example")
        .setCaCertificates(ca.certificatePem())
        .setMinVersion(TlsVersion.TLS_1_2);
  }

  private void publish(Nginx server, UpstreamTls.Builder tls, Protocol protocol) {
    publish(server, tls, protocol, null, "v1");
  }

  private void publish(
      Nginx server,
      UpstreamTls.Builder tls,
      Protocol protocol,
      @Nullable HealthCheck check,
      String version) {
    Resource.Builder cluster = cluster("db").toBuilder().setVersion(version);
    cluster.getClusterBuilder().setTls(tls).setProtocol(protocol);
    if (check != null) {
      cluster.getClusterBuilder().setHealthCheck(check);
    }
    controlPlane.put(slice("db", server.port), cluster.build(), host("db", "db"));
  }

  private HttpResponse<String> get() throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", sidecar().outboundPort())))
            .build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://db/")).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** What is declared is spoken; where nothing is, ALPN decides. */
  @ParameterizedTest
  @CsvSource({
    "PROTOCOL_UNSPECIFIED,http2,HTTP/2.0",
    "PROTOCOL_UNSPECIFIED,'',HTTP/1.1",
    "HTTP1,http2,HTTP/1.1",
    "HTTP2,http2,HTTP/2.0"
  })
  void theServerIsVerifiedAndSpokenToAsItLikes(Protocol declared, String listen, String spoken)
      throws Exception {
    publish(serve(listen, ""), tls(), declared);
    start();
    for (int i = 0; i < 3; i++) {
      assertThat(get().body()).startsWith(spoken + " db.example");
    }
  }

  @Test
  void aCertificateOfOursIsShownAndReplaced() throws Exception {
    Path anna = ca.issue("anna").write(folder, "own");
    Nginx server =
        serve(
            "",
            "ssl_verify_client on; ssl_client_certificate "
                + ca.write(folder.resolve("ca.crt"))
                + "; keepalive_timeout 0;");
    publish(server, tls().setClientCertificate(true), Protocol.HTTP1);
    start("--client-cert=" + anna, "--client-key=" + folder.resolve("own.key"));
    assertThat(get().body()).startsWith("HTTP/1.1 db.example CN=anna");
    ca.issue("berta").write(folder, "own");
    await()
        .atMost(LONG)
        .untilAsserted(() -> assertThat(get().body()).startsWith("HTTP/1.1 db.example CN=berta"));
  }

  @ParameterizedTest
  @CsvSource({"expired", "unknown", "name", "certificate"})
  void whatCannotBeSecuredIsAnsweredWithTheReason(String kind) throws Exception {
    Instant past = Instant.ofEpochSecond(Instant.now().getEpochSecond() - 60);
    Nginx server = serve("", "");
    UpstreamTls.Builder tls = tls();
    String reason =
        switch (kind) {
          case "expired" -> {
            server.close();
            ca.issue(past.minusSeconds(60), past, "server", "db.example").write(folder, "server");
            server = Nginx.secured(folder, "server", "", "");
            servers.add(server);
            yield "its certificate (CN=server) expired on " + past;
          }
          case "unknown" -> {
            tls.setCaCertificates(new TestCa("other").certificatePem());
            yield "is signed by an authority that is not trusted: CN=authority";
          }
          case "name" -> {
            tls.setServerName("other.example");
            yield "its certificate is for db.example: expected other.example";
          }
          default -> {
            tls.setClientCertificate(true);
            yield "this sidecar has no client certificate";
          }
        };
    publish(server, tls, Protocol.HTTP1);
    start();
    HttpResponse<String> answer = get();
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("TLS handshake failed", "\"flag\":\"UF", reason);
  }

  /** RFC 8446, section 6.1: whoever cuts the connection must not make a part look whole. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aResponseThatEndsWithItsConnectionIsWholeOnlyIfTlsSaysSo(boolean said) throws Exception {
    SSLSocketFactory sockets = ca.sslContext(ca.issue("server", "db.example")).getSocketFactory();
    try (var listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      SocketThreads.start(
          () -> {
            try (Socket plain = listening.accept()) {
              var secured = (SSLSocket) sockets.createSocket(plain, null, false);
              secured.setUseClientMode(false);
              byte[] head = new byte[4096];
              int length = secured.getInputStream().read(head);
              if (length > 0) {
                secured
                    .getOutputStream()
                    .write("HTTP/1.1 200 OK\r\n\r\npart".getBytes(StandardCharsets.US_ASCII));
                if (said) {
                  secured.close();
                }
              }
            } catch (IOException e) {
              // The test is over.
            }
          });
      Resource.Builder cluster = cluster("db").toBuilder();
      cluster.getClusterBuilder().setTls(tls()).setProtocol(Protocol.HTTP1);
      controlPlane.put(slice("db", listening.getLocalPort()), cluster.build(), host("db", "db"));
      start();
      if (said) {
        assertThat(get().body()).isEqualTo("part");
      } else {
        assertThatThrownBy(this::get).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void bytesAreSecuredToo() throws Exception {
    SSLSocketFactory sockets = ca.sslContext(ca.issue("server", "db.example")).getSocketFactory();
    try (var listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      SocketThreads.start(
          () -> {
            try (Socket plain = listening.accept();
                var secured = (SSLSocket) sockets.createSocket(plain, null, true)) {
              secured.setUseClientMode(false);
              secured.getInputStream().transferTo(secured.getOutputStream());
            } catch (IOException e) {
              // The test is over.
            }
          });
      Resource.Builder cluster = cluster("db").toBuilder();
      cluster.getClusterBuilder().setTls(tls()).setProtocol(Protocol.TCP);
      controlPlane.put(slice("db", listening.getLocalPort()), cluster.build(), host("db:80", "db"));
      int port = Ports.free();
      start("--tcp-listen=" + port + "=db:80");
      try (var client = new Socket("127.0.0.1", port)) {
        client.setSoTimeout(20_000);
        client.getOutputStream().write("\0\1hello".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.getInputStream().readNBytes(7))
            .isEqualTo("\0\1hello".getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  @Test
  void checksAreMadeOverTls() throws Exception {
    var check =
        HealthCheck.newBuilder()
            .setHttp(HttpHealthCheck.newBuilder().setPath("/"))
            .setIntervalNanos(50_000_000)
            .setTimeoutNanos(5_000_000_000L)
            .setUnhealthyThreshold(1)
            .setHealthyThreshold(1)
            .build();
    Nginx server = serve("", "");
    publish(server, tls(), Protocol.HTTP1, check, "v1");
    start();
    assertThat(get().statusCode()).isEqualTo(200);
    await()
        .atMost(LONG)
        .until(() -> sidecar().telemetry().scrape().contains("health_check_attempt"));
    publish(server, tls().setServerName("other.example"), Protocol.HTTP1, check, "v2");
    await()
        .atMost(LONG)
        .untilAsserted(
            () -> {
              HttpResponse<String> answer = get();
              assertThat(answer.statusCode()).isEqualTo(503);
              assertThat(answer.body()).contains("fails its health check");
            });
  }

  @Test
  void whenTheRulesChangeNothingGoesOverOldConnections() throws Exception {
    Nginx server = serve("", "");
    publish(server, tls(), Protocol.HTTP1, null, "v1");
    start();
    assertThat(get().statusCode()).isEqualTo(200);
    publish(server, tls().setServerName("other.example"), Protocol.HTTP1, null, "v2");
    await().atMost(LONG).untilAsserted(() -> assertThat(get().statusCode()).isEqualTo(502));
    publish(server, tls(), Protocol.HTTP1, null, "v3");
    await().atMost(LONG).untilAsserted(() -> assertThat(get().statusCode()).isEqualTo(200));
  }
}
