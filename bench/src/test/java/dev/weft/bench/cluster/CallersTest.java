package dev.weft.bench.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On two servers of the JDK, whose version and status can be changed. */
final class CallersTest {
  private static final Duration PACE = Duration.ofMillis(5);

  private final Frontend first = new Frontend();
  private final Frontend second = new Frontend();

  private static final class Frontend {
    volatile String version = "v1";
    volatile int status = 200;
    final HttpServer server = start();

    private HttpServer start() {
      try {
        HttpServer started =
            HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        started.createContext(
            "/items",
            exchange -> {
              try (exchange) {
                exchange.getResponseHeaders().set("x-catalog-version", version);
                exchange.sendResponseHeaders(status, -1);
              }
            });
        return started;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @BeforeEach
  void start() {
    first.server.start();
    second.server.start();
  }

  @AfterEach
  void stop() {
    first.server.stop(0);
    second.server.stop(0);
  }

  private Callers callers(int connections) {
    return new Callers(
        List.of(first.server.getAddress(), second.server.getAddress()), connections, PACE);
  }

  @Test
  void aVersionIsInForceWhenEveryCallerHasSeenIt() throws Exception {
    try (Callers callers = callers(2)) {
      callers.expect("v2");
      CompletableFuture<Void> inForce = awaited(callers);
      first.version = "v2";
      int before = callers.calls();
      await().atMost(Duration.ofMinutes(1)).until(() -> callers.calls() > before + 20);
      assertThat(inForce).isNotDone();

      second.version = "v2";
      inForce.get(1, TimeUnit.MINUTES);

      callers.expect("v2");
      awaited(callers).get(1, TimeUnit.MINUTES);
      assertThat(callers.failures()).isZero();
    }
  }

  @Test
  void whatIsNoGoodAnswerIsAFailure() {
    try (Callers callers = callers(1)) {
      await().atMost(Duration.ofMinutes(1)).until(() -> callers.calls() > 2);

      first.status = 503;

      await().atMost(Duration.ofMinutes(1)).until(() -> callers.failures() > 2);
    }
  }

  private static CompletableFuture<Void> awaited(Callers callers) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            callers.await();
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
