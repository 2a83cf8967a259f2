package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What RFC 9112 and 9110 forbid, or leave to be guessed, is refused and the connection closed; none
 * of it reaches an application. By section, bytes, expected status.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class StrictRequestTest {
  private static final String LINE = "GET / HTTP/1.1\r\n";
  private static final String HOST = "Host: catalog\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: catalog\r\n";
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

  static Stream<Arguments> refused() {
    return Stream.of(
        row("9112 2.2 bare LF after the request line", "GET / HTTP/1.1\n" + HOST + "\r\n", 400),
        row("9112 2.2 bare LF after a header", LINE + "Host: catalog\n\r\n", 400),
        row("9112 2.2 bare LF as empty line", LINE + HOST + "\n", 400),
        row("9112 2.2 bare CR in a value", LINE + HOST + "X-A: a\rb\r\n\r\n", 400),
        row("9112 2.2 bare CR in the request line", "GET /\r HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 2.2 bare CR before a header", LINE + "\rHost: catalog\r\n\r\n", 400),
        row("9112 2.2 bare LF before the request", "\n" + LINE + HOST + "\r\n", 400),
        row("9110 5.5 NUL in a value", LINE + HOST + "X-A: a\0b\r\n\r\n", 400),
        row("9110 5.5 control character in a value", LINE + HOST + "X-A: a\u0001b\r\n\r\n", 400),
        row("9110 5.5 DEL in a value", LINE + HOST + "X-A: a\u007fb\r\n\r\n", 400),
        row("9112 5.1 space before the colon", LINE + HOST + "X-A : b\r\n\r\n", 400),
        row("9112 5.1 tab before the colon", LINE + HOST + "X-A\t: b\r\n\r\n", 400),
        row("9112 5.1 Content-Length with a space", POST + "Content-Length : 1\r\n\r\na", 400),
        row("9112 5.2 folded line", LINE + HOST + "X-A: a\r\n b\r\n\r\n", 400),
        row("9112 5.2 folded first line", LINE + " X-A: a\r\n" + HOST + "\r\n", 400),
        row("9110 5.1 empty name", LINE + HOST + ": b\r\n\r\n", 400),
        row("9110 5.1 no colon", LINE + HOST + "X-A\r\n\r\n", 400),
        row("9110 5.6.2 name with a forbidden character", LINE + HOST + "X@A: b\r\n\r\n", 400),
        row("9110 5.6.2 name beyond ASCII", LINE + HOST + "X\u00e4: b\r\n\r\n", 400),
        row("9112 3 lower-case version", "GET / http/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3 two spaces", "GET  / HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3 two spaces before version", "GET /  HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3 tab as separator", "GET\t/\tHTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3 space after version", "GET / HTTP/1.1 \r\n" + HOST + "\r\n", 400),
        row("9112 3 no version (HTTP/0.9)", "GET /\r\n\r\n", 400),
        row("9112 2.3 HTTP/2.0", "GET / HTTP/2.0\r\n" + HOST + "\r\n", 505),
        row("9112 2.3 HTTP/1.2", "GET / HTTP/1.2\r\n" + HOST + "\r\n", 505),
        row(
            "9110 9.1 method with a forbidden character",
            "G(T / HTTP/1.1\r\n" + HOST + "\r\n",
            400),
        row("9110 9.3.6 CONNECT", "CONNECT catalog:80 HTTP/1.1\r\n" + HOST + "\r\n", 405),
        row("9112 3.2 relative target", "GET items HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3.2.1 fragment", "GET /a#b HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3.2 target beyond ASCII", "GET /\u00e4 HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3.2 NUL in the target", "GET /\0 HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3.2.4 asterisk with GET", "GET * HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3.2.2 foreign scheme", "GET ftp://catalog/ HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("9112 3.2.2 user info", "GET http://a@catalog/ HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row("3986 5.2.4 above the root", "GET /a/../../b HTTP/1.1\r\n" + HOST + "\r\n", 400),
        row(
            "3986 6.2.2 above the root, encoded",
            "GET /%2e%2E/b HTTP/1.1\r\n" + HOST + "\r\n",
            400),
        row("9112 3.2 no Host", LINE + "\r\n", 400),
        row("9112 3.2 two Hosts", LINE + HOST + HOST + "\r\n", 400),
        row("9112 3.2 empty Host", LINE + "Host: \r\n\r\n", 400),
        row("9112 3.2 Host with a path", LINE + "Host: catalog/a\r\n\r\n", 400),
        row("9112 3.2 Host with user info", LINE + "Host: a@catalog\r\n\r\n", 400),
        row("9112 3.2 Host with a bad port", LINE + "Host: catalog:8o\r\n\r\n", 400),
        row("9112 3.2 Host with port 65536", LINE + "Host: catalog:65536\r\n\r\n", 400),
        row("9112 3.2 Host list", LINE + "Host: catalog, other\r\n\r\n", 400),
        row("9112 6.3 two lengths", POST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        row(
            "9112 6.3 two same lengths",
            POST + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
            400),
        row("9112 6.3 list of lengths", POST + "Content-Length: 1, 1\r\n\r\na", 400),
        row("9110 8.6 signed length", POST + "Content-Length: +1\r\n\r\na", 400),
        row("9110 8.6 negative length", POST + "Content-Length: -1\r\n\r\na", 400),
        row("9110 8.6 hexadecimal length", POST + "Content-Length: 0x1\r\n\r\na", 400),
        row("9110 8.6 empty length", POST + "Content-Length:\r\n\r\n", 400),
        row("9110 8.6 overlong length", POST + "Content-Length: 99999999999999999999\r\n\r\n", 400),
        row(
            "9112 6.1 length with chunked",
            POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
        row(
            "9112 6.1 chunked with length",
            POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            400),
        row("9112 6.1 gzip, chunked", POST + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        row("9112 6.1 identity", POST + "Transfer-Encoding: identity\r\n\r\n", 400),
        row("9112 6.1 xchunked", POST + "Transfer-Encoding: xchunked\r\n\r\n", 400),
        row("9112 6.1 chunked in quotes", POST + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400),
        row("9112 6.1 chunked with VT", POST + "Transfer-Encoding: \u000bchunked\r\n\r\n", 400),
        row(
            "9112 6.1 chunked twice",
            POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
        row(
            "9112 6.1 chunked, then identity",
            POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
            400),
        row(
            "9112 6.1 chunked in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: catalog\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
        row(
            "9110 10.1.1 another expectation",
            POST + "Expect: x\r\nContent-Length: 0\r\n\r\n",
            417),
        row("9112 7.1 size with a sign", CHUNKED + "+5\r\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 size with 0x", CHUNKED + "0x5\r\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 size with a leading space", CHUNKED + " 5\r\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 size with a trailing space", CHUNKED + "5 \r\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 empty size", CHUNKED + "\r\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 overflowing size", CHUNKED + "fffffffffffffffff\r\n", 400),
        row("9112 7.1 size line with bare LF", CHUNKED + "5\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 size line with bare CR", CHUNKED + "5\rhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 data longer than its size", CHUNKED + "4\r\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1 data ended by bare LF", CHUNKED + "5\r\nhello\n0\r\n\r\n", 400),
        row("9112 7.1.1 bare LF in an extension", CHUNKED + "5;a\nhello\r\n0\r\n\r\n", 400),
        row("9112 7.1.1 NUL in an extension", CHUNKED + "5;\0\r\nhello\r\n0\r\n\r\n", 400),
        row(
            "9112 7.1.1 endless extension",
            CHUNKED + "5;" + "a".repeat(5000) + "\r\nhello\r\n0\r\n\r\n",
            400),
        row("9112 7.1.2 folded trailer", CHUNKED + "0\r\nX: a\r\n b\r\n\r\n", 400),
        row("9112 7.1.2 bare LF in trailers", CHUNKED + "0\r\nX: a\n\r\n", 400),
        row("9112 3 long request line", "GET /" + "a".repeat(9000) + " HTTP/1.1\r\n" + HOST, 414),
        row("9112 3 endless request line", "GET /" + "a".repeat(9000), 414),
        row("9110 5.4 long head", LINE + HOST + "X-A: " + "a".repeat(70_000) + "\r\n\r\n", 431),
        row("9110 5.4 many headers", LINE + HOST + "X-A: a\r\n".repeat(200) + "\r\n", 431));
  }

  private static Arguments row(String section, String bytes, int status) {
    return Arguments.of(section, bytes, status);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void isRefused(String section, String bytes, int status) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      proxy.serve("catalog", origin);
      // What follows on the connection must never be taken for a request.
      String smuggled = "GET /smuggled HTTP/1.1\r\nHost: catalog\r\n\r\n";
      try (var client = proxy.client(proxy.outbound())) {
        client.send(bytes + smuggled);
        var response = client.read();
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.header("connection")).isEqualTo("close");
        assertThat(response.header("content-type")).isEqualTo("application/problem+json");
        assertThat(client.readToEnd()).as("nothing after the refusal").isEmpty();
      }
      assertThat(origin.requests).as("nothing was served").isEmpty();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void isRefusedByteByByte(String section, String bytes, int status) {
    if (bytes.length() > 200) {
      return;
    }
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        try {
          for (char c : (bytes + "GET / HTTP/1.1\r\n\r\n").toCharArray()) {
            client.send(new byte[] {(byte) c});
          }
        } catch (java.io.UncheckedIOException refusedAlready) {
          // The proxy has closed: what counts is its answer.
        }
        assertThat(client.read().status()).isEqualTo(status);
      }
      assertThat(origin.requests).isEmpty();
    }
  }

  @Test
  void whatTheRfcsAllowIsServed() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        for (String request :
            new String[] {
              "\r\n" + LINE + HOST + "\r\n",
              LINE + "hOsT:catalog\r\n\r\n",
              LINE + "Host:\t catalog \t\r\nX-Empty:\r\nX-Obs: \u00e4\r\n\r\n",
              LINE + HOST + "X-Tab: a\tb\r\n\r\n",
              "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n",
              CHUNKED + "5;name=\"value\"\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n",
              POST + "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
              POST + "Content-Length: 0\r\n\r\n",
              POST + "\r\n",
              LINE + HOST + "Connection: keep-alive, x-gone\r\nX-Gone: 1\r\n\r\n"
            }) {
          assertThat(client.send(request).read().status()).as(request).isEqualTo(200);
        }
        assertThat(origin.requests.get(4).line()).isEqualTo("OPTIONS * HTTP/1.1");
        assertThat(origin.requests.get(5).body()).isEqualTo("hello0123456789|X-T: v");
        assertThat(origin.requests.getLast().head()).doesNotContainIgnoringCase("gone");
        assertThat(origin.connections.get()).isEqualTo(1);
      }
    }
  }
}
