package dev.weft.sidecar.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.sidecar.telemetry.Direction;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an inbound connection speaks: declared, found out from its first bytes, or from silence. */
class InboundDetectionTest extends RelayFixture {
  @Test
  void aServerThatSpeaksFirstIsDialledAfterAShortSilence() throws Exception {
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  connection.write("220 ready\r\n");
                  connection.socket.getInputStream().transferTo(connection.out);
                });
        var client = proxy.client(inbound(db.port(), null))) {
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
      assertThat(db.connections.get()).isZero();
      proxy.advance(101, TimeUnit.MILLISECONDS);
      assertThat(client.line()).isEqualTo("220 ready");
      client.send("EHLO a\r\n");
      assertThat(client.line()).isEqualTo("EHLO a");
      assertThat(metric("downstream_pre_cx_active", Direction.INBOUND)).isZero();
      assertThat(metric("tcp_cx_active", Direction.INBOUND)).isEqualTo(1);
      assertThat(db.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void aDeclaredServerThatSpeaksFirstIsDialledAtOnce() throws Exception {
    try (var db = new Origin("db-1", connection -> connection.write("220 ready\r\n"));
        var client = proxy.client(inbound(db.port(), WireProtocol.TCP))) {
      assertThat(client.line()).isEqualTo("220 ready");
    }
  }

  /** An HTTP client that connects early stays one. */
  @Test
  void aSilentClientsFirstBytesStillDecide() throws Exception {
    try (var app = Origin.named("app");
        var client = proxy.client(inbound(app.port(), null))) {
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
      proxy.advance(101, TimeUnit.MILLISECONDS);
      await().until(() -> app.connections.get() == 1);
      client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(client.read().body()).isEqualTo("app");
      assertThat(metric("tcp_cx_total", Direction.INBOUND)).isZero();
      assertThat(app.requests.getFirst().header("traceparent")).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anUndeclaredPortServesHttpAndPassesOnWhatIsNot(boolean afterSilence) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      if (afterSilence) {
        await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
        proxy.advance(101, TimeUnit.MILLISECONDS);
        await().until(() -> db.connections.get() == 1);
      }
      for (String line : new String[] {"*1\r\n", "$4\r\n", "PING\r\n"}) {
        client.send(line);
        assertThat(client.line() + "\r\n").isEqualTo(line);
      }
      assertThat(db.connections.get()).isEqualTo(1);
      assertThat(metric("tcp_cx_total", Direction.INBOUND)).isEqualTo(1);
    }
  }

  @Test
  void halfAFirstLineIsBytesWhenItsTimeIsOver() throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      client.send("HELL");
      await().until(() -> proxy.directBytesInUse() > 0);
      proxy.advance(11, TimeUnit.SECONDS);
      assertThat(client.in().readNBytes(4)).isEqualTo("HELL".getBytes(ISO_8859_1));
    }
  }

  @Test
  void bytesBeforeTheEndOfAClientThatSaysNoMoreArePassedOn() throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      client.send("HELL");
      client.socket().shutdownOutput();
      assertThat(client.readToEnd()).isEqualTo("HELL");
    }
  }

  @Test
  void aClientThatOnlyConnectsAndLeavesIsNoConnectionOfOurs() throws Exception {
    try (var db = echo("db-1")) {
      InetSocketAddress address = inbound(db.port(), null);
      proxy.client(address).close();
      await().until(() -> proxy.worker.connections().get() == 0);
      try (var client = proxy.client(address)) {
        await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
        proxy.advance(101, TimeUnit.MILLISECONDS);
        await().until(() -> db.connections.get() == 1);
      }
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 0);
      assertThat(metric("tcp_cx_total", Direction.INBOUND)).isZero();
    }
  }
}
