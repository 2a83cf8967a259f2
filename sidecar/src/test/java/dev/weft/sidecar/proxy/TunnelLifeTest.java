package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.testkit.SocketThreads;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tunnels over time: much that passes, who does not read, who falls silent, a drain. */
class TunnelLifeTest {
  @ParameterizedTest(name = "{0}, epoll {1}")
  @MethodSource("dev.weft.sidecar.proxy.Tunnels#everywhere")
  void muchPassesUnchangedBothWaysAtOnce(Direction direction, boolean epoll) throws Exception {
    byte[] much = new byte[8 * 1024 * 1024];
    new Random(1).nextBytes(much);
    try (var proxy = new ProxyFixture(epoll, ConnectionLimits.DEFAULT);
        var origin = Tunnels.echo();
        var client = proxy.caller(direction, origin)) {
      client.send(Tunnels.UPGRADE).read();
      SocketThreads.start(
          () -> {
            client.send(much);
            try {
              client.socket().shutdownOutput();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(client.in().readNBytes(6)).isEqualTo("hello ".getBytes(StandardCharsets.US_ASCII));
      byte[] back = client.in().readAllBytes();
      assertThat(back.length).isEqualTo(much.length);
      assertThat(Arrays.equals(back, much)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void whoDoesNotReadStopsWhoSends(Direction direction) {
    var written = new AtomicLong();
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(Tunnels.SWITCH);
                  byte[] block = new byte[64 * 1024];
                  for (int i = 0; i < 1024; i++) {
                    connection.out.write(block);
                    written.addAndGet(block.length);
                  }
                });
        var client = proxy.caller(direction, origin)) {
      client.send(Tunnels.UPGRADE).read();
      Http1FlowTest.settled(written);
      assertThat(written.get()).isLessThan(32L * 1024 * 1024);
      assertThat(proxy.directBytesInUse()).isLessThan(2 * 1024 * 1024);
      assertThat(client.readToEnd()).hasSize(64 * 1024 * 1024);
    }
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void anIdleTunnelEndsInTimeAndABusyOneDoesNot(Direction direction) throws IOException {
    try (var proxy = new ProxyFixture();
        var origin = Tunnels.echo();
        var client = proxy.caller(direction, origin)) {
      client.send(Tunnels.UPGRADE).read();
      assertThat(client.in().readNBytes(6)).hasSize(6);
      for (int i = 0; i < 4; i++) {
        proxy.advance(40, TimeUnit.MINUTES);
        client.send("x");
        assertThat(client.in().read()).isPositive();
      }
      assertThat(proxy.telemetry.scrape()).contains(metric("tunnel_active", direction) + " 1.0");
      await()
          .untilAsserted(
              () -> {
                proxy.advance(61, TimeUnit.MINUTES);
                assertThat(proxy.telemetry.scrape())
                    .contains(metric("tunnel_idle_timeout_total", direction) + " 1.0")
                    .contains(metric("tunnel_total", direction) + " 1.0")
                    .contains(metric("tunnel_active", direction) + " 0.0")
                    .containsPattern("weft_upstream_rq_total\\{.*code_class=\"1xx\".*} 1.0")
                    // An hour of a tunnel is no latency of a request.
                    .containsPattern("weft_upstream_rq_time_seconds_count\\{.*} 0\n")
                    .containsPattern("weft_upstream_rq_time_seconds_sum\\{.*} 0.0\n");
              });
      assertThat(client.isClosedByPeer()).isTrue();
    }
  }

  private static String metric(String name, Direction direction) {
    return "weft_downstream_" + name + "{direction=\"" + direction.label() + "\"}";
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void aDrainWaitsForATunnel(Direction direction) {
    try (var proxy = new ProxyFixture();
        var origin = Tunnels.echo();
        var client = proxy.caller(direction, origin)) {
      client.send(Tunnels.UPGRADE).read();
      proxy.worker.drain(direction);
      var drained = proxy.worker.drained(direction);
      client.send("on");
      assertThat(client.in().readNBytes(8))
          .isEqualTo("hello on".getBytes(StandardCharsets.US_ASCII));
      assertThat(drained).isNotDone();
      client.socket().shutdownOutput();
      assertThat(client.readToEnd()).isEmpty();
      assertThat(drained).succeedsWithin(Duration.ofSeconds(10));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theAccessLogHasItsRowWhenTheTunnelEnds(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("access.log");
    try (var proxy =
            new ProxyFixture(
                Epoll.isAvailable(), ConnectionLimits.DEFAULT, AccessLog.open(file.toString()));
        var origin = Tunnels.echo()) {
      try (var client = proxy.client(proxy.to(Direction.OUTBOUND, origin))) {
        client.send(Tunnels.UPGRADE).read();
        client.send("1234");
        assertThat(client.in().readNBytes(10)).hasSize(10);
        assertThat(file).isEmptyFile();
        client.socket().shutdownOutput();
        client.readToEnd();
      }
      await().until(() -> Files.size(file) > 0);
    }
    assertThat(Files.readString(file))
        .contains("\"response_code\":101", "\"bytes_received\":4", "\"bytes_sent\":10", "\"/ws\"");
  }
}
