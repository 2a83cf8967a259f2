package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Direction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that tell by the PROXY protocol who calls: those that may, have to. */
class ProxyHeaderReceivedTest extends RelayFixture {
  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(value = WireProtocol.class, names = "HTTP2", mode = EnumSource.Mode.EXCLUDE)
  void aTrustedProxySaysWhoCalls(WireProtocol protocol) throws Exception {
    Path log = directory.resolve("access.log");
    proxy.close();
    proxy = new ProxyFixture(true, ConnectionLimits.DEFAULT, AccessLog.open(log.toString()));
    boolean http = protocol == WireProtocol.HTTP1;
    try (var app = http ? Origin.named("app") : echo("app");
        var client =
            proxy.client(
                inbound(app.port(), protocol, AddressRanges.parse(List.of("127.0.0.0/8"))))) {
      client.send("PROXY TCP4 192.0.2.7 198.51.1");
      client.send("00.1 56324 80\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      if (!http) {
        client.socket().shutdownOutput();
      }
      assertThat(client.readToEnd()).contains(http ? "app" : "GET / HTTP/1.1");
      await()
          .untilAsserted(
              () ->
                  assertThat(Files.readString(log))
                      .contains("\"downstream_remote_address\":\"192.0.2.7:56324\""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1\r\nhost: a\r\n\r\n", "PROXY TCP9 a\r\n", "PROXY "})
  void aTrustedProxyThatDoesNotSaySoIsCutOff(String first) throws Exception {
    try (var app = Origin.named("app");
        var client =
            proxy.client(
                inbound(
                    app.port(), WireProtocol.HTTP1, AddressRanges.parse(List.of("127.0.0.1"))))) {
      client.send(first);
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) <= 1);
      if (first.equals("PROXY ")) {
        await().until(() -> proxy.directBytesInUse() > 0);
        proxy.advance(11, TimeUnit.SECONDS);
      }
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(app.connections.get()).isZero();
      assertThat(metric("downstream_proxy_header_error_total", Direction.INBOUND)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY TCP4 9.9.9.9 8.8.8.8 1 2\r\n", "\r\n\r\n\0\r\nQUIT\n\21\21\0\0"})
  void anAddressThatNobodyVouchesForIsRefused(String header) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      client.send(header);
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(db.connections.get()).isZero();
      assertThat(metric("downstream_cx_protocol_error_total", Direction.INBOUND)).isEqualTo(1);
    }
  }
}
