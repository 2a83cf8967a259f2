package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.Direction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upgrade and what follows: bytes as they are, each direction closed by itself. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class TunnelTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @ParameterizedTest(name = "{0}, epoll {1}")
  @MethodSource("dev.weft.sidecar.proxy.Tunnels#everywhere")
  void bytesPassBothWaysAndEachDirectionClosesByItself(Direction direction, boolean epoll) {
    try (var proxy = new ProxyFixture(epoll, ConnectionLimits.DEFAULT);
        var origin = Tunnels.echo();
        var client = proxy.caller(direction, origin)) {
      var response = client.send(Tunnels.UPGRADE).read();
      assertThat(response.status()).isEqualTo(101);
      assertThat(response.header("upgrade")).isEqualTo("websocket");
      assertThat(response.header("connection")).isEqualToIgnoringCase("upgrade");
      assertThat(response.header("x-accept")).isEqualTo("2");
      var request = origin.requests.getFirst();
      assertThat(request.header("upgrade")).isEqualTo("websocket");
      assertThat(request.header("connection")).isEqualToIgnoringCase("upgrade");
      assertThat(request.header("x-key")).isEqualTo("1");

      client.send("GET / HTTP/1.1\r\n\0\u00ff");
      client.socket().shutdownOutput();
      assertThat(client.readToEnd()).isEqualTo("hello GET / HTTP/1.1\r\n\0\u00ff");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void theApplicationMayCloseFirst(Direction direction) {
    var heard = new AtomicReference<String>();
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(Tunnels.SWITCH + "bye");
                  connection.socket.shutdownOutput();
                  heard.set(new String(connection.in.readAllBytes(), StandardCharsets.ISO_8859_1));
                })) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        assertThat(client.send(Tunnels.UPGRADE).read().status()).isEqualTo(101);
        assertThat(client.readToEnd()).isEqualTo("bye");
        client.send("last words");
      }
      await().untilAsserted(() -> assertThat(heard).hasValue("last words"));
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void whatIsSentTooEarlyWaitsForTheAnswer(Direction direction) {
    var go = new CountDownLatch(1);
    var early = new AtomicLong(-1);
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  Origin.pass(go);
                  early.set(connection.in.available());
                  connection.write(Tunnels.SWITCH);
                  connection.out.write(connection.in.readNBytes(5));
                  connection.out.flush();
                });
        var client = proxy.caller(direction, origin)) {
      client.send(Tunnels.UPGRADE + "early");
      await().until(() -> origin.requests.size() == 1);
      go.countDown();
      assertThat(client.read().status()).isEqualTo(101);
      assertThat(client.readToEnd()).isEqualTo("early");
      assertThat(early).as("nothing before the answer").hasValue(0);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void whatWasSentWithARefusedUpgradeIsNoRequest(Direction direction) {
    String smuggled = "GET /smuggled HTTP/1.1\r\nHost: catalog\r\n\r\n";
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  while (connection.readRequest() != null) {
                    // Head and content by themselves, as many servers send them.
                    connection.write(OK.substring(0, OK.length() - 2));
                    connection.write(OK.substring(OK.length() - 2));
                  }
                })) {
      var address = proxy.to(direction, origin);
      try (var client = proxy.client(address)) {
        assertThat(client.send(Tunnels.UPGRADE + smuggled).read().header("connection"))
            .isEqualTo("close");
        assertThat(client.readToEnd()).isEmpty();
        assertThat(origin.requests).hasSize(1);
      }
      // Without it the connection is kept, on both sides.
      try (var client = proxy.client(address)) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(Tunnels.UPGRADE).read().body()).isEqualTo("ok");
        }
        assertThat(client.send(Tunnels.GET + "\r\n").read().body()).isEqualTo("ok");
      }
      assertThat(origin.connections.get()).isEqualTo(1);
    }
  }

  static Stream<Arguments> requestsWithoutAnUpgrade() {
    String both = "Connection: Upgrade\r\nUpgrade: ";
    return Stream.of(
        Arguments.of("no option (9110 7.8)", Tunnels.GET + "Upgrade: websocket\r\n\r\n"),
        Arguments.of("no field", Tunnels.GET + "Connection: Upgrade\r\n\r\n"),
        Arguments.of(
            "HTTP/1.0 (9110 7.8)",
            Tunnels.GET.replace("1.1", "1.0")
                + "Connection: keep-alive, Upgrade\r\nUpgrade: x\r\n\r\n"),
        Arguments.of("h2c", Tunnels.GET + both + "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
        Arguments.of("TLS", Tunnels.GET + both + "TLS/1.2, HTTP/2.0\r\n\r\n"),
        Arguments.of("no token", Tunnels.GET + both + "a b, \"c\", /, d/\r\n\r\n"),
        Arguments.of("empty", Tunnels.GET + both + "\r\n\r\n"),
        Arguments.of(
            "a body",
            Tunnels.GET.replace("GET", "POST") + both + "websocket\r\nContent-Length: 2\r\n\r\nhi"),
        Arguments.of(
            "a chunked body",
            Tunnels.GET
                + both
                + "websocket\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("requestsWithoutAnUpgrade")
  void anUpgradeThatIsNotToBePassedOnIsLeftOut(String what, String bytes) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.once("liar", Tunnels.SWITCH + "smuggled")) {
      proxy.route.retry = RetryConfig.NEVER;
      try (var client = proxy.caller(origin)) {
        var response = client.send(bytes).read();
        assertThat(response.status()).as("a 101 that nobody asked for").isEqualTo(502);
        assertThat(response.body()).contains("\"UPE\"");
      }
      var request = origin.requests.getFirst();
      assertThat(request.head()).doesNotContainIgnoringCase("upgrade");
      assertThat(request.head()).doesNotContainIgnoringCase("http2-settings");
    }
  }

  @Test
  void onlyTheOtherProtocolsOfAListArePassedOn() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("one", OK);
        var client = proxy.caller(origin)) {
      client.send(
          Tunnels.GET + "Connection: upgrade\r\nUpgrade: h2c, foo/1\r\nUpgrade: bar\r\n\r\n");
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(origin.requests.getFirst().header("upgrade")).isEqualTo("foo/1, bar");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101 X\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket, other\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.0 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
      })
  void aSwitchToSomethingElseIsNonsense(String answer) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("one", answer)) {
      proxy.route.retry = RetryConfig.NEVER;
      try (var client = proxy.caller(origin)) {
        assertThat(client.send(Tunnels.UPGRADE).read().status()).isEqualTo(502);
      }
    }
  }

  @Test
  void aResponseMaySayWhatHasToBeUpgradedTo() {
    try (var proxy = new ProxyFixture();
        var origin =
            Origin.answering(
                "one",
                "HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo/2\r\nConnection: upgrade\r\n"
                    + "Content-Length: 0\r\n\r\n");
        var client = proxy.caller(origin)) {
      for (int i = 0; i < 2; i++) {
        var response = client.send(Tunnels.GET + "\r\n").read();
        assertThat(response.header("upgrade")).isEqualTo("foo/2");
        assertThat(response.header("connection")).isEqualToIgnoringCase("upgrade");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aResetIsPassedOnAsOne(Direction direction) {
    var end = new AtomicReference<String>();
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(Tunnels.SWITCH);
                  try {
                    end.set("end after " + connection.in.readAllBytes().length);
                  } catch (IOException e) {
                    end.set("reset");
                  }
                })) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        assertThat(client.send(Tunnels.UPGRADE).read().status()).isEqualTo(101);
        client.socket().setSoLinger(true, 0);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      await().untilAsserted(() -> assertThat(end).hasValue("reset"));
    }
  }
}
