package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Direction;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upgrade and what follows: bytes as they are, each direction closed by itself. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class TunnelTest {
  private static final String GET = "GET /ws HTTP/1.1\r\nHost: catalog\r\n";
  private static final String UPGRADE =
      GET + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nX-Key: 1\r\n\r\n";
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "X-Accept: 2\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  /** Switches, then sends back what comes, to its end. */
  private static Origin echo() {
    return new Origin(
        "echo",
        connection -> {
          connection.readRequest();
          connection.write(SWITCH + "hello ");
          connection.in.transferTo(connection.out);
          connection.socket.shutdownOutput();
        });
  }

  static Stream<Arguments> everywhere() {
    Stream<Boolean> transports = Epoll.isAvailable() ? Stream.of(true, false) : Stream.of(false);
    return transports.flatMap(
        epoll -> Stream.of(Direction.values()).map(direction -> Arguments.of(direction, epoll)));
  }

  @ParameterizedTest(name = "{0}, epoll {1}")
  @MethodSource("everywhere")
  void bytesPassBothWaysAndEachDirectionClosesByItself(Direction direction, boolean epoll) {
    try (var proxy = new ProxyFixture(epoll, ConnectionLimits.DEFAULT);
        var origin = echo()) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        var response = client.send(UPGRADE).read();
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
                  connection.write(SWITCH + "bye");
                  connection.socket.shutdownOutput();
                  heard.set(new String(connection.in.readAllBytes(), StandardCharsets.ISO_8859_1));
                })) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        assertThat(client.send(UPGRADE).read().status()).isEqualTo(101);
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
                  pass(go);
                  early.set(connection.in.available());
                  connection.write(SWITCH);
                  connection.out.write(connection.in.readNBytes(5));
                  connection.out.flush();
                })) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        client.send(UPGRADE + "early");
        await().until(() -> origin.requests.size() == 1);
        go.countDown();
        assertThat(client.read().status()).isEqualTo(101);
        assertThat(client.readToEnd()).isEqualTo("early");
        assertThat(early).as("nothing before the answer").hasValue(0);
      }
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
        assertThat(client.send(UPGRADE + smuggled).read().header("connection")).isEqualTo("close");
        assertThat(client.readToEnd()).isEmpty();
        assertThat(origin.requests).hasSize(1);
      }
      // Without it the connection is kept, on both sides.
      try (var client = proxy.client(address)) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(UPGRADE).read().body()).isEqualTo("ok");
        }
        assertThat(client.send(GET + "\r\n").read().body()).isEqualTo("ok");
      }
      assertThat(origin.connections.get()).isEqualTo(1);
    }
  }

  static Stream<Arguments> requestsWithoutAnUpgrade() {
    String both = "Connection: Upgrade\r\nUpgrade: ";
    return Stream.of(
        Arguments.of("no option (9110 7.8)", GET + "Upgrade: websocket\r\n\r\n"),
        Arguments.of("no field", GET + "Connection: Upgrade\r\n\r\n"),
        Arguments.of(
            "HTTP/1.0 (9110 7.8)",
            GET.replace("1.1", "1.0") + "Connection: keep-alive, Upgrade\r\nUpgrade: x\r\n\r\n"),
        Arguments.of("h2c", GET + both + "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
        Arguments.of("TLS", GET + both + "TLS/1.2, HTTP/2.0\r\n\r\n"),
        Arguments.of("no token", GET + both + "a b, \"c\", /, d/\r\n\r\n"),
        Arguments.of("empty", GET + both + "\r\n\r\n"),
        Arguments.of(
            "a body",
            GET.replace("GET", "POST") + both + "websocket\r\nContent-Length: 2\r\n\r\nhi"),
        Arguments.of(
            "a chunked body",
            GET + both + "websocket\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("requestsWithoutAnUpgrade")
  void anUpgradeThatIsNotToBePassedOnIsLeftOut(String what, String bytes) {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "liar",
                connection -> {
                  connection.readRequest();
                  connection.write(SWITCH + "smuggled");
                })) {
      proxy.route.retry = dev.weft.common.config.RetryConfig.NEVER;
      try (var client = proxy.client(proxy.to(Direction.OUTBOUND, origin))) {
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
        var origin = Origin.answering("one", OK)) {
      try (var client = proxy.client(proxy.to(Direction.OUTBOUND, origin))) {
        client.send(GET + "Connection: upgrade\r\nUpgrade: h2c, foo/1\r\nUpgrade: bar\r\n\r\n");
        assertThat(client.read().status()).isEqualTo(200);
        assertThat(origin.requests.getFirst().header("upgrade")).isEqualTo("foo/1, bar");
      }
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
      proxy.route.retry = dev.weft.common.config.RetryConfig.NEVER;
      try (var client = proxy.client(proxy.to(Direction.OUTBOUND, origin))) {
        assertThat(client.send(UPGRADE).read().status()).isEqualTo(502);
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
                    + "Content-Length: 0\r\n\r\n")) {
      try (var client = proxy.client(proxy.to(Direction.OUTBOUND, origin))) {
        for (int i = 0; i < 2; i++) {
          var response = client.send(GET + "\r\n").read();
          assertThat(response.header("upgrade")).isEqualTo("foo/2");
          assertThat(response.header("connection")).isEqualToIgnoringCase("upgrade");
        }
      }
    }
  }

  @ParameterizedTest(name = "{0}, epoll {1}")
  @MethodSource("everywhere")
  void muchPassesUnchangedBothWaysAtOnce(Direction direction, boolean epoll) throws Exception {
    byte[] much = new byte[8 * 1024 * 1024];
    new Random(1).nextBytes(much);
    try (var proxy = new ProxyFixture(epoll, ConnectionLimits.DEFAULT);
        var origin = echo()) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        client.send(UPGRADE).read();
        Thread.ofVirtual()
            .start(
                () -> {
                  client.send(much);
                  try {
                    client.socket().shutdownOutput();
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
        assertThat(client.in().readNBytes(6))
            .isEqualTo("hello ".getBytes(StandardCharsets.US_ASCII));
        byte[] back = client.in().readAllBytes();
        assertThat(back.length).isEqualTo(much.length);
        assertThat(Arrays.equals(back, much)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void whoDoesNotReadStopsWhoSends(Direction direction) {
    var written = new AtomicLong();
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(SWITCH);
                  byte[] block = new byte[64 * 1024];
                  for (int i = 0; i < 1024; i++) {
                    connection.out.write(block);
                    written.addAndGet(block.length);
                  }
                })) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        client.send(UPGRADE).read();
        MessageTest.settled(written);
        assertThat(written.get()).isLessThan(32L * 1024 * 1024);
        assertThat(proxy.directBytesInUse()).isLessThan(2 * 1024 * 1024);
        assertThat(client.readToEnd()).hasSize(64 * 1024 * 1024);
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
                  connection.write(SWITCH);
                  try {
                    end.set("end after " + connection.in.readAllBytes().length);
                  } catch (IOException e) {
                    end.set("reset");
                  }
                })) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        assertThat(client.send(UPGRADE).read().status()).isEqualTo(101);
        client.socket().setSoLinger(true, 0);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      await().untilAsserted(() -> assertThat(end).hasValue("reset"));
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void anIdleTunnelEndsInTimeAndABusyOneDoesNot(Direction direction) throws IOException {
    try (var proxy = new ProxyFixture();
        var origin = echo()) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        client.send(UPGRADE).read();
        assertThat(client.in().readNBytes(6)).hasSize(6);
        for (int i = 0; i < 4; i++) {
          proxy.advance(40, TimeUnit.MINUTES);
          client.send("x");
          assertThat(client.in().read()).isPositive();
        }
        assertThat(proxy.telemetry.scrape()).contains(metric("tunnel_active", direction) + " 1.0");
        await()
            .untilAsserted(
                () -> {
                  proxy.advance(61, TimeUnit.MINUTES);
                  assertThat(proxy.telemetry.scrape())
                      .contains(metric("tunnel_idle_timeout_total", direction) + " 1.0")
                      .contains(metric("tunnel_total", direction) + " 1.0")
                      .contains(metric("tunnel_active", direction) + " 0.0")
                      .containsPattern("weft_upstream_rq_total\\{.*code_class=\"1xx\".*} 1.0")
                      // An hour of a tunnel is no latency of a request.
                      .containsPattern("weft_upstream_rq_time_seconds_count\\{.*} 0\n")
                      .containsPattern("weft_upstream_rq_time_seconds_sum\\{.*} 0.0\n");
                });
        assertThat(client.isClosedByPeer()).isTrue();
      }
    }
  }

  private static String metric(String name, Direction direction) {
    return "weft_downstream_" + name + "{direction=\"" + direction.label() + "\"}";
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aDrainWaitsForATunnel(Direction direction) {
    try (var proxy = new ProxyFixture();
        var origin = echo()) {
      try (var client = proxy.client(proxy.to(direction, origin))) {
        client.send(UPGRADE).read();
        proxy.worker.drain(direction);
        var drained = proxy.worker.drained(direction);
        client.send("on");
        assertThat(client.in().readNBytes(8))
            .isEqualTo("hello on".getBytes(StandardCharsets.US_ASCII));
        assertThat(drained).isNotDone();
        client.socket().shutdownOutput();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(drained).succeedsWithin(Duration.ofSeconds(10));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void theAccessLogHasItsRowWhenTheTunnelEnds(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("access.log");
    try (var proxy =
            new ProxyFixture(
                Epoll.isAvailable(), ConnectionLimits.DEFAULT, AccessLog.open(file.toString()));
        var origin = echo()) {
      try (var client = proxy.client(proxy.to(Direction.OUTBOUND, origin))) {
        client.send(UPGRADE).read();
        client.send("1234");
        assertThat(client.in().readNBytes(10)).hasSize(10);
        assertThat(file).isEmptyFile();
        client.socket().shutdownOutput();
        client.readToEnd();
      }
      await().until(() -> Files.size(file) > 0);
    }
    assertThat(Files.readString(file))
        .contains("\"response_code\":101", "\"bytes_received\":4", "\"bytes_sent\":10", "\"/ws\"");
  }

  private static void pass(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
