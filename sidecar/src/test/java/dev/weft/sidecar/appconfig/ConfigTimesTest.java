package dev.weft.sidecar.appconfig;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.Origin;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long callers of the configuration port may be silent, on a clock that the test moves. */
class ConfigTimesTest {
  private static final String WATCH = "GET /config?watch HTTP/1.1\r\n\r\n";
  private static final int IDLE = seconds(Bound.CONFIG_IDLE);
  private static final int HEARTBEAT = seconds(Bound.CONFIG_HEARTBEAT);
  private static final int STALLED = seconds(Bound.CONFIG_STALLED);

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Bound> reached = new ArrayList<>();
  private final AppValues values = new AppValues("catalog-0", Map.of());
  private ConfigServer server;
  private EmbeddedChannel caller;

  @BeforeEach
  void connect() throws IOException {
    put("1");
    server =
        ConfigServer.bind(
            0, (EventLoop) group.next(), new NioServerSocketChannel(), values, reached::add);
    caller = new EmbeddedChannel(new ConfigConnection(values, server, reached::add));
    caller.freezeTime();
  }

  @AfterEach
  void stop() {
    caller.finishAndReleaseAll();
    server.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void aConnectionOnWhichNoWholeRequestComesIsClosed() {
    pass(IDLE - 1);
    send("GET /config/a HTTP/1.1\r\nHost:");
    assertThat(caller.isOpen()).isTrue();
    pass(1);
    assertThat(caller.isOpen()).isFalse();
    assertThat(reached).containsExactly(Bound.CONFIG_IDLE);
  }

  @Test
  void aRequestBeginsTheWaitAnew() {
    for (int i = 0; i < 5; i++) {
      pass(IDLE - 1);
      send("GET /config/a HTTP/1.1\r\n\r\n");
      assertThat(read()).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\n1");
    }
    assertThat(reached).isEmpty();
    pass(IDLE);
    assertThat(caller.isOpen()).isFalse();
  }

  @Test
  void aWatchIsNeverIdleAndHearsThatItGoesOn() {
    send(WATCH);
    assertThat(read())
        .contains("event: entry")
        .endsWith("event: synced\ndata: {\"entries\":1}\n\n");
    // It has said something in its first period.
    pass(HEARTBEAT);
    assertThat(read()).isEmpty();
    for (int i = 0; i < 20; i++) {
      pass(HEARTBEAT - 1);
      assertThat(read()).isEmpty();
      pass(1);
      assertThat(read()).isEqualTo(":\n\n");
    }
    put("2");
    assertThat(read()).contains("\"value\":\"2\"");
    pass(HEARTBEAT);
    assertThat(read()).as("an event says it, too").isEmpty();
    pass(HEARTBEAT);
    assertThat(read()).isEqualTo(":\n\n");
    assertThat(caller.isOpen()).isTrue();
    assertThat(reached).isEmpty();
  }

  @Test
  void aWatchWhoseCallerDoesNotReadIsClosedAndMakesRoom() {
    send(WATCH);
    for (int i = 1; i < Bound.CONFIG_WATCHES.intValue(); i++) {
      assertThat(server.mayWatch()).isTrue();
    }
    assertThat(server.mayWatch()).isFalse();
    reads(false);
    pass(STALLED - HEARTBEAT);
    assertThat(caller.isOpen()).isTrue();
    // Who reads again has all of the time again.
    reads(true);
    pass(HEARTBEAT);
    reads(false);
    pass(STALLED - HEARTBEAT);
    assertThat(caller.isOpen()).isTrue();
    pass(HEARTBEAT);

    assertThat(caller.isOpen()).isFalse();
    assertThat(reached).containsExactly(Bound.CONFIG_STALLED);
    assertThat(server.mayWatch()).isTrue();
    read();
    put("2");
    assertThat(read()).isEmpty();
  }

  private void put(String text) {
    var origin = new Origin("ConfigEntry", "default", "a", "spec", "value", 7);
    values.update(
        new AppConfig(
            "default/catalog",
            List.of(new AppConfig.Entry("a", Map.of(), "text/plain", text, null, origin))));
  }

  private void send(String text) {
    caller.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1));
  }

  /** All that was sent to the caller since. */
  private String read() {
    var text = new StringBuilder();
    for (ByteBuf each = caller.readOutbound(); each != null; each = caller.readOutbound()) {
      text.append(each.toString(StandardCharsets.UTF_8));
      each.release();
    }
    return text.toString();
  }

  /** Whether the caller takes what is sent. */
  private void reads(boolean takes) {
    caller.unsafe().outboundBuffer().setUserDefinedWritability(1, takes);
    caller.runPendingTasks();
  }

  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      caller.advanceTimeBy(1, TimeUnit.SECONDS);
      caller.runScheduledPendingTasks();
    }
  }

  private static int seconds(Bound bound) {
    return Math.toIntExact(TimeUnit.MILLISECONDS.toSeconds(bound.millis()));
  }
}
