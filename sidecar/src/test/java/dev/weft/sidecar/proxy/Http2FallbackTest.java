package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.HEADERS;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.SETTINGS;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.STATUS_200;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.frame;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.nextRequest;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A caller of HTTP/2 and an application of which nothing is declared: it is asked first, and its
 * requests go by HTTP/1.1 when that is what it speaks.
 */
class Http2FallbackTest {
  private static final String PRI = "PRI * HTTP/2.0";

  /** What servers of HTTP/1.1 do with a preface. */
  enum Answer {
    BAD_REQUEST_AND_CLOSE("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", true),
    UNKNOWN_VERSION_AND_ON("HTTP/1.1 505 No\r\nContent-Length: 0\r\n\r\n", false),
    NOT_FOUND_AND_ON("HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nno", false),
    CLOSE("", true);

    private final String text;
    private final boolean close;

    Answer(String text, boolean close) {
      this.text = text;
      this.close = close;
    }
  }

  static List<Arguments> answers() {
    List<Arguments> all = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      for (Answer answer : Answer.values()) {
        all.add(Arguments.of(direction, answer));
      }
    }
    return all;
  }

  private final AtomicInteger prefaces = new AtomicInteger();

  private void serve(Origin.Connection connection, Answer answer) throws IOException {
    for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
      if (r.line().equals(PRI)) {
        prefaces.incrementAndGet();
        connection.write(answer.text);
        if (answer.close) {
          return;
        }
      } else {
        String body = r.line() + "|" + r.body();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("answers")
  void requestsGoByHttp1WhenThePrefaceIsNotUnderstood(Direction direction, Answer answer) {
    try (var proxy = new ProxyFixture();
        var origin = new Origin("one", connection -> serve(connection, answer))) {
      proxy.declared = null;
      proxy.route.retry = RetryConfig.NEVER;
      try (var caller = new Caller(Version.HTTP2, proxy.to(direction, origin), "catalog")) {
        // Some at once, that wait for the same connection; with bodies, which nobody sends twice.
        var calls = new ArrayList<Caller.Call>();
        for (int i = 0; i < 5; i++) {
          var call = caller.begin("POST", "/" + i);
          call.write("body").end();
          calls.add(call);
        }
        for (int i = 0; i < 5; i++) {
          assertThat(calls.get(i).status()).isEqualTo(200);
          assertThat(calls.get(i).body()).isEqualTo("POST /" + i + " HTTP/1.1|body");
        }
        assertThat(caller.get("/next").body()).isEqualTo("GET /next HTTP/1.1|");
        assertThat(prefaces).hasValue(1);
        assertThat(proxy.telemetry.scrape())
            .contains(
                "weft_upstream_cx_http1_fallback_total{direction=\""
                    + direction.label()
                    + "\"} 1.0");

        // What is gRPC nobody serves by HTTP/1.1.
        var grpc = caller.whole("POST", "/", "content-type", "application/grpc");
        assertThat(grpc.status()).isEqualTo(200);
        assertThat(grpc.header("grpc-status")).isEqualTo("13");
        assertThat(grpc.header("grpc-message")).contains("does not speak HTTP/2");
      }
    }
  }

  @Test
  void whoComesBackWithHttp2IsSpokenToInIt() throws Exception {
    var script = new AtomicReference<Origin.Script>(connection -> serve(connection, Answer.CLOSE));
    try (var origin =
            new Origin("one", connection -> requireNonNull(script.get()).run(connection));
        var proxy = new ProxyFixture()) {
      proxy.declared = null;
      InetSocketAddress address = proxy.to(Direction.OUTBOUND, origin);
      try (var caller = new Caller(Version.HTTP2, address, "catalog")) {
        assertThat(caller.get("/").body()).startsWith("GET");
        script.set(Http2FallbackTest::serveHttp2);
        origin.cutConnections();
        await()
            .until(
                () -> {
                  // Idle connections of before are gone when the loop has seen them close.
                  var call = caller.get("/");
                  proxy.advance(1, TimeUnit.SECONDS);
                  return call.status() == 200 && call.header("x-version").equals("2");
                });
      }
    }
  }

  private static void serveHttp2(Origin.Connection connection) throws IOException {
    var in = new DataInputStream(connection.in);
    byte[] preface = in.readNBytes(24);
    if (preface.length < 24 || preface[0] != 'P') {
      return;
    }
    connection.out.write(frame(SETTINGS, 0, 0, new byte[0]));
    connection.out.flush();
    answerHttp2(connection, in);
  }

  private static void answerHttp2(Origin.Connection connection, DataInputStream in)
      throws IOException {
    byte[] version = {0, 9, 'x', '-', 'v', 'e', 'r', 's', 'i', 'o', 'n', 1, '2'};
    byte[] head = new byte[STATUS_200.length + version.length];
    System.arraycopy(STATUS_200, 0, head, 0, STATUS_200.length);
    System.arraycopy(version, 0, head, STATUS_200.length, version.length);
    while (true) {
      int stream = nextRequest(in);
      connection.out.write(frame(HEADERS, 5, stream, head));
      connection.out.flush();
    }
  }

  @Test
  void whoSaysNothingIsTakenForHttp2AfterAWhile() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  // SETTINGS only when there is a request, against RFC 9113, section 3.4.
                  var in = new DataInputStream(connection.in);
                  in.readFully(new byte[24]);
                  int stream = nextRequest(in);
                  connection.out.write(frame(SETTINGS, 0, 0, new byte[0]));
                  connection.out.write(frame(HEADERS, 5, stream, STATUS_200));
                  connection.out.flush();
                  answerHttp2(connection, in);
                })) {
      proxy.declared = null;
      InetSocketAddress address = proxy.to(Direction.OUTBOUND, origin);
      try (var caller = new Caller(Version.HTTP2, address, "catalog")) {
        var call = caller.get("/");
        await()
            .until(
                () -> {
                  proxy.advance(1, TimeUnit.SECONDS);
                  return call.isEnded();
                });
        assertThat(call.status()).isEqualTo(200);
        assertThat(proxy.reached(Bound.UPSTREAM_PROOF)).isEqualTo(1);
        assertThat(caller.get("/").header("x-version")).isEqualTo("2");
      }
    }
  }
}
