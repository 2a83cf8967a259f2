package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.proxy.RawClient.Response;
import dev.weft.sidecar.telemetry.Bound;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Callers and upstreams that are slow or stand still: each wait ends, by its own limit. */
class StandstillTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final ProxyFixture proxy = new ProxyFixture();
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicInteger heads = new AtomicInteger();
  private final AtomicInteger bodyBytes = new AtomicInteger();

  @AfterEach
  void close() {
    over.countDown();
    proxy.close();
  }

  @Test
  void aHeadThatDripsByteByByteEndsAtItsTimeHoweverSteadily() {
    try (Origin origin = Origin.named("one")) {
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      String head = "GET / HTTP/1.1\r\nhost: catalog\r\nx-drip: ";
      client.send("G");
      awaitConnections(1);
      for (int i = 1; i < head.length(); i++) {
        client.send(head.substring(i, i + 1));
      }
      for (int seconds = 0; seconds < 9; seconds++) {
        client.send("a");
        proxy.advance(1, TimeUnit.SECONDS);
        assertThat(proxy.connections()).isEqualTo(1);
      }
      proxy.advance(12, TimeUnit.SECONDS);
      Response answer = client.read();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.body()).contains("\"flag\":\"DPE\"");
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(origin.requests).isEmpty();
      assertThat(proxy.reached(Bound.HEAD_TIME)).isEqualTo(1);
    }
  }

  @Test
  void aBodyThatDoesNotGoOnIsAnswered408() {
    try (Origin origin = silent()) {
      proxy.route.idleNanos = 0;
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      client.send("POST / HTTP/1.1\r\nhost: catalog\r\ncontent-length: 10\r\n\r\n12345");
      awaitBody(5);
      proxy.advance(299, TimeUnit.SECONDS);
      client.send("6");
      awaitBody(6);
      proxy.advance(299, TimeUnit.SECONDS);
      proxy.advance(2, TimeUnit.SECONDS);
      Response answer = client.read();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.header("connection")).isEqualTo("close");
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(proxy.reached(Bound.REQUEST_BODY_IDLE)).isEqualTo(1);
    }
  }

  @Test
  void anUpstreamThatNeverAnswersIsGivenUpAndItsConnectionClosed() {
    try (Origin origin = silent()) {
      proxy.route.idleNanos = 5 * SECOND;
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      client.send("GET / HTTP/1.1\r\nhost: catalog\r\n\r\n");
      await().until(() -> heads.get() == 1);
      proxy.advance(4, TimeUnit.SECONDS);
      proxy.advance(2, TimeUnit.SECONDS);
      Response answer = client.read();
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.body()).contains("\"flag\":\"SI\"").contains("5000 ms");
      assertThat(proxy.reached(Bound.STREAM_IDLE)).isEqualTo(1);
    }
  }

  @Test
  void aResponseThatStopsIsCutOffSoThatNobodyTakesItForWhole() {
    try (Origin origin =
        new Origin(
            "half",
            connection -> {
              connection.readRequest();
              connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
              hold();
            })) {
      proxy.route.idleNanos = 5 * SECOND;
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      client.send("GET / HTTP/1.1\r\nhost: catalog\r\n\r\n");
      assertThat(readUntil(client, "half")).contains("200 OK");
      proxy.advance(1, TimeUnit.SECONDS);
      proxy.advance(6, TimeUnit.SECONDS);
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(proxy.reached(Bound.STREAM_IDLE)).isEqualTo(1);
    }
  }

  @Test
  void aSlowButSteadyResponseIsNotCutOff() {
    var go = new Semaphore(0);
    try (Origin origin =
        new Origin(
            "slow",
            connection -> {
              connection.readRequest();
              connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
              for (int i = 0; i < 10; i++) {
                go.acquireUninterruptibly();
                connection.write(Integer.toString(i));
              }
            })) {
      proxy.route.idleNanos = 5 * SECOND;
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      client.send("GET / HTTP/1.1\r\nhost: catalog\r\n\r\n");
      readUntil(client, "\r\n\r\n");
      for (int i = 0; i < 10; i++) {
        go.release();
        readUntil(client, Integer.toString(i));
        proxy.advance(1, TimeUnit.SECONDS);
        proxy.advance(4, TimeUnit.SECONDS);
      }
      assertThat(proxy.reached(Bound.STREAM_IDLE)).isZero();
    }
  }

  @Test
  void aLongerRequestTimeoutMovesTheDefaultAlong() {
    try (Origin origin = silent()) {
      proxy.route.timeoutNanos = 600 * SECOND;
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      client.send("GET / HTTP/1.1\r\nhost: catalog\r\n\r\n");
      await().until(() -> heads.get() == 1);
      proxy.advance(400, TimeUnit.SECONDS);
      assertThat(proxy.reached(Bound.STREAM_IDLE)).isZero();
      proxy.advance(201, TimeUnit.SECONDS);
      Response answer = client.read();
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.body()).contains("\"flag\":\"UT\"");
    }
  }

  private Origin silent() {
    return new Origin(
        "silent",
        connection -> {
          connection.readHead();
          heads.incrementAndGet();
          while (connection.in.read() >= 0) {
            bodyBytes.incrementAndGet();
          }
        });
  }

  private void hold() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitBody(int bytes) {
    await().untilAsserted(() -> assertThat(bodyBytes).hasValue(bytes));
  }

  private void awaitConnections(int count) {
    await().untilAsserted(() -> assertThat(proxy.connections()).isEqualTo(count));
  }

  private static String readUntil(RawClient client, String end) {
    var text = new StringBuilder();
    try {
      while (text.indexOf(end) < 0) {
        int b = client.in().read();
        if (b < 0) {
          throw new AssertionError("closed after " + text);
        }
        text.append((char) b);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
