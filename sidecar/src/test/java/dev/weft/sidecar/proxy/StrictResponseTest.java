package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.RetryConfig;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream that answers nonsense gets 502 in its caller's name, and is not reused. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class StrictResponseTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  static Stream<Arguments> nonsense() {
    return Stream.of(
        row("9112 4 no HTTP at all", "220 smtp ready\r\n\r\n"),
        row("9112 4 HTTP/2", "HTTP/2.0 200 OK\r\n\r\n"),
        row("9112 4 two digits", "HTTP/1.1 20 OK\r\n\r\n"),
        row("9112 4 four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
        row("9110 15 status 600", "HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n"),
        row("9110 15 status 099", "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n"),
        row("9112 4 bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
        row("9112 5.1 blanks and no colon", OK + "Content-Length  0\r\n\r\n"),
        row("9112 5.2 folded line", OK + "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
        row("9110 5.5 NUL", OK + "X-A: \0\r\nContent-Length: 0\r\n\r\n"),
        row("9112 6.3 two lengths", OK + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        row("9112 6.3 same length twice", OK + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        row("9112 6.3 bad length", OK + "Content-Length: -1\r\n\r\n"),
        row(
            "9112 6.1 length with chunked",
            OK + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
        row("9112 6.1 gzip", OK + "Transfer-Encoding: gzip\r\n\r\n"),
        row(
            "9112 6.1 chunked in 1.0",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        row("9110 15.2.2 unasked 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        row("9110 5.4 endless head", OK + "X-A: " + "a".repeat(70_000) + "\r\n\r\n"),
        row("9112 9.6 closed within the head", OK + "X-A: b"));
  }

  private static Arguments row(String section, String bytes) {
    return Arguments.of(section, bytes);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nonsense")
  void nonsenseIsA502(String section, String bytes) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.once("one", bytes)) {
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(RawClient.GET).read();
        boolean cut = section.startsWith("9112 9.6");
        assertThat(response.status()).isEqualTo(cut ? 503 : 502);
        assertThat(response.body()).contains(cut ? "\"UC\"" : "\"UPE\"");
        // The caller's connection is none the worse.
        client.send(RawClient.GET).read();
        assertThat(origin.connections.get()).isEqualTo(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\r\n\r\nok",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: b\r\n\r\n"
      })
  void bytesAfterAResponseAreNobodysResponse(String rest) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("one", OK + rest + OK + "Content-Length: 4\r\n\r\nevil")) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 1; i <= 3; i++) {
          assertThat(client.send(RawClient.GET).read().body()).isEqualTo("ok");
          assertThat(origin.connections.get()).isEqualTo(i);
        }
        // Nor is the connection used for a request that waits already when the response ends.
        client.send(RawClient.GET.repeat(3));
        for (int i = 4; i <= 6; i++) {
          assertThat(client.read().body()).isEqualTo("ok");
        }
        assertThat(origin.connections.get()).isEqualTo(6);
      }
    }
  }

  @Test
  void aBodyThatEndsEarlyCutsTheCallerOff() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.once("one", OK + "Content-Length: 100\r\n\r\nonly this")) {
      try (var client = proxy.caller(origin)) {
        client.send(RawClient.GET);
        String all = client.readToEnd();
        assertThat(all).startsWith("HTTP/1.1 200 OK\r\n").endsWith("only this");
      }
      assertThat(origin.requests).as("a begun response is not asked for again").hasSize(1);
    }
  }

  @Test
  void badChunksCutTheCallerOff() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(OK + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n-1\r\n");
                  connection.readRequest();
                });
        var client = proxy.caller(origin)) {
      client.send(RawClient.GET);
      assertThat(client.readToEnd()).endsWith("2\r\nok\r\n");
    }
  }
}
