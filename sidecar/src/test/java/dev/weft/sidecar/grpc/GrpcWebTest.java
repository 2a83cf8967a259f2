package dev.weft.sidecar.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Browsers' calls of a gRPC server that knows nothing of gRPC-Web: a client that reads each byte,
 * in both spellings, over both versions, bridged by the caller's sidecar or the application's.
 */
class GrpcWebTest {
  @TempDir Path state;

  private static byte[] message(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(5 + bytes.length)
        .put((byte) 0)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  /** Messages as their texts, the trailers as a map's text. */
  private static List<String> frames(byte[] body) {
    List<String> frames = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(body);
    while (in.hasRemaining()) {
      boolean trailers = in.get() < 0;
      byte[] content = new byte[in.getInt()];
      in.get(content);
      String text = new String(content, StandardCharsets.UTF_8);
      frames.add(trailers ? "trailers: " + text.replace("\r\n", ";") : text);
    }
    return frames;
  }

  private static byte[] decode(String type, byte[] body) {
    if (!type.contains("-text")) {
      return body;
    }
    // Each message is padded by itself.
    var out = new ByteArrayOutputStream();
    for (int at = 0; at < body.length; at += 4) {
      out.writeBytes(Base64.getDecoder().decode(Arrays.copyOfRange(body, at, at + 4)));
    }
    return out.toByteArray();
  }

  private static byte[] encode(String type, byte[] body) {
    return type.contains("-text") ? Base64.getEncoder().encode(body) : body;
  }

  @ParameterizedTest
  @CsvSource({
    "application/grpc-web+proto, HTTP/1.1, OUTBOUND",
    "application/grpc-web+proto, HTTP/2, OUTBOUND",
    "application/grpc-web-text+proto, HTTP/1.1, OUTBOUND",
    "application/grpc-web-text+proto, HTTP/2, OUTBOUND",
    "application/grpc-web+proto, HTTP/1.1, INBOUND",
    "application/grpc-web-text+proto, HTTP/2, INBOUND",
  })
  void messagesStatusAndMessageInBothSpellings(String type, String version, String direction)
      throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port());
        var client =
            new WebClient(
                version.equals("HTTP/2"),
                direction.equals("OUTBOUND") ? mesh.outboundPort() : mesh.inboundPort())) {
      var unary = client.call("Unary", type, encode(type, message("hello")), Map.of());
      assertThat(unary.status()).isEqualTo(200);
      // gRPC's Java server says no format, whatever it was asked in.
      assertThat(unary.header("content-type")).isEqualTo(type.replace("+proto", ""));
      assertThat(frames(decode(type, unary.body())))
          .containsExactly("one hello", "trailers: grpc-status: 0;");

      var parts = client.call("Server", type, encode(type, message("a bc d")), Map.of());
      assertThat(frames(decode(type, parts.body())))
          .containsExactly("one a", "one bc", "one d", "trailers: grpc-status: 0;");

      var failed = client.call("Server", type, encode(type, message("a fail_9_f%r")), Map.of());
      assertThat(frames(decode(type, failed.body())))
          .containsExactly("one a", "trailers: grpc-status: 9;grpc-message: f%25r;");

      var only = client.call("Unary", type, encode(type, message("fail 5 none")), Map.of());
      assertThat(only.header("content-type")).isEqualTo(type.replace("+proto", ""));
      assertThat(only.header("grpc-status")).isEqualTo("5");
      assertThat(only.header("grpc-message")).isEqualTo("none");
      assertThat(only.body()).isEmpty();
    }
  }

  @Test
  void aLargeMessageInTextPassesWhole() throws Exception {
    String type = "application/grpc-web-text";
    String large = "x".repeat(1_000_001);
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port());
        var client = new WebClient(true, mesh.outboundPort())) {
      var response = client.call("Unary", type, encode(type, message(large)), Map.of());
      assertThat(frames(decode(type, response.body())))
          .containsExactly("one " + large, "trailers: grpc-status: 0;");
    }
  }

  @Test
  void whatIsNotBase64IsAnsweredAsGrpc() throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port());
        var client = new WebClient(true, mesh.outboundPort())) {
      var response =
          client.call(
              "Unary",
              "application/grpc-web-text",
              "AA?A".getBytes(StandardCharsets.US_ASCII),
              Map.of());
      assertThat(response.header("grpc-status")).isEqualTo("13");
      assertThat(response.header("grpc-message")).contains("base64");
      assertThat(server.calls).hasValue(0);
    }
  }

  @Test
  void theDeadlineHoldsHereToo() throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port());
        var client = new WebClient(false, mesh.outboundPort())) {
      var response =
          client.call(
              "Unary", "application/grpc-web", message("hang"), Map.of("grpc-timeout", "300m"));
      assertThat(response.header("grpc-status")).isEqualTo("4");
    }
  }

  @Test
  void aPageOfAnotherOriginMayCallAndReadTheStatus() throws Exception {
    try (var server = new EchoServer("one");
        var mesh =
            new TwoSidecars(
                state,
                route -> route.setCors(TwoSidecars.cors("https://shop.example")),
                server.port());
        var client = new WebClient(true, mesh.outboundPort())) {
      var origin = Map.of("origin", "https://shop.example");
      var response = client.call("Unary", "application/grpc-web", message("fail 5 none"), origin);
      assertThat(response.header("access-control-allow-origin")).isEqualTo("https://shop.example");
      assertThat(response.header("access-control-expose-headers"))
          .isEqualTo("grpc-status, grpc-message");
      assertThat(response.header("grpc-status")).isEqualTo("5");
      var preflight = client.preflight("https://shop.example");
      assertThat(preflight.status()).isEqualTo(204);
      assertThat(preflight.header("access-control-allow-headers")).isEqualTo("*");
      assertThat(server.calls).hasValue(1);
    }
  }

  /** Before an answer and within one; over HTTP/1.1 it is the connection that ends. */
  @ParameterizedTest
  @CsvSource({"false,hang", "true,hang", "false,a hang", "true,a hang"})
  void aPageThatLeavesIsNoticedByTheServer(boolean http2, String text) throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port());
        var client = new WebClient(http2, mesh.outboundPort())) {
      try (var call = client.begin("Server", "application/grpc-web", message(text))) {
        assertThat(call).isNotNull();
        await().untilAsserted(() -> assertThat(server.calls).hasValue(1));
      }
      await().untilAsserted(() -> assertThat(server.cancelled).hasValue(1));
    }
  }

  /** A message must not wait in the sidecar for the next one. */
  @Test
  void eachMessageOfAStreamComesAsSoonAsItIsSent() throws Exception {
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(state, server.port());
        var socket = new Socket(InetAddress.getLoopbackAddress(), mesh.outboundPort())) {
      socket.setSoTimeout(20_000);
      String body = Base64.getEncoder().encodeToString(message("a b hang"));
      String request =
          "POST /test.Echo/Server HTTP/1.1\r\nHost: echo\r\n"
              + "Content-Type: application/grpc-web-text\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body;
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String expected =
          Base64.getEncoder().encodeToString(message("one a"))
              + Base64.getEncoder().encodeToString(message("one b"));
      assertThat(chunks(socket.getInputStream(), expected.length())).isEqualTo(expected);
    }
  }

  /** The content of chunks until there are that many bytes of it. */
  private static String chunks(InputStream in, int length) throws IOException {
    String line = line(in);
    while (!line.isEmpty()) {
      line = line(in);
    }
    var content = new StringBuilder();
    while (content.length() < length) {
      int size = Integer.parseInt(line(in), 16);
      content.append(new String(in.readNBytes(size), StandardCharsets.US_ASCII));
      line(in);
    }
    return content.toString();
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
