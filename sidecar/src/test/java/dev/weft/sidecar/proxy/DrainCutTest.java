package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.Http2RawClient.DATA;
import static dev.weft.sidecar.proxy.Http2RawClient.HEADERS;
import static dev.weft.sidecar.proxy.Http2RawClient.RST_STREAM;
import static dev.weft.sidecar.proxy.Http2RawClient.request;
import static dev.weft.sidecar.proxy.Http2RawClient.status;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Direction;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A drain waits for what is under way; what is still there at its deadline is cut, and said so. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class DrainCutTest {
  @TempDir Path directory;

  private ProxyFixture logging() {
    return new ProxyFixture(
        Epoll.isAvailable(), ConnectionLimits.DEFAULT, AccessLog.open(log().toString()));
  }

  private Path log() {
    return directory.resolve("access.log");
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#all")
  void responsesAreCutAtItsDeadline(Passage passage) throws IOException {
    try (var proxy = logging();
        var app = new App(passage.app())) {
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var call = caller.get("/");
        var request = app.next();
        request.respond(200).write("some");
        call.awaitBytes(4);
        proxy.worker.drain(passage.direction());
        var drained = proxy.worker.drained(passage.direction());
        request.write("more");
        call.awaitBytes(8);
        assertThat(drained).isNotDone();
        proxy.worker.closeAll(passage.direction());
        call.awaitBroken();
        request.awaitBroken();
        assertThat(call.isEnded()).isFalse();
        assertThat(drained).succeedsWithin(Duration.ofSeconds(10));
      }
      await().until(() -> Files.size(log()) > 0);
    }
    assertThat(Files.readString(log())).contains("\"response_flags\":\"DT\"");
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void tunnelsOfHttp2AreCutAtItsDeadline(Direction direction) throws IOException {
    var end = new AtomicReference<String>();
    try (var proxy = logging();
        var origin =
            new Origin(
                "one",
                connection -> {
                  accept(connection);
                  try {
                    connection.in.transferTo(connection.out);
                    end.set("ended");
                  } catch (IOException e) {
                    end.set("reset");
                  }
                })) {
      var address = proxy.to(direction, origin);
      try (var client = Http2RawClient.open(address)) {
        tunnel(client);
        proxy.worker.drain(direction);
        var drained = proxy.worker.drained(direction);
        // It goes on as long as the drain does.
        client.frame(DATA, 0, 1, "on".getBytes(US_ASCII)).flush();
        assertThat(client.await(f -> f.type() == DATA).text()).isEqualTo("on");
        assertThat(drained).isNotDone();
        proxy.worker.closeAll(direction);
        assertThat(client.readToEnd()).noneMatch(f -> f.type() == DATA);
        assertThat(drained).succeedsWithin(Duration.ofSeconds(10));
        await().untilAsserted(() -> assertThat(end).hasValue("reset"));
      }
      await().until(() -> Files.size(log()) > 0);
    }
    assertThat(Files.readString(log()))
        .contains("\"response_flags\":\"DT\"", "\"protocol\":\"HTTP/2\"");
  }

  /** The same without a drain: the stream alone ends, as RFC 8441, section 5 says. */
  @Test
  void aTunnelThatIsCutByItsServerIsACancel() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  accept(connection);
                  connection.in.read();
                  connection.socket.setSoLinger(true, 0);
                })) {
      try (var client = Http2RawClient.open(proxy.to(Direction.OUTBOUND, origin))) {
        tunnel(client);
        client.frame(DATA, 0, 1, "x".getBytes(US_ASCII)).flush();
        var reset = client.awaitType(RST_STREAM);
        assertThat(reset.stream()).isEqualTo(1);
        assertThat(reset.number(0)).isEqualTo(8);
      }
    }
  }

  /** The server's side of RFC 6455, section 4.2.2, and a word. */
  private static void accept(Origin.Connection connection) throws IOException {
    var request = Objects.requireNonNull(connection.readRequest());
    String key = request.header("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    byte[] hash;
    try {
      hash = MessageDigest.getInstance("SHA-1").digest(key.getBytes(US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
    connection.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + Base64.getEncoder().encodeToString(hash)
            + "\r\n\r\nhello");
  }

  private static void tunnel(Http2RawClient client) {
    client.headers(1, false, request("CONNECT", "catalog", "/", ":protocol", "websocket")).flush();
    assertThat(status(client.await(f -> f.type() == HEADERS))).isEqualTo(200);
    assertThat(client.await(f -> f.type() == DATA).text()).isEqualTo("hello");
  }
}
