package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.proxy.RawClient.Response;
import dev.weft.sidecar.telemetry.Bound;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** New work is refused where there is no room for it; what is under way is served on. */
class OverloadTest {
  private static final String GET = "GET / HTTP/1.1\r\nhost: catalog\r\n\r\n";

  private final ProxyFixture proxy = new ProxyFixture();
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger heads = new AtomicInteger();

  @AfterEach
  void close() {
    go.countDown();
    proxy.close();
  }

  @Test
  void whileMemoryIsShortNewRequestsOnOldConnectionsAreRefusedAndOldOnesServed() {
    try (Origin origin = waiting()) {
      var address = proxy.serve("catalog", origin).outbound();
      RawClient served = proxy.client(address).send(GET);
      await().until(() -> heads.get() == 1);
      RawClient other = proxy.client(address);
      proxy.overload.memoryShort(true);

      Response refused = other.send(GET).read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("retry-after")).isEqualTo("1");
      assertThat(refused.body()).contains("\"flag\":\"UO\"").contains("short of memory");
      assertThat(proxy.reached(Bound.MEMORY_SHED)).isEqualTo(1);
      go.countDown();
      assertThat(served.read().status()).isEqualTo(200);

      proxy.overload.memoryShort(false);
      assertThat(other.send(GET).read().status()).isEqualTo(200);
    }
  }

  @Test
  void inboundRefusalsSayThatTheRequestWasNotDeliveredSoThatTheCallerTriesElsewhere() {
    try (Origin app = Origin.named("app")) {
      RawClient caller = proxy.client(proxy.inbound(app.port()));
      proxy.overload.memoryShort(true);
      Response refused =
          caller
              .send("POST / HTTP/1.1\r\nhost: app\r\nweft-hop: 1\r\ncontent-length: 0\r\n\r\n")
              .read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("weft-hop")).isEqualTo("UO;undelivered");
      assertThat(app.requests).isEmpty();
    }
  }

  @Test
  void requestsBeyondTheProcessesLimitAreRefusedUntilOneIsOver() {
    try (Origin origin = waiting()) {
      for (int i = 0; i < ProxyFixture.MAX_REQUESTS - 1; i++) {
        assertThat(proxy.overload.begin()).isNull();
      }
      var address = proxy.serve("catalog", origin).outbound();
      RawClient last = proxy.client(address).send(GET);
      await().until(() -> heads.get() == 1);
      RawClient beyond = proxy.client(address);
      Response refused = beyond.send(GET).read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains("\"flag\":\"UO\"").contains("3000 requests");
      assertThat(proxy.reached(Bound.REQUESTS)).isEqualTo(1);
      go.countDown();
      assertThat(last.read().status()).isEqualTo(200);
      assertThat(beyond.send(GET).read().status()).isEqualTo(200);
      await().until(() -> proxy.overload.requests() == ProxyFixture.MAX_REQUESTS - 1);
    }
  }

  @Test
  void anOldConnectionEndsWithItsNextResponse() {
    try (Origin origin = Origin.named("one")) {
      proxy.worker.maxConnectionAge(TimeUnit.SECONDS.toNanos(100));
      RawClient client = proxy.serve("catalog", origin).client(proxy.outbound());
      assertThat(client.send(GET).read().header("connection")).isEmpty();
      proxy.advance(89, TimeUnit.SECONDS);
      assertThat(client.send(GET).read().header("connection")).isEmpty();
      proxy.advance(22, TimeUnit.SECONDS);
      assertThat(client.send(GET).read().header("connection")).isEqualTo("close");
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(proxy.reached(Bound.CONNECTION_AGE)).isEqualTo(1);
    }
  }

  private Origin waiting() {
    return new Origin(
        "waiting",
        connection -> {
          while (connection.readRequest() != null) {
            heads.incrementAndGet();
            try {
              go.await();
            } catch (InterruptedException e) {
              return;
            }
            connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
          }
        });
  }
}
