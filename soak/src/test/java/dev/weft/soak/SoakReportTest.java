package dev.weft.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weft.soak.load.Aim;
import dev.weft.soak.load.Judge;
import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.load.MixedLoad.Protocol;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SoakReportTest {
  private static final byte[] ANSWER = new byte[1024];

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch over = new CountDownLatch(1);
  private final StringWriter printed = new StringWriter();
  private volatile boolean silent;
  private HttpServer server;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void close() {
    over.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (silent) {
        over.await();
      }
      exchange.sendResponseHeaders(200, ANSWER.length);
      exchange.getResponseBody().write(ANSWER);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private MixedLoad load(int perSecond) {
    return new MixedLoad(
        List.of(Protocol.HTTP1),
        new Aim("", List.of(server.getAddress().getPort())),
        perSecond,
        Duration.ZERO,
        Judge.STRICT);
  }

  private boolean good(MixedLoad load) {
    return new SoakReport(load, List.of(), Map.of(), List.of(), new PrintWriter(printed))
        .print(1, Duration.ofMinutes(3), 150, Duration.ofMinutes(3));
  }

  @Test
  void aRunWhoseRequestsAreAllAnsweredHasPassed() {
    try (MixedLoad load = load(200)) {
      await().until(() -> load.ok() > 50);
      load.stop();
      await().until(() -> load.underWay() == 0);

      assertThat(good(load)).isTrue();
      assertThat(printed).asString().contains("PASSED").contains("0 held back");
    }
  }

  @Test
  void aRunThatHoldsBackMostOfItsLoadHasFailedThoughNoRequestHas() {
    try (MixedLoad load = load(2000)) {
      await().until(() -> load.ok() > 0);
      silent = true;
      await().until(() -> load.pressure().heldBack() > 500);
      load.stop();

      assertThat(load.failed()).isZero();
      assertThat(good(load)).isFalse();
      assertThat(printed).asString().contains("were held back").contains("FAILED");
    }
  }
}
