package dev.weft.sidecar.appconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.Origin;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The configuration port, byte for byte, and what callers who misbehave may cost. */
class ConfigServerTest {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  private final List<Bound> reached = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new ArrayList<>();
  private final AppValues values = new AppValues("catalog-0", Map.of());
  private ConfigServer server;

  @BeforeEach
  void start() throws IOException {
    server = ConfigServer.bind(0, loop, new NioServerSocketChannel(), values, reached::add);
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    server.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void aConnectionIsGoodForMoreThanOneRequest() throws IOException {
    put(Map.of("a", "1", "b", "zwei ü"));
    Socket socket = connect();

    send(socket, get("/config/a") + get("/config/b") + get("/config/a", "Connection: close"));

    assertThat(rest(socket))
        .isEqualTo(
            """
            HTTP/1.1 200 OK\r
            cache-control: no-cache\r
            content-length: 1\r
            content-type: text/plain\r
            etag: %s\r
            weft-config-revision: 7\r
            \r
            1HTTP/1.1 200 OK\r
            cache-control: no-cache\r
            content-length: 7\r
            content-type: text/plain\r
            etag: %s\r
            weft-config-revision: 7\r
            \r
            zwei üHTTP/1.1 200 OK\r
            cache-control: no-cache\r
            content-length: 1\r
            content-type: text/plain\r
            etag: %s\r
            weft-config-revision: 7\r
            connection: close\r
            \r
            1"""
                .formatted(etag("1"), etag("zwei ü"), etag("1")));
  }

  @Test
  void headHasNoBodyAndWhatIsKnownIsNotSent() throws IOException {
    put(Map.of("a", "1"));

    assertThat(answer("HEAD /config/a HTTP/1.1\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK")
        .contains("content-length: 1\r\n")
        .endsWith("\r\n\r\n");
    for (String known : List.of(etag("1"), "\"x\", W/" + etag("1"), "*")) {
      assertThat(answer(get("/config/a", "If-None-Match: " + known, "Connection: close")))
          .startsWith("HTTP/1.1 304 Not Modified\r\n")
          .doesNotContain("content-length")
          .endsWith("\r\n\r\n");
    }
    assertThat(answer(get("/config/a", "If-None-Match: \"x\"", "Connection: close")))
        .startsWith("HTTP/1.1 200 OK");
  }

  @Test
  void whatIsNoGoodRequestIsAnsweredWithAProblem() throws IOException {
    put(Map.of("a", "1"));
    Map<String, String> bad =
        Map.of(
            "GET /config/a", "400 Bad Request",
            "GET http://x/config/a HTTP/1.1", "400 Bad Request",
            "PUT /config/a HTTP/1.1", "405 Method Not Allowed",
            "GET /config/a HTTP/1.1\r\nContent-Length: 1", "400 Bad Request",
            "GET /config/a HTTP/1.1\r\nTransfer-Encoding: chunked", "400 Bad Request",
            "GET /config/a HTTP/1.1\r\nno header", "400 Bad Request",
            "GET /config/a HTTP/1.1\r\nHost: evil.example:15010", "421 Misdirected Request",
            "GET /config/a HTTP/1.1\r\nHost: 127.0.0.1.evil.example", "421 Misdirected Request",
            "GET /config/%61 HTTP/1.1\r\nConnection: close", "404 Not Found",
            "GET / HTTP/1.1\r\nConnection: close", "404 Not Found");
    for (Map.Entry<String, String> each : bad.entrySet()) {
      assertThat(answer(each.getKey() + "\r\n\r\n"))
          .as(each.getKey())
          .startsWith("HTTP/1.1 " + each.getValue() + "\r\n")
          .contains("content-type: application/problem+json\r\n")
          .contains("\"status\":" + each.getValue().substring(0, 3));
    }
    for (String host : List.of("localhost:15010", "127.0.0.1", "[::1]:15010", "LOCALHOST")) {
      assertThat(answer(get("/config/a", "Host: " + host, "Connection: close")))
          .as(host)
          .startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void aRequestThatDoesNotEndIsRefused() throws IOException {
    assertThat(answer("GET /" + "x".repeat(Bound.CONFIG_REQUEST.intValue() + 100)))
        .startsWith("HTTP/1.1 431 ");
    assertThat(reached).contains(Bound.CONFIG_REQUEST);
  }

  @Test
  void soManyConnectionsAndWatchesAndNoMore() throws IOException {
    put(Map.of("a", "1"));
    for (int i = 0; i < Bound.CONFIG_WATCHES.intValue(); i++) {
      Socket watch = connect();
      send(watch, get("/config?watch"));
      assertThat(line(watch.getInputStream())).isEqualTo("HTTP/1.1 200 OK");
    }
    assertThat(answer(get("/config?watch")))
        .startsWith("HTTP/1.1 503 ")
        .contains("retry-after: 5\r\n")
        .contains("32 callers watch already");
    assertThat(reached).contains(Bound.CONFIG_WATCHES);

    sockets.getFirst().close();
    await()
        .untilAsserted(
            () -> {
              Socket again = connect();
              send(again, get("/config?watch"));
              assertThat(line(again.getInputStream())).isEqualTo("HTTP/1.1 200 OK");
            });
    for (int i = sockets.size(); i <= Bound.CONFIG_CONNECTIONS.intValue() + 2; i++) {
      connect();
    }
    await().until(() -> reached.contains(Bound.CONFIG_CONNECTIONS));
  }

  /**
   * What a caller who does not read is owed is not kept: it gets what is in force when it reads
   * again, and not what was in between.
   */
  @Test
  void aSlowWatcherGetsTheNewestAndNotAllThatWas() throws Exception {
    String large = "x".repeat(60_000);
    put(Map.of("a", large + 0));
    Socket slow = new Socket();
    slow.setReceiveBufferSize(8 << 10);
    slow.connect(server.address());
    slow.setSoTimeout(30_000);
    sockets.add(slow);
    send(slow, get("/config?watch"));
    InputStream in = slow.getInputStream();
    assertThat(line(in)).isEqualTo("HTTP/1.1 200 OK");

    int changes = 400;
    for (int i = 1; i <= changes; i++) {
      put(Map.of("a", large + i));
    }
    int events = 0;
    for (String line = line(in); !line.contains("x" + changes + "\""); line = line(in)) {
      events += line.startsWith("event: entry") ? 1 : 0;
    }
    assertThat(line(in)).isEmpty();
    assertThat(line(in)).isEqualTo("event: synced");
    assertThat(events).isLessThan(changes / 2);
  }

  @Test
  void aCallerWhoSendsRequestsAndReadsNoAnswersIsNotReadFrom() throws Exception {
    put(Map.of("a", "x".repeat(60_000)));
    Socket greedy = connect();
    greedy.setSoTimeout(30_000);
    byte[] requests =
        String.join("", Collections.nCopies(200, get("/config/a")))
            .getBytes(StandardCharsets.ISO_8859_1);
    greedy.getOutputStream().write(requests);

    Socket other = connect();
    send(other, get("/config/a", "Connection: close"));
    assertThat(rest(other)).startsWith("HTTP/1.1 200 OK");

    greedy.shutdownOutput();
    int whole = 0;
    byte[] buffer = new byte[1 << 16];
    InputStream in = greedy.getInputStream();
    while (whole < 200 * 60_000) {
      int read = in.read(buffer);
      assertThat(read).isPositive();
      whole += read;
    }
  }

  @Test
  void theSameConfigurationAgainIsNoChange() throws Exception {
    put(Map.of("a", "1"));
    Socket watch = connect();
    send(watch, get("/config?watch"));
    InputStream in = watch.getInputStream();
    while (!line(in).equals("event: synced")) {
      // What is there already.
    }
    put(Map.of("a", "1"));
    put(Map.of("a", "1", "b", "2"));
    line(in);
    line(in);
    assertThat(line(in)).isEqualTo("event: entry");
    assertThat(line(in)).contains("\"key\":\"b\"");
  }

  private void put(Map<String, String> texts) {
    var entries = new ArrayList<AppConfig.Entry>();
    texts.forEach(
        (key, text) ->
            entries.add(
                new AppConfig.Entry(
                    key,
                    Map.of(),
                    "text/plain",
                    text,
                    null,
                    new Origin("ConfigEntry", "default", key, "spec", "value", 7))));
    loop.submit(() -> values.update(new AppConfig("default/catalog", entries)))
        .syncUninterruptibly();
  }

  private static String etag(String text) {
    return ConfigValue.of(
            new AppConfig.Value(
                "a", "text/plain", text, new Origin("ConfigEntry", "default", "a", "", "", 7)))
        .etag();
  }

  private static String get(String path, String... headers) {
    var text = new StringBuilder("GET " + path + " HTTP/1.1\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    return text.append("\r\n").toString();
  }

  private Socket connect() throws IOException {
    InetSocketAddress address = server.address();
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(30_000);
    sockets.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private String answer(String request) throws IOException {
    Socket socket = connect();
    send(socket, request);
    return rest(socket);
  }

  private static String rest(Socket socket) throws IOException {
    var bytes = new java.io.ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(bytes);
    } catch (SocketException e) {
      // It was closed with something of ours unread: what it said before counts.
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static String line(InputStream in) throws IOException {
    var line = new java.io.ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the stream has ended");
      }
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
