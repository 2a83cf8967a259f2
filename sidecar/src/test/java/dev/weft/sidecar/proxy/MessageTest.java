package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.sidecar.codec.ConnectionLimits;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** HTTP/1.1 as it is served: bodies, versions, pipelining, 1xx. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class MessageTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: catalog\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  static Stream<Boolean> transports() {
    return Epoll.isAvailable() ? Stream.of(true, false) : Stream.of(false);
  }

  @ParameterizedTest(name = "epoll {0}")
  @MethodSource("transports")
  void bodiesOfEverySizeAndFramingPassUnchanged(boolean epoll) {
    var random = new Random(5);
    try (var proxy = new ProxyFixture(epoll, ConnectionLimits.DEFAULT);
        var origin =
            new Origin(
                "echo",
                connection -> {
                  for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
                    String body = r.body();
                    if (r.header("x-chunked").isEmpty()) {
                      connection.write(OK + "Content-Length: " + body.length() + "\r\n\r\n" + body);
                    } else {
                      connection.write(OK + "Transfer-Encoding: chunked\r\n\r\n" + chunks(body));
                    }
                  }
                });
        var client = proxy.caller(origin)) {
      for (int size : new int[] {0, 1, 15, 16, 2000, 4000, 4096, 9000, 70_000, 1_000_000}) {
        String body = text(random, size);
        for (String framing : new String[] {"", "X-Chunked: 1\r\n"}) {
          String head = "POST / HTTP/1.1\r\nHost: catalog\r\n" + framing;
          client.send(head + "Content-Length: " + size + "\r\n\r\n" + body);
          assertThat(client.read().body().equals(body)).as(framing + size).isTrue();
          client.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks(body));
          assertThat(client.read().body().equals(body)).as(framing + size + " chunked").isTrue();
        }
      }
      assertThat(origin.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void messagesMayComeInAnyPieces() {
    String request =
        "POST /a HTTP/1.1\r\nHost: catalog\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x=y\r\nhello\r\n3\r\nyou\r\n0\r\nX-T: v\r\n\r\n"
            + "PUT /b HTTP/1.1\r\nHost: catalog\r\nContent-Length: 4\r\n\r\nbody";
    String[] responses = {
      OK
          + "Transfer-Encoding: chunked\r\nConnection: x-gone\r\nX-Gone: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      OK + "Connection: keep-alive\r\nContent-Length: 4\r\n\r\nfine"
    };
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "slow",
                connection -> {
                  int i = 0;
                  while (connection.readRequest() != null) {
                    for (char c : responses[i++ % 2].toCharArray()) {
                      connection.out.write(c);
                      connection.out.flush();
                    }
                  }
                });
        var client = proxy.caller(origin)) {
      for (int piece = 1; piece < request.length(); piece += 1 + piece / 8) {
        for (int at = 0; at < request.length(); at += piece) {
          client.send(request.substring(at, Math.min(request.length(), at + piece)));
        }
        var first = client.read();
        assertThat(first.body()).isEqualTo("ok");
        assertThat(first.headers()).doesNotContainKeys("x-gone", "connection");
        assertThat(client.read().body()).isEqualTo("fine");
        var sent = origin.requests.subList(origin.requests.size() - 2, origin.requests.size());
        assertThat(sent.get(0).body()).isEqualTo("helloyou|X-T: v");
        assertThat(sent.get(1).body()).isEqualTo("body");
      }
      assertThat(origin.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
                    String path = r.line().split(" ")[1];
                    connection.write(OK + "Content-Length: " + path.length() + "\r\n\r\n" + path);
                  }
                });
        var client = proxy.caller(origin)) {
      var all = new StringBuilder();
      for (int i = 0; i < 100; i++) {
        all.append("GET /").append(i).append(" HTTP/1.1\r\nHost: catalog\r\n\r\n");
        all.append("POST /p").append(i).append(" HTTP/1.1\r\nHost: catalog\r\n");
        all.append("Content-Length: 3\r\n\r\nabc");
      }
      client.send(all.toString());
      for (int i = 0; i < 100; i++) {
        assertThat(client.read().body()).isEqualTo("/" + i);
        assertThat(client.read().body()).isEqualTo("/p" + i);
      }
      assertThat(origin.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void headAnd204And304HaveNoBody() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
                    connection.write(
                        switch (r.line()) {
                          case "HEAD / HTTP/1.1" -> OK + "Content-Length: 1000\r\n\r\n";
                          case "HEAD /c HTTP/1.1" -> OK + "Transfer-Encoding: chunked\r\n\r\n";
                          case "GET /204 HTTP/1.1" -> "HTTP/1.1 204 No Content\r\n\r\n";
                          case "GET /304 HTTP/1.1" ->
                              "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n";
                          default -> OK + "Content-Length: 2\r\n\r\nok";
                        });
                  }
                });
        var client = proxy.caller(origin)) {
      String end = " HTTP/1.1\r\nHost: catalog\r\n\r\n";
      assertThat(client.send("HEAD /" + end).read(true).header("content-length")).isEqualTo("1000");
      assertThat(client.send("HEAD /c" + end).read(true).status()).isEqualTo(200);
      assertThat(client.send("GET /204" + end).read().status()).isEqualTo(204);
      assertThat(client.send("GET /304" + end).read().header("content-length")).isEqualTo("77");
      assertThat(client.send("GET /" + end).read().body()).isEqualTo("ok");
      proxy.put(
          new VirtualHostConfig("test/nobody", false, java.util.List.of(), java.util.List.of()),
          "nobody");
      assertThat(client.send("HEAD / HTTP/1.1\r\nHost: nobody\r\n\r\n").line().isEmpty()).isFalse();
      assertThat(origin.connections.get()).isEqualTo(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anHttp10CallerGetsWhatItUnderstands() {
    try (var proxy = new ProxyFixture();
        var origin =
            Origin.answering(
                "one", OK + "Transfer-Encoding: chunked\r\n\r\n" + chunks("hello") + "")) {
      proxy.serve("catalog", origin);
      var address = proxy.outbound();
      try (var client = proxy.client(address)) {
        client.send("GET / HTTP/1.0\r\nHost: catalog\r\nConnection: keep-alive\r\n\r\n");
        String all = client.readToEnd();
        assertThat(all).startsWith(OK).endsWith("\r\n\r\nhello");
        assertThat(all).doesNotContainIgnoringCase("transfer-encoding").contains("close");
      }
    }
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one");
        var client = proxy.caller(origin)) {
      String request = "GET / HTTP/1.0\r\nHost: catalog\r\nConnection: keep-alive\r\n\r\n";
      for (int i = 0; i < 3; i++) {
        assertThat(client.send(request).read().header("connection")).isEqualTo("keep-alive");
      }
      client.send("GET / HTTP/1.0\r\nHost: catalog\r\n\r\n");
      assertThat(client.readToEnd()).endsWith("one");
      assertThat(origin.requests.getLast().line()).isEqualTo("GET / HTTP/1.1");
    }
  }

  @Test
  void aResponseThatEndsWithItsConnectionIsSentInChunks() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "old",
                connection -> {
                  connection.readRequest();
                  connection.write("HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nfirst ");
                  connection.write("second");
                });
        var client = proxy.caller(origin)) {
      for (int i = 0; i < 2; i++) {
        var response = client.send(GET).read();
        assertThat(response.version()).isEqualTo("HTTP/1.1");
        assertThat(response.body()).isEqualTo("first second");
      }
    }
  }

  @Test
  void trailersPassAndFramingInThemDoesNot() {
    try (var proxy = new ProxyFixture();
        var origin =
            Origin.answering(
                "one",
                String.join(
                    "\r\n",
                    "HTTP/1.1 200 OK",
                    "Trailer: x-sum",
                    "Transfer-Encoding: chunked",
                    "",
                    "2",
                    "ok",
                    "0",
                    "X-Sum: 7",
                    "Content-Length: 9",
                    "",
                    ""));
        var client = proxy.caller(origin)) {
      var response = client.send(GET).read();
      assertThat(response.headers()).containsEntry("x-sum", "7").containsKey("trailer");
      assertThat(response.headers()).doesNotContainKey("content-length");
    }
  }

  @Test
  void expectContinueIsAskedOfTheApplicationItself() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  while (connection.readHead() != null) {
                    connection.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                    connection.write("HTTP/1.1 100 Continue\r\n\r\n");
                    connection.in.readNBytes(5);
                    connection.write(OK + "Content-Length: 4\r\n\r\ndone");
                  }
                });
        var client = proxy.caller(origin)) {
      for (int i = 0; i < 2; i++) {
        client.send(
            "POST / HTTP/1.1\r\nHost: catalog\r\nExpect: 100-continue\r\n"
                + "Content-Length: 5\r\n\r\n");
        assertThat(client.read().status()).isEqualTo(103);
        assertThat(client.read().status()).isEqualTo(100);
        assertThat(client.send("hello").read().body()).isEqualTo("done");
      }
    }
  }

  @Test
  void anAnswerBeforeTheBodyEndsTheConnection() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
                  connection.readHead();
                });
        var client = proxy.caller(origin)) {
      client.send("POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 10\r\n\r\nabc");
      var response = client.read();
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.header("connection")).isEqualTo("close");
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  static String chunks(String body) {
    var chunks = new StringBuilder();
    int at = 0;
    for (int size = 1; at < body.length(); size = size * 3 + 1) {
      int end = Math.min(body.length(), at + size);
      chunks.append(Integer.toHexString(end - at)).append("\r\n");
      chunks.append(body, at, end).append("\r\n");
      at = end;
    }
    return chunks.append("0\r\n\r\n").toString();
  }

  private static String text(Random random, int size) {
    var text = new StringBuilder(size);
    for (int i = 0; i < size; i++) {
      text.append((char) ('!' + random.nextInt(90)));
    }
    return text.toString();
  }
}
