package dev.weft.sidecar.app.intercept;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The init step's end, when the sidecar was started before it. */
@Timeout(60)
class SidecarReadyTest {
  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

  private final AtomicInteger asked = new AtomicInteger();
  private volatile int readyAt = Integer.MAX_VALUE;
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(HERE, 0), 0);
    server.createContext(
        "/ready",
        exchange -> {
          boolean ready = asked.incrementAndGet() >= readyAt;
          byte[] text = (ready ? "ready" : "no configuration yet").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(ready ? 200 : 503, text.length);
          exchange.getResponseBody().write(text);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void itWaitsUntilTheSidecarIsReady() throws Exception {
    readyAt = 4;

    SidecarReady.await(server.getAddress().getPort());

    assertThat(asked).hasValue(4);
  }

  @Test
  void itKnowsWhyTheSidecarIsNot() throws Exception {
    assertThat(SidecarReady.problem(server.getAddress().getPort()))
        .isEqualTo("/ready answers 503: no configuration yet");
    int nobody;
    try (var once = new ServerSocket(0, 1, HERE)) {
      nobody = once.getLocalPort();
    }
    assertThat(SidecarReady.problem(nobody)).contains("refused");
  }
}
