package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.sidecar.cluster.Stat;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a call's being gRPC changes, with every byte in sight: over HTTP/1.1, as it passes between
 * two sidecars of HTTP/1.1 callers. Real gRPC clients and servers are in {@code
 * dev.weft.sidecar.grpc}.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class GrpcSemanticsTest {
  private static final String OK =
      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "6\r\n\0\0\0\0\1x\r\n0\r\nGrpc-Status: 0\r\n\r\n";

  private static String call(String... lines) {
    return "POST /shop.v1.Catalog/Get HTTP/1.1\r\nHost: catalog\r\nContent-Type: application/grpc\r\n"
        + (lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n")
        + "Content-Length: 5\r\n\r\n\0\0\0\0\0";
  }

  private static String trailersOnly(int status) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: "
        + status
        + "\r\nGrpc-Message: no%20way\r\nContent-Length: 0\r\n\r\n";
  }

  private static RetryConfig retryOn(int... statuses) {
    int bits = 0;
    for (int status : statuses) {
      bits |= 1 << status;
    }
    return new RetryConfig(
        2, EnumSet.of(RetryOn.CONNECT_FAILURE), 20, 5_000_000L, 9_000_000L, bits);
  }

  @Test
  void ourOwnAnswerIsTrailersOnly() {
    try (var proxy = new ProxyFixture()) {
      proxy.otherHostsAreUnknown = true;
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("content-type")).isEqualTo("application/grpc");
        assertThat(response.header("grpc-status")).isEqualTo("12");
        assertThat(response.header("grpc-message"))
            .isEqualTo("Unknown host: the mesh knows no service for the host \"catalog\" [NR]");
        assertThat(response.body()).isEmpty();
        // The connection goes on.
        assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("12");
      }
    }
  }

  /** PROTOCOL-HTTP2.md, "Responses": the one block of headers ends the stream. */
  @Test
  void overHttp2ItIsOneFrame() {
    try (var proxy = new ProxyFixture()) {
      proxy.otherHostsAreUnknown = true;
      byte[] head =
          Http2RawClient.request("POST", "nobody", "/a.B/C", "content-type", "application/grpc");
      try (var client = Http2RawClient.open(proxy.outbound())) {
        var answer = client.headers(1, true, head).flush().awaitStream(1);
        assertThat(answer).hasSize(1);
        assertThat(answer.getFirst().type()).isEqualTo(Http2RawClient.HEADERS);
        assertThat(answer.getFirst().ends()).isTrue();
      }
    }
  }

  @Test
  void statusAndMessageOfTheApplicationPass() {
    String failing =
        "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "0\r\nGrpc-Status: 9\r\nGrpc-Message: f%C3%BCr%20dich\r\nx-more: yes\r\n\r\n";
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", failing)) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.header("grpc-status")).isEqualTo("9");
        assertThat(response.header("grpc-message")).isEqualTo("f%C3%BCr%20dich");
        assertThat(response.header("x-more")).isEqualTo("yes");
      }
    }
  }

  @Test
  void theStatusIsCounted() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", trailersOnly(5))) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call()).read();
      }
      await()
          .untilAsserted(
              () ->
                  assertThat(proxy.telemetry.scrape())
                      .contains(
                          "weft_upstream_rq_grpc_total{cluster=\"catalog.test:80\","
                              + "direction=\"outbound\",grpc_response_status=\"5\","
                              + "route=\"route-catalog\"} 1"));
    }
  }

  @Test
  void theCallersTimeoutIsPassedOnShortenedByTheTimeSpent() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", OK)) {
      var address = proxy.outbound();
      try (var client = proxy.client(address)) {
        client.send(call("Grpc-Timeout: 2S"));
        await().until(() -> proxy.waiters.size() == 1);
        proxy.advance(1500, TimeUnit.MILLISECONDS);
        proxy.serve("catalog", origin);
        proxy.run(() -> proxy.waiters.getFirst().resolved(proxy.resolved("catalog")));
        assertThat(client.read().header("grpc-status")).isEqualTo("0");
        assertThat(origin.requests.getFirst().header("grpc-timeout")).isEqualTo("500000u");
      }
    }
  }

  @Test
  void aDeadlineThatIsOverBeforeTheCallIsSentOnIsAnsweredAtOnce() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", OK)) {
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> proxy.waiters.size() == 1);
        proxy.advance(1500, TimeUnit.MILLISECONDS);
        proxy.serve("catalog", origin);
        proxy.run(() -> proxy.waiters.getFirst().resolved(proxy.resolved("catalog")));
        assertThat(client.read().header("grpc-status")).isEqualTo("4");
        assertThat(origin.requests).isEmpty();
      }
    }
  }

  @Test
  void theSmallerOfTheTwoTimesWinsAndItsEndIsDeadlineExceeded() {
    var asked = new CountDownLatch(2);
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "silent",
                connection -> {
                  while (connection.readRequest() != null) {
                    asked.countDown();
                  }
                })) {
      proxy.route.timeoutNanos = TimeUnit.SECONDS.toNanos(1);
      proxy.serve("catalog", origin);
      var address = proxy.outbound();
      try (var longer = proxy.client(address);
          var shorter = proxy.client(address)) {
        longer.send(call("Grpc-Timeout: 5S"));
        shorter.send(call("Grpc-Timeout: 200m"));
        await().until(() -> asked.getCount() == 0);
        assertThat(origin.requests)
            .extracting(request -> request.header("grpc-timeout"))
            .containsExactlyInAnyOrder("1000000u", "200000u");
        proxy.advance(300, TimeUnit.MILLISECONDS);
        assertThat(shorter.read().header("grpc-status")).isEqualTo("4");
        proxy.advance(800, TimeUnit.MILLISECONDS);
        assertThat(longer.read().header("grpc-status")).isEqualTo("4");
      }
    }
  }

  /** A gRPC server keeps the deadline too, and may end the call before our tick sees it. */
  @Test
  void aCallThatTheServerEndsAtItsDeadlineIsLateNotUnavailable() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "punctual",
                connection -> {
                  while (connection.readRequest() != null) {
                    // Until it is cut off.
                  }
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> origin.requests.size() == 1);
        proxy.nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(999));
        origin.cutConnections();
        assertThat(client.read().header("grpc-status")).isEqualTo("4");
      }
    }
  }

  @Test
  void aDeadlineWithinTheResponseEndsItWithTrailers() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "slow",
                connection -> {
                  connection.readRequest();
                  connection.write(OK.substring(0, OK.lastIndexOf("0\r\nGrpc")));
                  // Until the proxy gives it up.
                  connection.in.read();
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> client.in().available() > 0);
        proxy.advance(1100, TimeUnit.MILLISECONDS);
        var response = client.read();
        assertThat(response.body()).isEqualTo("\0\0\0\0\1x");
        assertThat(response.header("grpc-status")).isEqualTo("4");
      }
    }
  }

  /** What has said its length cannot be ended before it: the next response would be its rest. */
  @Test
  void aDeadlineWithinAResponseOfDeclaredLengthCutsItOff() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "slow",
                connection -> {
                  connection.readRequest();
                  connection.write(
                      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n"
                          + "Content-Length: 9\r\n\r\n\0\0\0\0\1x");
                  // Until the proxy gives it up.
                  connection.in.read();
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> client.in().available() > 0);
        proxy.advance(1100, TimeUnit.MILLISECONDS);
        assertThat(client.read().body()).isEqualTo("\0\0\0\0\1x");
        assertThat(client.isClosedByPeer()).isTrue();
      }
    }
  }

  /** Whoever calls a server of gRPC without us would find it unavailable, too. */
  @Test
  void aResponseThatIsCutOffEndsWithTrailers() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "dying",
                connection -> {
                  connection.readRequest();
                  connection.write(OK.substring(0, OK.lastIndexOf("0\r\nGrpc")));
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.body()).isEqualTo("\0\0\0\0\1x");
        assertThat(response.header("grpc-status")).isEqualTo("14");
        assertThat(response.header("grpc-message")).contains("Response ended early");
      }
    }
  }

  private static Origin inTurn(String... answers) {
    return new Origin(
        "in-turn",
        connection -> {
          for (String answer : answers) {
            connection.readRequest();
            connection.write(answer);
          }
        });
  }

  @Test
  void eachAttemptIsToldWhatTimeIsLeftAndHowOftenItWasTried() {
    String later =
        trailersOnly(14).replace("Content-Length", "Grpc-Retry-Pushback-Ms: 700\r\nContent-Length");
    try (var proxy = new ProxyFixture();
        var origin = inTurn(later, OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 2S", "Grpc-Previous-Rpc-Attempts: 2"));
        await()
            .until(
                () -> {
                  // By the server's wish, and no earlier.
                  proxy.advance(100, TimeUnit.MILLISECONDS);
                  return origin.requests.size() == 2;
                });
        assertThat(client.read().header("grpc-status")).isEqualTo("0");
      }
      var first = origin.requests.getFirst();
      var second = origin.requests.getLast();
      assertThat(first.header("grpc-previous-rpc-attempts")).isEqualTo("2");
      assertThat(second.header("grpc-previous-rpc-attempts")).isEqualTo("3");
      assertThat(micros(first) - micros(second)).isGreaterThanOrEqualTo(700_000);
    }
  }

  private static long micros(Origin.Request request) {
    String timeout = request.header("grpc-timeout");
    assertThat(timeout).endsWith("u");
    return Long.parseLong(timeout.substring(0, timeout.length() - 1));
  }

  /** gRFC A6; longer than a call or anyone may wait is never, too. */
  @ParameterizedTest
  @ValueSource(strings = {"-1", "soon", "", "10001", "9999999999"})
  void aServerThatWantsNoRetryGetsNone(String pushback) {
    String never =
        trailersOnly(14)
            .replace(
                "Content-Length", "Grpc-Retry-Pushback-Ms: " + pushback + "\r\nContent-Length");
    try (var proxy = new ProxyFixture();
        var origin = inTurn(never, OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.header("grpc-status")).isEqualTo("14");
        assertThat(response.header("grpc-retry-pushback-ms")).isEqualTo(pushback);
      }
      assertThat(origin.requests).hasSize(1);
    }
  }

  @Test
  void aConfiguredStatusIsTriedElsewhereThoughItIsAPost() {
    try (var proxy = new ProxyFixture();
        var sick = Origin.answering("sick", trailersOnly(14));
        var well = Origin.answering("well", OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", sick, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 6; i++) {
          assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("0");
        }
      }
      assertThat(sick.requests).isNotEmpty();
      assertThat(well.requests).hasSize(6).allMatch(request -> request.body().length() == 5);
    }
  }

  @Test
  void anotherStatusIsNotTriedAgain() {
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", trailersOnly(5));
        var two = Origin.answering("two", trailersOnly(5))) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", one, two);
      try (var client = proxy.client(proxy.outbound())) {
        assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("5");
      }
      assertThat(one.requests.size() + two.requests.size()).isEqualTo(1);
    }
  }

  @Test
  void aResetIsTriedAgainWhereUnavailableIs() {
    try (var proxy = new ProxyFixture();
        var sick = new Origin("sick", Origin.Connection::readRequest);
        var well = Origin.answering("well", OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", sick, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 4; i++) {
          assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("0");
        }
      }
      assertThat(sick.requests).isNotEmpty();
    }
  }

  @Test
  void nothingIsTriedAgainOnceAHeadWasSentOn() {
    String late = OK.replace("Grpc-Status: 0", "Grpc-Status: 14");
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", late);
        var two = Origin.answering("two", late)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", one, two);
      try (var client = proxy.client(proxy.outbound())) {
        assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("14");
      }
      assertThat(one.requests.size() + two.requests.size()).isEqualTo(1);
    }
  }

  @Test
  void unavailableCountsAgainstTheEndpointThoughItIsA200() {
    try (var proxy = new ProxyFixture();
        var only =
            new Origin(
                "only",
                connection -> {
                  connection.readRequest();
                  connection.write(trailersOnly(14));
                  connection.readRequest();
                  connection.write(OK.replace("Grpc-Status: 0", "Grpc-Status: 14"));
                  connection.readRequest();
                  connection.write(trailersOnly(5));
                  connection.readRequest();
                  connection.write(OK);
                })) {
      proxy.serve("catalog", only);
      try (var client = proxy.client(proxy.outbound())) {
        for (String status : List.of("14", "14", "5", "0")) {
          assertThat(client.send(call()).read().header("grpc-status")).isEqualTo(status);
        }
      }
      var endpoint =
          Objects.requireNonNull(proxy.clusters.find("catalog.test:80"))
              .endpoints()
              .iterator()
              .next();
      assertThat(endpoint.total(Stat.RQ_FAILED)).isEqualTo(2);
      assertThat(endpoint.total(Stat.RQ_SUCCESS)).isEqualTo(2);
    }
  }

  @Test
  void aPreflightIsAnsweredHereAndEveryResponseIsMarked() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("well")) {
      proxy.route.cors =
          new CorsConfig(List.of("https://a.b"), false, List.of(), List.of(), List.of(), 5);
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", origin);
      String from = "Host: catalog\r\nOrigin: https://a.b\r\n";
      try (var client = proxy.client(proxy.outbound())) {
        var preflight =
            client
                .send(
                    "OPTIONS / HTTP/1.1\r\n" + from + "Access-Control-Request-Method: GET\r\n\r\n")
                .read();
        assertThat(preflight.status()).isEqualTo(204);
        assertThat(preflight.header("access-control-allow-origin")).isEqualTo("https://a.b");
        assertThat(preflight.header("access-control-allow-methods")).isEqualTo("GET, HEAD, POST");
        assertThat(origin.requests).isEmpty();
        var response = client.send("GET / HTTP/1.1\r\n" + from + "\r\n").read();
        assertThat(response.body()).isEqualTo("well");
        assertThat(response.header("access-control-allow-origin")).isEqualTo("https://a.b");
        origin.close();
        var failure = client.send("GET / HTTP/1.1\r\n" + from + "\r\n").read();
        assertThat(failure.status()).isEqualTo(503);
        assertThat(failure.body()).contains("\"flag\":\"U");
        assertThat(failure.header("access-control-allow-origin")).isEqualTo("https://a.b");
        var grpc = client.send(call("Origin: https://a.b")).read();
        assertThat(grpc.header("grpc-status")).isEqualTo("14");
        assertThat(grpc.header("access-control-allow-origin")).isEqualTo("https://a.b");
      }
    }
  }
}
