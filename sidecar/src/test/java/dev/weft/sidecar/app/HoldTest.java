package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The hooks of a container that has to be first. */
class HoldTest {
  @Test
  void it_ends_when_the_sidecar_is_ready() throws Exception {
    var asked = new AtomicInteger();
    HttpServer server = server(asked, 3);
    try {
      assertThat(Hold.run(List.of("ready", "" + server.getAddress().getPort(), "60"))).isZero();
      assertThat(asked).hasValue(3);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void it_fails_when_it_takes_too_long() throws Exception {
    HttpServer server = server(new AtomicInteger(), Integer.MAX_VALUE);
    try {
      assertThat(Hold.run(List.of("ready", "" + server.getAddress().getPort(), "0"))).isEqualTo(1);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void it_says_how_it_is_used() throws Exception {
    assertThat(Hold.run(List.of())).isEqualTo(2);
    assertThat(Hold.run(List.of("ready", "here", "1"))).isEqualTo(2);
    assertThat(Hold.run(List.of("leave", "0"))).isZero();
  }

  /** Ready from the request of that number on. */
  private static HttpServer server(AtomicInteger asked, int readyAt) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.createContext(
        "/ready",
        exchange -> {
          exchange.sendResponseHeaders(asked.incrementAndGet() >= readyAt ? 200 : 503, -1);
          exchange.close();
        });
    server.start();
    return server;
  }
}
