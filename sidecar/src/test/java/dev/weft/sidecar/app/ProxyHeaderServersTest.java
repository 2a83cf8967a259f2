package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.cluster;
import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.slice;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.HealthCheck;
import dev.weft.proto.discovery.v1.HttpHealthCheck;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.ProxyProtocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;
import dev.weft.testkit.TestCa;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that we did not write and that take nothing without a header of the PROXY protocol. */
final class ProxyHeaderServersTest extends ServersFixture {
  private static final String WHO =
      "location = /who { return 200 \"$proxy_protocol_addr:$proxy_protocol_port"
          + " $proxy_protocol_server_port $server_protocol $connection\"; }";

  private final TestCa ca = new TestCa("authority");

  private Sidecar start(String... flags) throws IOException {
    controlPlane.put(inbound("app"));
    return start("app", List.of(flags));
  }

  private Nginx nginx(boolean tls, String listen) throws IOException {
    ca.issue("server", "db.example").write(folder, "server");
    Nginx server =
        tls
            ? Nginx.secured(folder, "server", listen + " proxy_protocol", WHO)
            : new Nginx(folder, listen + " proxy_protocol", WHO);
    closeLater(server);
    return server;
  }

  private void publish(
      int port,
      ProxyProtocol header,
      Protocol protocol,
      boolean tls,
      @Nullable HealthCheck check,
      String version) {
    Resource.Builder cluster = cluster("db").toBuilder().setVersion(version);
    cluster.getClusterBuilder().setProtocol(protocol).setProxyProtocol(header);
    if (tls) {
      cluster
          .getClusterBuilder()
          .setTls(
              UpstreamTls.newBuilder()
                  .setServerName("db.example")
                  .setCaCertificates(ca.certificatePem())
                  .setMinVersion(TlsVersion.TLS_1_2));
    }
    if (check != null) {
      cluster.getClusterBuilder().setHealthCheck(check);
    }
    controlPlane.put(slice("db", port), cluster.build(), host("db", "db"));
  }

  /** A GET on a connection that stays open; its answer from the status line on. */
  private static String get(Socket caller, String path) throws IOException {
    caller.setSoTimeout(20_000);
    caller
        .getOutputStream()
        .write(("GET " + path + " HTTP/1.1\r\nhost: db\r\n\r\n").getBytes(US_ASCII));
    byte[] buffer = new byte[64 * 1024];
    int read = 0;
    String all = "";
    while (!isWhole(all)) {
      int more = caller.getInputStream().read(buffer, read, buffer.length - read);
      if (more < 0) {
        break;
      }
      read += more;
      all = new String(buffer, 0, read, US_ASCII);
    }
    return all;
  }

  private static boolean isWhole(String all) {
    int end = all.indexOf("\r\n\r\n");
    int length = all.toLowerCase(Locale.ROOT).indexOf("content-length: ");
    return end >= 0
        && length >= 0
        && all.length()
            >= end + 4 + Integer.parseInt(all.substring(length + 16, all.indexOf('\r', length)));
  }

  @ParameterizedTest
  @CsvSource({
    "PROXY_PROTOCOL_V1,HTTP1,false,'',HTTP/1.1",
    "PROXY_PROTOCOL_V2,HTTP1,false,'',HTTP/1.1",
    "PROXY_PROTOCOL_V1,HTTP2,false,http2,HTTP/2.0",
    "PROXY_PROTOCOL_V2,HTTP2,false,http2,HTTP/2.0",
    "PROXY_PROTOCOL_V1,HTTP1,true,'',HTTP/1.1",
    "PROXY_PROTOCOL_V2,HTTP2,true,http2,HTTP/2.0",
    "PROXY_PROTOCOL_V2,PROTOCOL_UNSPECIFIED,true,http2,HTTP/2.0"
  })
  void nginxKnowsWhoCalls(
      ProxyProtocol header, Protocol protocol, boolean tls, String listen, String spoken)
      throws Exception {
    Nginx server = nginx(tls, listen);
    publish(server.port, header, protocol, tls, null, "v1");
    Sidecar sidecar = start();
    try (var anna = new Socket("127.0.0.1", sidecar.outboundPort());
        var berta = new Socket("127.0.0.1", sidecar.outboundPort())) {
      List<String> connections = new ArrayList<>();
      for (Socket caller : List.of(anna, berta, anna, berta)) {
        String answer = get(caller, "/who");
        String said = "127.0.0.1:" + caller.getLocalPort() + " " + sidecar.outboundPort();
        assertThat(answer).startsWith("HTTP/1.1 200").contains(said + " " + spoken + " ");
        connections.add(answer.substring(answer.lastIndexOf(' ') + 1));
      }
      assertThat(connections).doesNotHaveDuplicates();
    }
  }

  /** Nobody is behind a check, and that is what its header says. */
  @ParameterizedTest
  @EnumSource(names = {"PROXY_PROTOCOL_V1", "PROXY_PROTOCOL_V2"})
  void checksBeginWithAHeaderToo(ProxyProtocol header) throws Exception {
    HealthCheck check =
        HealthCheck.newBuilder()
            .setHttp(HttpHealthCheck.newBuilder().setPath("/who"))
            .setIntervalNanos(50_000_000)
            .setTimeoutNanos(5_000_000_000L)
            .setUnhealthyThreshold(1)
            .setHealthyThreshold(1)
            .build();
    Nginx server = nginx(false, "");
    publish(server.port, header, Protocol.HTTP1, false, check, "v1");
    Sidecar sidecar = start();
    try (var caller = new Socket("127.0.0.1", sidecar.outboundPort())) {
      assertThat(get(caller, "/who")).startsWith("HTTP/1.1 200");
      await().atMost(LONG).until(() -> checks(sidecar, "attempt") >= 3);
      assertThat(checks(sidecar, "failure")).isZero();
    }
    // The same server, to which checks say nothing: it takes no such connection.
    publish(
        server.port, ProxyProtocol.PROXY_PROTOCOL_UNSPECIFIED, Protocol.HTTP1, false, check, "v2");
    await().atMost(LONG).until(() -> checks(sidecar, "failure") > 0);
  }

  private static double checks(Sidecar sidecar, String what) {
    return sidecar
        .telemetry()
        .scrape()
        .lines()
        .filter(line -> line.startsWith("weft_cluster_health_check_" + what + "_total{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @ParameterizedTest
  @EnumSource(names = {"PROXY_PROTOCOL_V1", "PROXY_PROTOCOL_V2"})
  void haproxyKnowsWhoIsBehindARelay(ProxyProtocol header) throws Exception {
    int port = haproxy();
    publish(port, header, Protocol.TCP, false, null, "v1");
    controlPlane.put(host("db:80", "db"));
    int through = start("--tcp-listen=0=db:80").tcpPorts().getFirst();
    try (var caller = new Socket()) {
      caller.connect(new InetSocketAddress("127.0.0.1", through));
      assertThat(get(caller, "/")).contains("127.0.0.1:" + caller.getLocalPort() + "|" + through);
    }
  }

  /** The same HAProxy hears nothing from who does not say who calls. */
  @Test
  void withoutTheHeaderHaproxyHangsUp() throws Exception {
    int port = haproxy();
    publish(port, ProxyProtocol.PROXY_PROTOCOL_UNSPECIFIED, Protocol.TCP, false, null, "v1");
    controlPlane.put(host("db:80", "db"));
    int through = start("--tcp-listen=0=db:80").tcpPorts().getFirst();
    try (var caller = new Socket("127.0.0.1", through)) {
      String answer;
      try {
        answer = get(caller, "/");
      } catch (IOException e) {
        answer = "";
      }
      assertThat(answer).isEmpty();
    }
  }

  private int haproxy() throws IOException {
    return haproxy(
        "http",
        """
        frontend front
          bind 127.0.0.1:%d accept-proxy
          http-request return status 200 content-type text/plain lf-string "%%[src]:%%[src_port]|%%[dst_port]"
        """);
  }
}
