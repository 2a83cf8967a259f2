package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.Http2RawClient.bytes;
import static dev.weft.sidecar.proxy.Http2RawClient.fields;
import static dev.weft.sidecar.proxy.Http2RawClient.request;
import static dev.weft.sidecar.proxy.Http2RawClient.setting;
import static dev.weft.sidecar.proxy.Http2RawClient.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.testkit.SocketThreads;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What costs us more than whoever sends it, by raw frames against a running listener: each ends
 * that connection alone, with the right code, counted by its cause; the neighbour's connection is
 * served on.
 */
class Http2AbuseTest {
  private static final int PROTOCOL_ERROR = 1;
  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;
  private static final String HOST = "catalog";

  private ProxyFixture proxy;
  private Origin origin;
  private InetSocketAddress address;
  private Http2RawClient neighbour;

  @BeforeEach
  void listen() {
    proxy = new ProxyFixture();
    origin =
        new Origin(
            "one",
            connection -> {
              for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
                String body = "x".repeat(r.line().contains("/big") ? 1_000_000 : 100);
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
              }
            });
    proxy.serve(HOST, origin);
    address = proxy.outbound();
    neighbour = Http2RawClient.open(address);
  }

  @AfterEach
  void theNeighbourWasNotTouched() {
    neighbour.get(1, HOST).flush();
    var answer = neighbour.awaitStream(1);
    assertThat(status(answer.getFirst())).isEqualTo(200);
    neighbour.close();
    origin.close();
    proxy.close();
  }

  interface Attack {
    /** Sends one unit of it. */
    void send(Http2RawClient client, int round);
  }

  static Stream<Arguments> floods() {
    return Stream.of(
        flood(
            "rapid reset",
            Bound.H2_RESETS,
            (c, i) ->
                c.headers(2 * i + 1, true, request("GET", HOST, "/wait"))
                    .frame(Http2RawClient.RST_STREAM, 0, 2 * i + 1, bytes(8))),
        flood(
            "resets that we are provoked to",
            Bound.H2_RESETS,
            (c, i) -> c.get(2 * i + 1, HOST).windowUpdate(2 * i + 1, 0)),
        flood(
            "malformed requests",
            Bound.H2_RESETS,
            (c, i) -> c.headers(2 * i + 1, true, request("GET", HOST, "/", "X-Upper", "1"))),
        flood(
            "SETTINGS",
            Bound.H2_SETTINGS,
            (c, i) -> c.frame(Http2RawClient.SETTINGS, 0, 0, setting(1, i))),
        flood("PING", Bound.H2_PINGS, (c, i) -> c.frame(Http2RawClient.PING, 0, 0, new byte[8])),
        flood(
            "PRIORITY",
            Bound.H2_PRIORITIES,
            (c, i) -> c.frame(Http2RawClient.PRIORITY, 0, 1, new byte[] {0, 0, 0, 3, 0})),
        flood("unknown frames", Bound.H2_PRIORITIES, (c, i) -> c.frame(0x42, 0, 0)),
        flood("empty DATA", Bound.H2_EMPTY_DATA, (c, i) -> post(c, i).frame(0, 0, 1)),
        flood(
            "padding without data",
            Bound.H2_EMPTY_DATA,
            (c, i) -> post(c, i).frame(0, 8, 1, new byte[] {3, 0, 0, 0})),
        flood("WINDOW_UPDATE", Bound.H2_WINDOW_UPDATES, (c, i) -> c.windowUpdate(0, 1)),
        flood("large heads", Bound.H2_LARGE_HEADS, (c, i) -> largeHead(c, 2 * i + 1)));
  }

  private static Arguments flood(String name, Bound bound, Attack attack) {
    return Arguments.of(name, bound, attack);
  }

  private static Http2RawClient post(Http2RawClient client, int round) {
    return round == 0 ? client.headers(1, false, request("POST", HOST, "/")) : client;
  }

  /**
   * A small block that is large when it is decoded: one entry of the table, named again and again.
   */
  private static Http2RawClient largeHead(Http2RawClient client, int stream) {
    var block = new java.io.ByteArrayOutputStream();
    block.writeBytes(request("GET", HOST, "/"));
    if (stream == 1) {
      // With indexing: it becomes the table's first entry, 62.
      byte[] literal = fields("x-bomb", "b".repeat(3000));
      literal[0] = 0x40;
      block.writeBytes(literal);
    }
    for (int i = 0; i < 1000; i++) {
      block.write(0x80 | 62);
    }
    return client.headers(stream, true, block.toByteArray());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("floods")
  void aFloodEndsItsConnectionAlone(String name, Bound bound, Attack attack) {
    try (var client = Http2RawClient.open(address)) {
      for (int i = 0; i < 2000; i++) {
        attack.send(client, i);
        if (i % 50 == 0 && !client.tryFlush()) {
          break;
        }
      }
      client.tryFlush();
      assertThat(client.awaitGoAwayAndEnd()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(reached(bound)).isEqualTo(1);
    }
  }

  @Test
  void aHeadInManySmallPiecesIsAFlood() {
    try (var client = Http2RawClient.open(address)) {
      client.frame(Http2RawClient.HEADERS, 1, 1, request("GET", HOST, "/"));
      for (int i = 0; i < 200; i++) {
        client.frame(Http2RawClient.CONTINUATION, 0, 1);
      }
      client.tryFlush();
      assertThat(client.awaitGoAwayAndEnd()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(reached(Bound.H2_CONTINUATIONS)).isEqualTo(1);
    }
  }

  @Test
  void aHeadWithoutEndIsAFlood() {
    try (var client = Http2RawClient.open(address)) {
      client.frame(Http2RawClient.HEADERS, 1, 1, request("GET", HOST, "/"));
      byte[] more = fields("x-more", "m".repeat(16_000));
      for (int i = 0; i < 20; i++) {
        client.frame(Http2RawClient.CONTINUATION, 0, 1, more);
      }
      client.tryFlush();
      assertThat(client.awaitGoAwayAndEnd()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(reached(Bound.H2_CONTINUATIONS)).isEqualTo(1);
    }
  }

  @Test
  void anOversizeHeadIsAnsweredAndTheConnectionServesOn() {
    try (var client = Http2RawClient.open(address)) {
      largeHead(client, 1).flush();
      var refused = client.awaitStream(1);
      assertThat(status(refused.getFirst())).isEqualTo(431);
      client.get(3, HOST).flush();
      assertThat(status(client.awaitStream(3).getFirst())).isEqualTo(200);
      assertThat(reached(Bound.H2_HEAD_BYTES)).isEqualTo(1);
    }
  }

  @Test
  void aHeadThatDripsEndsItsConnection() {
    try (var client = Http2RawClient.open(address)) {
      client.frame(Http2RawClient.HEADERS, 1, 1, request("GET", HOST, "/")).flush();
      advanceUntil(Bound.HEAD_TIME);
      assertThat(client.awaitGoAwayAndEnd()).isEqualTo(PROTOCOL_ERROR);
    }
  }

  @Test
  void aConnectionWithoutItsPrefacesEndIsClosed() {
    try (var client = Http2RawClient.connect(address)) {
      client.preface().flush();
      advanceUntil(Bound.HEAD_TIME);
      assertThat(client.awaitGoAwayAndEnd()).isEqualTo(PROTOCOL_ERROR);
    }
  }

  @Test
  void aStreamWhoseReaderOpensNoWindowEndsAndTheConnectionServesOn() {
    try (var client = Http2RawClient.open(address, setting(SETTINGS_INITIAL_WINDOW_SIZE, 0))) {
      client.headers(1, true, request("GET", HOST, "/big")).flush();
      assertThat(status(client.awaitType(Http2RawClient.HEADERS))).isEqualTo(200);
      advanceUntil(Bound.RESPONSE_STALLED);
      assertThat(client.awaitStream(1).getLast().type()).isEqualTo(Http2RawClient.RST_STREAM);
      client.frame(Http2RawClient.PING, 0, 0, new byte[8]).flush();
      client.awaitType(Http2RawClient.PING);
    }
  }

  @Test
  void aStreamWhoseReaderDripsEnds() {
    try (var client = Http2RawClient.open(address, setting(SETTINGS_INITIAL_WINDOW_SIZE, 0))) {
      client.headers(1, true, request("GET", HOST, "/big")).flush();
      client.awaitType(Http2RawClient.HEADERS);
      for (int i = 0; i < 2; i++) {
        client.windowUpdate(1, 1).flush();
        assertThat(client.awaitType(Http2RawClient.DATA).payload()).hasSize(1);
        proxy.advance(100, TimeUnit.SECONDS);
      }
      advanceUntil(Bound.RESPONSE_STALLED);
      assertThat(client.awaitStream(1).getLast().type()).isEqualTo(Http2RawClient.RST_STREAM);
    }
  }

  @Test
  void tinyWindowsAreAFlood() {
    try (var client = Http2RawClient.open(address, setting(SETTINGS_INITIAL_WINDOW_SIZE, 0))) {
      client.headers(1, true, request("GET", HOST, "/big"));
      for (int i = 0; i < 2000; i++) {
        client.windowUpdate(1, 1);
        if (i % 20 == 0 && !client.tryFlush()) {
          break;
        }
      }
      client.tryFlush();
      assertThat(client.awaitGoAwayAndEnd()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(reached(Bound.H2_TINY_WINDOWS) + reached(Bound.H2_WINDOW_UPDATES)).isEqualTo(1);
    }
  }

  @Test
  void whoTakesNoAnswersIsNotReadFromAndEnds() {
    proxy.lookup.othersAreUnknown = true;
    var sent = new AtomicInteger();
    try (var client = Http2RawClient.openNarrow(address)) {
      var sender =
          SocketThreads.start(
              () -> {
                boolean taken = true;
                while (taken) {
                  client.headers(
                      2 * sent.getAndIncrement() + 1, true, request("HEAD", "nobody", "/"));
                  taken = sent.get() % 100 != 0 || client.tryFlush();
                }
              });
      // Until its own requests are not taken any more.
      await()
          .atMost(30, TimeUnit.SECONDS)
          .pollInterval(500, TimeUnit.MILLISECONDS)
          .until(new Unchanged(sent));
      assertThat(proxy.directBytesInUse()).isLessThan(16L << 20);
      await()
          .until(
              () -> {
                proxy.advance(20, TimeUnit.SECONDS);
                return !sender.isAlive();
              });
      // So much time has passed that the neighbour was idle for too long.
      neighbour.close();
      neighbour = Http2RawClient.open(address);
    }
  }

  /** Whether a counter that has moved stands where it stood the last three times. */
  private static final class Unchanged implements Callable<Boolean> {
    private final AtomicInteger counter;
    private int before;
    private int same;

    Unchanged(AtomicInteger counter) {
      this.counter = counter;
    }

    @Override
    public Boolean call() {
      int last = before;
      before = counter.get();
      same = last > 0 && last == before ? same + 1 : 0;
      return same == 3;
    }
  }

  @Test
  void moreStreamsThanAllowedAreRefusedUnread() {
    try (var client = Http2RawClient.open(address)) {
      int allowed = Bound.H2_STREAMS.intValue();
      for (int i = 0; i <= allowed; i++) {
        client.headers(2 * i + 1, false, request("POST", HOST, "/"));
      }
      client.flush();
      var refused = client.awaitType(Http2RawClient.RST_STREAM);
      assertThat(refused.stream()).isEqualTo(2 * allowed + 1);
      assertThat(refused.number(0)).isEqualTo(7);
      assertThat(reached(Bound.H2_STREAMS)).isEqualTo(1);
    }
  }

  @Test
  void aBusyConnectionMayPingAndWidenItsWindowsWithEveryFrame() {
    try (var client = Http2RawClient.open(address)) {
      for (int i = 0; i < 1000; i++) {
        client.get(2 * i + 1, HOST);
        client.frame(Http2RawClient.PING, 0, 0, new byte[8]);
        client.windowUpdate(0, 100).windowUpdate(2 * i + 1, 100).flush();
        client.awaitStream(2 * i + 1);
      }
    }
  }

  private long reached(Bound bound) {
    return proxy.reached(bound);
  }

  /** Lets time pass, second by second as it does, until the bound is reached. */
  private void advanceUntil(Bound bound) {
    long before = proxy.reached(bound);
    await()
        .until(
            () -> {
              proxy.advance(20, TimeUnit.SECONDS);
              return proxy.reached(bound) > before;
            });
  }
}
