package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.telemetry.Direction;
import dev.weft.testkit.SocketThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** HTTP/1.1 over time: who reads slowly, leaves, falls silent, or is told to go. */
class Http1FlowTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  @Test
  void aCallerThatReadsSlowlySlowsTheApplicationDown() {
    long total = 64L * 1024 * 1024;
    var written = new AtomicLong();
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(OK + "Content-Length: " + total + "\r\n\r\n");
                  byte[] block = new byte[64 * 1024];
                  for (long sent = 0; sent < total; sent += block.length) {
                    connection.out.write(block);
                    written.set(sent + block.length);
                  }
                });
        var client = proxy.caller(origin)) {
      client.send(RawClient.GET);
      settled(written);
      assertThat(written.get()).as("what the sockets take, no more").isLessThan(total / 2);
      assertThat(proxy.directBytesInUse()).isLessThan(2 * 1024 * 1024);
      assertThat(client.read().body()).hasSize((int) total);
    }
  }

  @Test
  void anApplicationThatReadsSlowlySlowsTheCallerDown() throws Exception {
    long total = 64L * 1024 * 1024;
    var written = new AtomicLong();
    var go = new CountDownLatch(1);
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readHead();
                  Origin.pass(go);
                  connection.in.skipNBytes(total);
                  connection.write(OK + "Content-Length: 2\r\n\r\nok");
                });
        var client = proxy.caller(origin)) {
      client.send("PUT / HTTP/1.1\r\nHost: catalog\r\nContent-Length: " + total + "\r\n\r\n");
      var sender =
          SocketThreads.start(
              () -> {
                byte[] block = new byte[64 * 1024];
                for (long sent = 0; sent < total; sent += block.length) {
                  client.send(block);
                  written.set(sent + block.length);
                }
              });
      settled(written);
      assertThat(written.get()).isLessThan(total / 2);
      assertThat(proxy.directBytesInUse()).isLessThan(2 * 1024 * 1024);
      go.countDown();
      assertThat(client.read().body()).isEqualTo("ok");
      sender.join();
    }
  }

  @Test
  void theLastAnswerIsReadToItsEndHoweverSlowly() throws Exception {
    int total = 8 * 1024 * 1024;
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(OK + "Content-Length: " + total + "\r\n\r\n");
                  connection.out.write(new byte[total]);
                });
        var client = proxy.caller(origin)) {
      client.send("GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n");
      while (!client.line().isEmpty()) {
        // The head.
      }
      int read = 0;
      while (!proxy.isIdle() && read < total) {
        read += client.in().readNBytes(512).length;
      }
      // The application is done; what is left waits for this reader.
      for (int i = 0; i < 5; i++) {
        proxy.advance(2, TimeUnit.SECONDS);
      }
      assertThat(read + client.in().readAllBytes().length).isEqualTo(total);
    }
  }

  @Test
  void aCallerThatLeavesEndsItsRequest() {
    var left = new CountDownLatch(1);
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.readHead();
                  left.countDown();
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(RawClient.GET);
        await().until(() -> origin.requests.size() == 1);
      }
      await().until(() -> left.getCount() == 0);
    }
  }

  @Test
  void idleAndHalfSentRequestsEndInTime() {
    try (var proxy = new ProxyFixture()) {
      var address = proxy.outbound();
      try (var idle = proxy.client(address);
          var slow = proxy.client(address)) {
        slow.send("GET / HTTP/1.1\r\nHost: cat");
        await().until(() -> proxy.connections() == 2);
        await()
            .untilAsserted(
                () -> {
                  proxy.advance(11, TimeUnit.SECONDS);
                  assertThat(slow.in().available()).isPositive();
                });
        assertThat(slow.read().status()).isEqualTo(408);
        proxy.advance(301, TimeUnit.SECONDS);
        assertThat(idle.isClosedByPeer()).isTrue();
      }
    }
  }

  @Test
  void whileDrainingEveryResponseEndsItsConnection() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one");
        var client = proxy.caller(origin)) {
      assertThat(client.send(RawClient.GET).read().header("connection")).isEmpty();
      proxy.worker.drain(Direction.OUTBOUND);
      assertThat(client.send(RawClient.GET).read().header("connection")).isEqualTo("close");
      assertThat(client.readToEnd()).isEmpty();
      assertThat(proxy.worker.drained(Direction.OUTBOUND)).succeedsWithin(Duration.ofSeconds(5));
    }
  }

  /** Waits until a count has stopped to rise: the same over some looks in a row. */
  static void settled(AtomicLong count) {
    var last = new long[] {-1, 0};
    await()
        .pollInterval(50, TimeUnit.MILLISECONDS)
        .until(
            () -> {
              long now = count.get();
              last[1] = now == last[0] && now > 0 ? last[1] + 1 : 0;
              last[0] = now;
              return last[1] >= 5;
            });
  }
}
