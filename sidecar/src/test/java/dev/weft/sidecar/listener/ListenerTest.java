package dev.weft.sidecar.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.InboundConfig;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.http.Overload;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.proxy.InboundStack;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import dev.weft.sidecar.upstream.UpstreamLimits;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ports, and which worker gets a connection. */
class ListenerTest {
  private static final InetSocketAddress ANY = new InetSocketAddress("127.0.0.1", 0);

  private final Overload overload = new Overload(0);
  private final Telemetry telemetry = new Telemetry(null);
  private final List<EventLoopGroup> groups = new ArrayList<>();
  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    groups.forEach(group -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
    telemetry.close();
  }

  private List<Worker> workers(Transport transport, int count) {
    EventLoopGroup group = transport.newGroup("test-worker", count);
    groups.add(group);
    var allocator = new PooledByteBufAllocator(true, 0, 1, 8192, 6, 0, 0, false);
    var workers = new ArrayList<Worker>();
    for (int i = 0; i < count; i++) {
      workers.add(
          new Worker(
              i,
              group.next(),
              transport.clientChannel(),
              allocator,
              telemetry.newWorker(),
              System::nanoTime,
              () -> 0,
              ConnectionLimits.DEFAULT,
              UpstreamLimits.DEFAULT,
              i,
              overload));
    }
    return workers;
  }

  private static List<ConnectionStack> stacks(List<Worker> workers) {
    var app =
        new InboundApp(
            "127.0.0.1",
            1,
            workers.size(),
            () -> InboundConfig.DEFAULT,
            System::nanoTime,
            new Random(1));
    return workers.stream()
        .map(
            worker ->
                ConnectionStack.http1(worker, Direction.INBOUND, new InboundStack(worker, app)))
        .toList();
  }

  private Socket connect(ProxyListener listener) throws IOException {
    var socket = new Socket();
    socket.connect(listener.address(), 5000);
    socket.setSoTimeout(60_000);
    sockets.add(socket);
    return socket;
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void theLeastLoadedWorkerGetsTheNextConnection(Transport transport) throws IOException {
    var workers = workers(transport, 3);
    try (var listener =
        ProxyListener.bind(
            ANY, Direction.INBOUND, transport, workers, stacks(workers), new ConnectionLimit(99))) {
      for (int i = 0; i < 9; i++) {
        connect(listener);
      }
      await()
          .untilAsserted(
              () -> assertThat(workers).allMatch(worker -> worker.connections().get() == 3));
    }
  }

  @Test
  void connectionsBeyondTheLimitAreShedUntilThereIsRoom() throws IOException {
    var limit = new ConnectionLimit(2);
    var workers = workers(Transport.best(), 1);
    try (var listener =
        ProxyListener.bind(
            ANY, Direction.INBOUND, Transport.best(), workers, stacks(workers), limit)) {
      Socket first = connect(listener);
      connect(listener);
      await().until(() -> limit.open() == 2);
      Socket refused = connect(listener);
      refused
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(refused.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 503 ")
          .contains("\r\nretry-after: 1\r\n", "\r\nconnection: close\r\n", "\"flag\":\"UO\"");
      Socket http2 = connect(listener);
      http2
          .getOutputStream()
          .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // SETTINGS, then GOAWAY with last stream 0 and NO_ERROR: all may be sent again elsewhere.
      assertThat(http2.getInputStream().readAllBytes())
          .containsExactly(
              0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      Socket other = connect(listener);
      other.getOutputStream().write(0x16);
      assertThat(closed(other)).isTrue();
      first.close();
      await().until(() -> limit.open() == 1);
      connect(listener);
      await().until(() -> limit.open() == 2);
    }
  }

  @Test
  void aPortInUseIsOneClearLine() throws IOException {
    var workers = workers(Transport.best(), 1);
    try (var taken = new ServerSocket(0, 1, ANY.getAddress())) {
      var address = new InetSocketAddress("127.0.0.1", taken.getLocalPort());
      assertThatThrownBy(
              () ->
                  ProxyListener.bind(
                      address,
                      Direction.INBOUND,
                      Transport.best(),
                      workers,
                      stacks(workers),
                      new ConnectionLimit(2)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot listen on 127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("(inbound)")
          .hasMessageContaining("in use");
    }
  }

  @Test
  void aRefusedConnectionThatSaysNothingGoesAfterASecondAndNoMoreThanSomeAreAnswered()
      throws IOException {
    var limit = new ConnectionLimit(0);
    var workers = workers(Transport.best(), 1);
    try (var listener =
        ProxyListener.bind(
            ANY, Direction.INBOUND, Transport.best(), workers, stacks(workers), limit)) {
      var silent = new ArrayList<Socket>();
      for (int i = 0; i < Bound.REFUSALS.intValue(); i++) {
        silent.add(connect(listener));
      }
      await().until(() -> workers.getFirst().downstream(Direction.INBOUND).openConnections() >= 64);
      assertThat(closed(connect(listener))).isTrue();
      for (Socket socket : silent) {
        assertThat(closed(socket)).isTrue();
      }
      assertThat(limit.open()).isZero();
    }
  }

  @Test
  void whileMemoryIsShortConnectionsAreRefusedAndThenNotAnyMore() throws IOException {
    var limit = new ConnectionLimit(10);
    var workers = workers(Transport.best(), 1);
    try (var listener =
        ProxyListener.bind(
            ANY, Direction.INBOUND, Transport.best(), workers, stacks(workers), limit)) {
      overload.memoryShort(true);
      Socket refused = connect(listener);
      refused.getOutputStream().write("GET ".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(refused.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 503 ");
      overload.memoryShort(false);
      connect(listener);
      await().until(() -> limit.open() == 1);
    }
  }

  private static boolean closed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }
}
