package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.Http2RawClient.bytes;
import static dev.weft.sidecar.proxy.Http2RawClient.fields;
import static dev.weft.sidecar.proxy.Http2RawClient.request;
import static dev.weft.sidecar.proxy.Http2RawClient.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A caller's HTTP/2 connection by raw frames: what is passed on, refused, ended and in what order.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class Http2ServerTest {
  private static final String HOST = "catalog";

  private final CountDownLatch go = new CountDownLatch(1);
  private ProxyFixture proxy;
  private Origin origin;
  private InetSocketAddress address;

  @BeforeEach
  void listen() {
    proxy = new ProxyFixture();
    origin = new Origin("one", this::answer);
    proxy.serve(HOST, origin);
    address = proxy.outbound();
  }

  @AfterEach
  void close() {
    go.countDown();
    origin.close();
    proxy.close();
  }

  private void answer(Origin.Connection connection) throws java.io.IOException {
    for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
      if (r.line().contains("/wait")) {
        uninterruptibly(go);
      }
      if (r.line().contains("/cut")) {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        return;
      }
      if (r.line().contains("/hints")) {
        connection.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      }
      String body =
          r.line().contains("/big") ? "x".repeat(200_000) : r.header("cookie") + "|" + r.body();
      connection.write(
          "HTTP/1.1 200 OK\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + (r.line().startsWith("HEAD") ? "" : body));
    }
  }

  private static void uninterruptibly(CountDownLatch latch) {
    try {
      latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // What is malformed ends its stream (RFC 9113, section 8.1.1).
    ":method, GET, x-upper, X-Upper, 0",
    ":method, GET, connection, close, 0",
    ":method, GET, keep-alive, 1, 0",
    ":method, GET, proxy-connection, close, 0",
    ":method, GET, transfer-encoding, chunked, 0",
    ":method, GET, upgrade, foo, 0",
    ":method, GET, te, gzip, 0",
    ":method, GET, :unknown, 1, 0",
    ":method, GET, :status, 200, 0",
    ":method, GET, :path, /, 0",
    ":method, GET, content-length, 5, 0",
    ":method, GET, content-length, -1, 0",
    ":method, GET, content-length, 1x, 0",
    ":method, GET, host, elsewhere, 0",
    ":method, GET, host, catalog:81, 0",
    ":authority, catalog:81, host, catalog, 0",
    ":method, GET, 'a b', 1, 0",
    ":method, G(T, a, 1, 0",
    ":method, '', a, 1, 0",
    // What a person may have got wrong is answered.
    ":method, CONNECT, a, 1, 0",
    ":authority, 'a b', a, 1, 400",
    ":authority, 'user@host', a, 1, 400",
    ":path, /../etc, a, 1, 400",
    ":path, etc, a, 1, 0",
    ":path, '/a b', a, 1, 0",
    ":path, /a%2, a, 1, 400",
    ":path, '/a\\b', a, 1, 400",
    ":method, get, a, 1, 400",
    ":method, GET, content_length, 0, 400",
    ":scheme, ftp, a, 1, 400"
  })
  void whatIsMalformedEndsItsStreamAlone(
      String pseudo, String pseudoValue, String name, String value, int answer) {
    String[] head = {
      ":method", "GET", ":scheme", "http", ":authority", HOST, ":path", "/", name, value
    };
    if (name.equals("x-upper")) {
      head[8] = "X-Upper";
    }
    for (int i = 0; i < 8; i += 2) {
      if (head[i].equals(pseudo)) {
        head[i + 1] = pseudoValue;
      }
    }
    try (var client = Http2RawClient.open(address)) {
      client.headers(1, true, fields(head)).flush();
      var first = client.awaitStream(1).getFirst();
      if (answer == 0) {
        assertThat(first.type()).isEqualTo(Http2RawClient.RST_STREAM);
        assertThat(first.number(0)).isEqualTo(1);
      } else {
        assertThat(status(first)).isEqualTo(answer);
      }
      assertThat(origin.requests).isEmpty();
      client.get(3, HOST).flush();
      assertThat(status(client.awaitStream(3).getFirst())).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"catalog", "catalog:80", "cATALOG:"})
  void aHostThatMeansTheAuthorityIsDropped(String host) {
    try (var client = Http2RawClient.open(address)) {
      client.headers(1, true, request("GET", HOST, "/", "host", host)).flush();
      assertThat(status(client.awaitStream(1).getFirst())).isEqualTo(200);
      assertThat(origin.requests.getFirst().header("host")).isEqualTo(HOST);
    }
  }

  @Test
  void aBodyThatDoesNotAddUpEndsItsStream() {
    try (var client = Http2RawClient.open(address)) {
      client
          .headers(1, false, request("POST", HOST, "/", "content-length", "3"))
          .frame(Http2RawClient.DATA, 1, 1, new byte[2])
          .headers(3, false, request("POST", HOST, "/", "content-length", "3"))
          .frame(Http2RawClient.DATA, 0, 3, new byte[4])
          .flush();
      assertThat(client.awaitStream(1).getLast().number(0)).isEqualTo(1);
      assertThat(client.awaitStream(3).getLast().number(0)).isEqualTo(1);
    }
  }

  @Test
  void crumbsOfACookieAreOneLineForHttp11() {
    try (var client = Http2RawClient.open(address)) {
      client
          .headers(1, true, request("GET", HOST, "/", "cookie", "a=1", "x", "y", "cookie", "b=2"))
          .flush();
      assertThat(client.awaitStream(1).get(1).text()).isEqualTo("a=1; b=2|");
      assertThat(origin.requests.getFirst().header("x")).isEqualTo("y");
    }
  }

  @Test
  void aHeadHasNoBodyAndAnInterimResponseComesFirst() {
    try (var client = Http2RawClient.open(address)) {
      client.headers(1, true, request("HEAD", HOST, "/")).flush();
      var head = client.awaitStream(1);
      assertThat(head).hasSize(1);
      assertThat(status(head.getFirst())).isEqualTo(200);
      client.headers(3, true, request("GET", HOST, "/hints")).flush();
      var hints = client.awaitStream(3);
      assertThat(status(hints.get(0))).isEqualTo(103);
      assertThat(status(hints.get(1))).isEqualTo(200);
    }
  }

  @Test
  void streamsTakeTurnsWithWhatTheConnectionMaySend() {
    byte[] closed = Http2RawClient.setting(4, 0);
    try (var client = Http2RawClient.open(address, closed)) {
      for (int stream = 1; stream <= 5; stream += 2) {
        client.headers(stream, true, request("GET", HOST, "/big"));
      }
      client.windowUpdate(0, 1_000_000).flush();
      for (int heads = 0; heads < 3; heads++) {
        client.awaitType(Http2RawClient.HEADERS);
      }
      // All windows open at once.
      client.frame(Http2RawClient.SETTINGS, 0, 0, Http2RawClient.setting(4, 1_000_000)).flush();
      int[] got = new int[6];
      int ended = 0;
      int leastOfOthersAtFirstEnd = 0;
      while (ended < 3) {
        var frame = client.awaitType(Http2RawClient.DATA);
        got[frame.stream()] += frame.payload().length;
        if (frame.ends() && ended++ == 0) {
          leastOfOthersAtFirstEnd = Math.min(Math.min(got[1], got[3]), got[5]);
        }
      }
      assertThat(List.of(got[1], got[3], got[5])).containsOnly(200_000);
      assertThat(leastOfOthersAtFirstEnd).isPositive();
    }
  }

  @Test
  void aCallersResetCancelsTheAttempt() {
    try (var client = Http2RawClient.open(address)) {
      client.headers(1, true, request("GET", HOST, "/wait")).flush();
      await().until(() -> origin.requests.size() == 1);
      client.frame(Http2RawClient.RST_STREAM, 0, 1, bytes(8)).flush();
      await().until(() -> active() == 0);
    }
  }

  @Test
  void aResponseThatIsCutIsReset() {
    try (var client = Http2RawClient.open(address)) {
      client.headers(1, true, request("GET", HOST, "/cut")).flush();
      var frames = client.awaitStream(1);
      assertThat(status(frames.getFirst())).isEqualTo(200);
      assertThat(frames.getLast().type()).isEqualTo(Http2RawClient.RST_STREAM);
      assertThat(frames.getLast().number(0)).isEqualTo(2);
    }
  }

  @Test
  void anAnswerBeforeTheRequestsEndAsksForNoMoreOfIt() {
    try (var client = Http2RawClient.open(address)) {
      proxy.lookup.othersAreUnknown = true;
      client.headers(1, false, request("POST", "nobody", "/")).flush();
      var answer = client.awaitStream(1);
      assertThat(status(answer.getFirst())).isEqualTo(404);
      assertThat(answer.getLast().ends()).isTrue();
      assertThat(client.awaitType(Http2RawClient.RST_STREAM).number(0)).isZero();
      // What is on its way still is no offence.
      client.frame(Http2RawClient.DATA, 1, 1, new byte[100]).get(3, HOST).flush();
      assertThat(status(client.awaitStream(3).getFirst())).isEqualTo(200);
    }
  }

  @Test
  void aBodyThatNobodyReadsIsNotAskedForFurther() {
    try (var client = Http2RawClient.open(address);
        var sink = new Origin("sink", connection -> uninterruptibly(go))) {
      proxy.serve("sink", sink);
      client.headers(1, false, request("POST", "sink", "/")).flush();
      int window = proxy.http2Limits.streamWindow();
      int sent = 0;
      byte[] piece = new byte[16_000];
      while (sent + piece.length <= window) {
        client.frame(Http2RawClient.DATA, 0, 1, piece);
        sent += piece.length;
      }
      client.flush();
      // What the sockets on the way take is asked for again; then no more.
      long before = -1;
      long granted = 0;
      client.frame(Http2RawClient.PING, 0, 0, new byte[8]).flush();
      while (granted != before) {
        before = granted;
        var frame =
            client.await(
                f ->
                    f.type() == Http2RawClient.PING
                        || (f.type() == Http2RawClient.WINDOW_UPDATE && f.stream() == 1));
        if (frame.type() == Http2RawClient.WINDOW_UPDATE) {
          granted += frame.number(0);
          for (int left = frame.number(0); left >= piece.length; left -= piece.length) {
            client.frame(Http2RawClient.DATA, 0, 1, piece);
          }
          client.frame(Http2RawClient.PING, 0, 0, new byte[8]).flush();
          client.awaitType(Http2RawClient.PING);
          client.frame(Http2RawClient.PING, 0, 0, new byte[8]).flush();
        }
      }
      assertThat(granted).isLessThan(16_000_000);
      // Another stream has the connection's window to itself.
      client
          .headers(3, false, request("POST", HOST, "/"))
          .frame(Http2RawClient.DATA, 1, 3, "hello".getBytes(StandardCharsets.US_ASCII))
          .flush();
      assertThat(status(client.awaitStream(3).getFirst())).isEqualTo(200);
    }
  }

  @Test
  void aRefusedRequestEndsWhateverItsStreamWasBefore() {
    try (var client = Http2RawClient.open(address)) {
      byte[] tunnel =
          Http2RawClient.fields(
              ":method",
              "CONNECT",
              ":protocol",
              "websocket",
              ":scheme",
              "http",
              ":authority",
              HOST,
              ":path",
              "/wait",
              "sec-websocket-version",
              "13");
      client.headers(1, false, tunnel).flush();
      await().until(() -> origin.requests.size() == 1);
      client.frame(Http2RawClient.RST_STREAM, 0, 1, Http2RawClient.bytes(8)).flush();
      await().until(() -> active() == 0);
      // Of the next one nobody wants the body.
      client.headers(3, false, request("POST", HOST, "/%00")).flush();
      assertThat(status(client.awaitType(Http2RawClient.HEADERS))).isEqualTo(400);
      var reset = client.awaitType(Http2RawClient.RST_STREAM);
      assertThat(reset.stream()).isEqualTo(3);
      assertThat(reset.number(0)).isZero();
    }
  }

  @Test
  void aLeaveTakesTwoStepsAndLosesNoRequest() throws Exception {
    try (var client = Http2RawClient.open(address)) {
      client.headers(1, true, request("GET", HOST, "/wait")).flush();
      await().until(() -> origin.requests.size() == 1);
      proxy.worker.drain(Direction.OUTBOUND);
      var first = client.awaitType(Http2RawClient.GOAWAY);
      assertThat(first.number(0)).isEqualTo(Integer.MAX_VALUE);
      assertThat(first.number(4)).isZero();
      var ping = client.awaitType(Http2RawClient.PING);
      // A request that was on its way when the caller heard it.
      client.get(3, HOST).flush();
      assertThat(status(client.awaitStream(3).getFirst())).isEqualTo(200);
      CompletableFuture<Void> drained = proxy.worker.drained(Direction.OUTBOUND);
      client.frame(Http2RawClient.PING, Http2RawClient.ACK, 0, ping.payload()).flush();
      var last = client.awaitType(Http2RawClient.GOAWAY);
      assertThat(last.number(0)).isEqualTo(3);
      assertThat(drained).isNotDone();
      // What comes now was not looked at, and the caller is told so.
      client.get(5, HOST).flush();
      var refused = client.awaitType(Http2RawClient.RST_STREAM);
      assertThat(refused.stream()).isEqualTo(5);
      assertThat(refused.number(0)).isEqualTo(7);
      go.countDown();
      assertThat(status(client.awaitStream(1).getFirst())).isEqualTo(200);
      // It is the caller's to close, when it has read everything.
      proxy.advance(900, TimeUnit.MILLISECONDS);
      client.frame(Http2RawClient.PING, 0, 0, new byte[8]).flush();
      assertThat(client.awaitType(Http2RawClient.PING).payload()).isEqualTo(new byte[8]);
      assertThat(drained).isNotDone();
      client.close();
      drained.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void whoComesDuringADrainIsServedOnceAndThenToldToGo() {
    proxy.worker.drain(Direction.OUTBOUND);
    try (var client = Http2RawClient.open(address)) {
      client.get(1, HOST).flush();
      assertThat(client.awaitType(Http2RawClient.GOAWAY).number(0)).isEqualTo(Integer.MAX_VALUE);
      assertThat(status(client.awaitStream(1).getFirst())).isEqualTo(200);
    }
  }

  @Test
  void anIdleConnectionIsLeftPolitely() {
    try (var client = Http2RawClient.open(address)) {
      client.get(1, HOST).flush();
      client.awaitStream(1);
      proxy.advance(301, TimeUnit.SECONDS);
      assertThat(client.awaitType(Http2RawClient.GOAWAY).number(0)).isEqualTo(Integer.MAX_VALUE);
      var ping = client.awaitType(Http2RawClient.PING);
      client.frame(Http2RawClient.PING, Http2RawClient.ACK, 0, ping.payload()).flush();
      assertThat(client.awaitType(Http2RawClient.GOAWAY).number(0)).isEqualTo(1);
      proxy.advance(2, TimeUnit.SECONDS);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void anOldConnectionIsLeftPolitely() {
    proxy.worker.maxConnectionAge(TimeUnit.SECONDS.toNanos(100));
    try (var client = Http2RawClient.open(address)) {
      client.get(1, HOST).flush();
      client.awaitStream(1);
      proxy.advance(89, TimeUnit.SECONDS);
      client.get(3, HOST).flush();
      assertThat(client.awaitStream(3)).noneMatch(f -> f.type() == Http2RawClient.GOAWAY);
      proxy.advance(22, TimeUnit.SECONDS);
      assertThat(client.awaitType(Http2RawClient.GOAWAY).number(0)).isEqualTo(Integer.MAX_VALUE);
      assertThat(proxy.reached(Bound.CONNECTION_AGE)).isEqualTo(1);
      var ping = client.awaitType(Http2RawClient.PING);
      // What was on its way is served.
      client.get(5, HOST).flush();
      assertThat(status(client.awaitStream(5).getFirst())).isEqualTo(200);
      client.frame(Http2RawClient.PING, Http2RawClient.ACK, 0, ping.payload()).flush();
      assertThat(client.awaitType(Http2RawClient.GOAWAY).number(0)).isEqualTo(5);
    }
  }

  private int active() {
    var active = new int[1];
    proxy.run(() -> active[0] = proxy.worker.downstream(Direction.OUTBOUND).activeRequests());
    return active[0];
  }
}
