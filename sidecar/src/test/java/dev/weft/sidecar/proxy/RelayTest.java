package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.testkit.SocketThreads;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections passed on as bytes, in both directions, on real sockets. */
class RelayTest extends RelayFixture {
  private static final byte[] BIG = new byte[3_000_000];

  static {
    new Random(5).nextBytes(BIG);
  }

  private static CompletableFuture<Void> write(OutputStream to, byte[] bytes) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            to.write(bytes);
            to.flush();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        SocketThreads::start);
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void bytesGoThroughUnchangedBothWays(Direction direction) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(relay(direction, db))) {
      var sent = write(client.socket().getOutputStream(), BIG);
      assertThat(client.in().readNBytes(BIG.length)).isEqualTo(BIG);
      sent.get(60, TimeUnit.SECONDS);
      assertThat(metric("tcp_cx_active", direction)).isEqualTo(1);
      client.socket().shutdownOutput();
      assertThat(client.in().read()).isEqualTo(-1);
      await().until(() -> metric("tcp_cx_active", direction) == 0);
      assertThat(metric("tcp_cx_total", direction)).isEqualTo(1);
      assertThat(metric("tcp_rx_bytes_total", direction)).isEqualTo(BIG.length);
      assertThat(metric("tcp_tx_bytes_total", direction)).isEqualTo(BIG.length);
      assertThat(flagged("DC", direction) + flagged("UC", direction)).isZero();
    }
  }

  @Test
  void theSameOnNio() throws Exception {
    proxy.close();
    proxy = new ProxyFixture(false, ConnectionLimits.DEFAULT);
    bytesGoThroughUnchangedBothWays(Direction.OUTBOUND);
  }

  /** The client has said all; the answer comes only then. */
  @ParameterizedTest
  @EnumSource(Direction.class)
  void theClientsHalfCloseIsKept(Direction direction) throws Exception {
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  byte[] all = connection.in.readAllBytes();
                  connection.out.write(all);
                  connection.out.write(BIG);
                });
        var client = proxy.client(relay(direction, db))) {
      client.send("question");
      client.socket().shutdownOutput();
      byte[] answer = client.in().readAllBytes();
      assertThat(answer).hasSize(8 + BIG.length);
      assertThat(Arrays.copyOfRange(answer, 8, answer.length)).isEqualTo(BIG);
    }
  }

  /** The server has said all, and still listens. */
  @ParameterizedTest
  @EnumSource(Direction.class)
  void theServersHalfCloseIsKept(Direction direction) throws Exception {
    var heard = new CompletableFuture<byte[]>();
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  connection.write("bye");
                  connection.socket.shutdownOutput();
                  heard.complete(connection.in.readAllBytes());
                });
        var client = proxy.client(relay(direction, db))) {
      assertThat(client.readToEnd()).isEqualTo("bye");
      client.send(BIG);
      client.socket().shutdownOutput();
      assertThat(heard.get(60, TimeUnit.SECONDS)).isEqualTo(BIG);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aServerThatDoesNotReadStopsTheClient(Direction direction) throws Exception {
    var go = new CountDownLatch(1);
    var heard = new CompletableFuture<Long>();
    byte[] huge = new byte[64 * 1024 * 1024];
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  awaitQuietly(go);
                  heard.complete(
                      connection
                          .socket
                          .getInputStream()
                          .transferTo(OutputStream.nullOutputStream()));
                });
        var client = proxy.client(relay(direction, db))) {
      var sent = write(client.socket().getOutputStream(), huge);
      awaitStandstill("tcp_rx_bytes_total", direction);
      assertThat(sent).isNotDone();
      assertThat(proxy.directBytesInUse()).isLessThan(4 * 1024 * 1024);
      go.countDown();
      sent.get(60, TimeUnit.SECONDS);
      client.socket().shutdownOutput();
      assertThat(heard.get(60, TimeUnit.SECONDS)).isEqualTo(huge.length);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aClientThatDoesNotReadStopsTheServer(Direction direction) throws Exception {
    byte[] huge = new byte[64 * 1024 * 1024];
    try (var db = new Origin("db-1", connection -> connection.out.write(huge));
        var client = proxy.client(relay(direction, db))) {
      awaitStandstill("tcp_tx_bytes_total", direction);
      assertThat(metric("tcp_tx_bytes_total", direction)).isLessThan(huge.length / 2.0);
      assertThat(proxy.directBytesInUse()).isLessThan(4 * 1024 * 1024);
      assertThat(client.in().transferTo(OutputStream.nullOutputStream())).isEqualTo(huge.length);
    }
  }

  /** Until some bytes have gone through, and for a while no more. */
  private void awaitStandstill(String name, Direction direction) {
    var last = new AtomicLong(-1);
    await()
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              long now = (long) metric(name, direction);
              return now > 0 && last.getAndSet(now) == now;
            });
  }

  private static void awaitQuietly(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aServersResetIsAReset(Direction direction) throws Exception {
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  connection.write("x");
                  connection.in.read();
                  connection.socket.setSoLinger(true, 0);
                });
        var client = proxy.client(relay(direction, db))) {
      assertThat(client.in().read()).isEqualTo('x');
      client.send("y");
      assertThat(reset(client)).isTrue();
      await().until(() -> flagged("UC", direction) == 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aClientsResetIsAReset(Direction direction) throws Exception {
    var seen = new CompletableFuture<Boolean>();
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  connection.write("x");
                  try {
                    seen.complete(connection.in.read() >= 0);
                  } catch (SocketException e) {
                    seen.complete(true);
                  }
                });
        var client = proxy.client(relay(direction, db))) {
      assertThat(client.in().read()).isEqualTo('x');
      client.socket().setSoLinger(true, 0);
      client.close();
      assertThat(seen.get(60, TimeUnit.SECONDS)).isTrue();
      await().until(() -> flagged("DC", direction) == 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void whatIsIdleForTooLongIsClosed(Direction direction) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(relay(direction, db))) {
      client.send("a");
      assertThat(client.in().read()).isEqualTo('a');
      proxy.advance(59, TimeUnit.MINUTES);
      client.send("b");
      assertThat(client.in().read()).isEqualTo('b');
      proxy.advance(59, TimeUnit.MINUTES);
      client.send("c");
      assertThat(client.in().read()).isEqualTo('c');
      proxy.advance(61, TimeUnit.MINUTES);
      assertThat(client.isClosedByPeer()).isTrue();
      await().until(() -> flagged("SI", direction) == 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 5})
  void howLongItMayBeIdleIsItsServicesPolicy(long minutes) throws Exception {
    proxy.tcpIdleNanos = TimeUnit.MINUTES.toNanos(minutes);
    try (var db = echo("db-1");
        var client = proxy.client(relay(Direction.OUTBOUND, db))) {
      client.send("a");
      assertThat(client.in().read()).isEqualTo('a');
      proxy.advance(4, TimeUnit.MINUTES);
      client.send("b");
      assertThat(client.in().read()).isEqualTo('b');
      proxy.advance(minutes == 0 ? 300 : 6, TimeUnit.MINUTES);
      if (minutes == 0) {
        client.send("c");
        assertThat(client.in().read()).isEqualTo('c');
      } else {
        assertThat(client.isClosedByPeer()).isTrue();
        await().until(() -> flagged("SI", Direction.OUTBOUND) == 1);
        assertThat(proxy.reached(Bound.TCP_IDLE)).isEqualTo(1);
      }
    }
  }

  /** A drain waits for what is under way, and at its deadline cuts it. */
  @ParameterizedTest
  @EnumSource(Direction.class)
  void aDrainIsPoliteUntilItsDeadline(Direction direction)
      throws IOException, ExecutionException, InterruptedException {
    try (var db = echo("db-1");
        var client = proxy.client(relay(direction, db))) {
      client.send("a");
      assertThat(client.in().read()).isEqualTo('a');
      proxy.worker.drain(direction);
      var drained = proxy.worker.drained(direction);
      proxy.worker.closeIdle(direction);
      client.send("b");
      assertThat(client.in().read()).isEqualTo('b');
      assertThat(drained).isNotDone();
      proxy.worker.closeAll(direction);
      assertThat(client.isClosedByPeer()).isTrue();
      await().until(drained::isDone);
      assertThat(flagged("DT", direction)).isEqualTo(1);
      assertThat(metric("downstream_cx_drain_close_total", direction)).isEqualTo(1);
    }
  }
}
