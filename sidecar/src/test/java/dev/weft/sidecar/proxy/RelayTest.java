package dev.weft.sidecar.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.InboundConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.upstream.Upstream;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections passed on as bytes, in both directions, on real sockets. */
class RelayTest {
  private static final byte[] BIG = new byte[3_000_000];

  static {
    new Random(5).nextBytes(BIG);
  }

  @TempDir private Path directory;
  private ProxyFixture proxy = new ProxyFixture();

  @AfterEach
  void close() {
    proxy.close();
  }

  /** A port of our application's that leads to db, or the inbound port in front of it. */
  private InetSocketAddress relay(Direction direction, Origin... origins) {
    if (direction == Direction.INBOUND) {
      return inbound(origins[0].port(), WireProtocol.TCP);
    }
    proxy.serve("db:5432", origins);
    var relays = new OutboundRelays(proxy.outboundStack());
    return listen(
        ConnectionStack.bytes(
            proxy.worker, Direction.OUTBOUND, hello -> relays.newRelay("db:5432", "TCP")));
  }

  private InetSocketAddress inbound(int appPort, @Nullable WireProtocol declared) {
    return inbound(appPort, declared, AddressRanges.NONE);
  }

  private InetSocketAddress inbound(
      int appPort, @Nullable WireProtocol declared, AddressRanges proxies) {
    var app =
        new InboundApp(
            "127.0.0.1", appPort, 1, () -> InboundConfig.DEFAULT, proxy.nanos::get, new Random(3));
    app.declare(declared);
    var relays = new InboundRelays(proxy.worker, app);
    return listen(
        ConnectionStack.http1(proxy.worker, Direction.INBOUND, new InboundStack(proxy.worker, app))
            .withBytes(
                hello ->
                    relays.newRelay(hello == null ? "" : String.valueOf(hello.serverName()), "TCP"),
                app::declared)
            .withProxyHeaderFrom(proxies));
  }

  private InetSocketAddress listen(ConnectionStack stack) {
    Channel channel =
        new ServerBootstrap()
            .group(proxy.loop)
            .channel(proxy.serverChannel())
            .childOption(ChannelOption.ALLOCATOR, proxy.allocator)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Upstream.WATER_MARK)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel child) {
                    child.pipeline().addLast(stack.begin(child));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    proxy.closeLater(channel);
    return (InetSocketAddress) channel.localAddress();
  }

  private static Origin echo(String name) {
    return new Origin(
        name,
        connection -> {
          connection.socket.getInputStream().transferTo(connection.out);
          connection.socket.shutdownOutput();
        });
  }

  /** A number as the scrape has it; 0 when it is not there. */
  private double metric(String name, Direction direction) {
    String line = "weft_" + name + "{direction=\"" + direction.label() + "\"} ";
    return proxy
        .telemetry
        .scrape()
        .lines()
        .filter(one -> one.startsWith(line))
        .mapToDouble(one -> Double.parseDouble(one.substring(line.length())))
        .findFirst()
        .orElse(0);
  }

  private double flagged(String flag, Direction direction) {
    String line = "weft_rq_response_flag_total{direction=\"" + direction.label() + "\",flag=\"";
    return proxy
        .telemetry
        .scrape()
        .lines()
        .filter(one -> one.startsWith(line + flag + "\"} "))
        .mapToDouble(one -> Double.parseDouble(one.substring(one.indexOf('}') + 2)))
        .findFirst()
        .orElse(0);
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
        task -> Thread.ofVirtual().start(task));
  }

  @ParameterizedTest
  @EnumSource(Direction.class)
  void bytesGoThroughUnchangedBothWays(Direction direction) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(relay(direction, db))) {
      var sent = write(client.socket().getOutputStream(), BIG);
      assertThat(client.in().readNBytes(BIG.length)).isEqualTo(BIG);
      sent.get(10, TimeUnit.SECONDS);
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
      assertThat(heard.get(10, TimeUnit.SECONDS)).isEqualTo(BIG);
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
      sent.get(20, TimeUnit.SECONDS);
      client.socket().shutdownOutput();
      assertThat(heard.get(20, TimeUnit.SECONDS)).isEqualTo(huge.length);
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
      assertThat(seen.get(10, TimeUnit.SECONDS)).isTrue();
      await().until(() -> flagged("DC", direction) == 1);
    }
  }

  /** Cut off at once, which a client may see as early as at its connect. */
  private boolean refused(InetSocketAddress address) throws IOException {
    try (var client = proxy.client(address)) {
      return reset(client);
    } catch (UncheckedIOException e) {
      return e.getCause() instanceof SocketException;
    }
  }

  private static boolean reset(RawClient client) throws IOException {
    try {
      return client.in().read() >= 0;
    } catch (SocketException e) {
      return true;
    }
  }

  @Test
  void anEndpointThatRefusesIsReplacedByAnother() throws Exception {
    var dead = echo("db-1");
    dead.close();
    try (var alive = echo("db-2")) {
      InetSocketAddress address = relay(Direction.OUTBOUND, dead, alive);
      for (int i = 0; i < 4; i++) {
        try (var client = proxy.client(address)) {
          client.send("hello");
          assertThat(client.in().readNBytes(5)).isEqualTo("hello".getBytes(ISO_8859_1));
        }
      }
      assertThat(metric("tcp_connect_retry_total", Direction.OUTBOUND)).isPositive();
      await().until(() -> metric("tcp_cx_active", Direction.OUTBOUND) == 0);
      assertThat(proxy.telemetry.scrape()).doesNotContain("flag=\"UF\"");
      assertThat(cluster().total(Stat.CX_CONNECT_FAIL)).isPositive();
      assertThat(cluster().connections().used()).isZero();
    }
  }

  private Cluster cluster() {
    return Objects.requireNonNull(proxy.clusters.find("db:5432.test:80"));
  }

  /** A sidecar whose application is down accepts and cuts: nothing was delivered. */
  @Test
  void anEndpointThatCutsBeforeAnyByteIsReplacedByAnother() throws Exception {
    var before = new AtomicLong();
    try (var cutting =
            new Origin(
                "db-1",
                connection -> {
                  await().until(() -> cluster().total(Stat.CX_TOTAL) > before.get());
                  connection.socket.setSoLinger(true, 0);
                });
        var alive = new Origin("db-2", connection -> connection.write("welcome"))) {
      InetSocketAddress address = relay(Direction.OUTBOUND, cutting, alive);
      for (int i = 0; i < 4; i++) {
        before.set(cluster().total(Stat.CX_TOTAL));
        try (var client = proxy.client(address)) {
          assertThat(client.readToEnd()).isEqualTo("welcome");
        }
      }
      assertThat(cutting.connections.get()).isPositive();
      assertThat(cluster().total(Stat.RQ_RESET)).isPositive();
    }
  }

  @Test
  void whenAllRefuseTheClientIsCutOff() throws Exception {
    var one = echo("db-1");
    var two = echo("db-2");
    one.close();
    two.close();
    assertThat(refused(relay(Direction.OUTBOUND, one, two))).isTrue();
    await().until(() -> flagged("UF,URX", Direction.OUTBOUND) == 1);
    assertThat(cluster().total(Stat.CX_CONNECT_FAIL)).isEqualTo(3);
    await().until(() -> cluster().connections().used() == 0);
  }

  @Test
  void connectionsBeyondTheClustersLimitAreRefused() throws Exception {
    proxy.limits = new LimitsConfig(1, 1, 0, 1_000_000_000L);
    try (var db = echo("db-1")) {
      InetSocketAddress address = relay(Direction.OUTBOUND, db);
      try (var first = proxy.client(address)) {
        first.send("a");
        assertThat(first.in().read()).isEqualTo('a');
        assertThat(refused(address)).isTrue();
        await().until(() -> flagged("UO", Direction.OUTBOUND) == 1);
        first.send("b");
        assertThat(first.in().read()).isEqualTo('b');
      }
      await().until(() -> cluster().connections().used() == 0);
      try (var third = proxy.client(address)) {
        third.send("c");
        assertThat(third.in().read()).isEqualTo('c');
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHostThatIsNotKnownYetIsWaitedFor(boolean itComes) throws Exception {
    try (var db = echo("db-1")) {
      InetSocketAddress address = relay(Direction.OUTBOUND, db);
      ResolvedHost host = proxy.hosts.remove("db:5432");
      try (var client = proxy.client(address)) {
        client.send("early");
        await().until(() -> waiters() == 1);
        VirtualHostLookup.Waiter waiter = proxy.waiters.getFirst();
        proxy.run(
            () -> {
              if (itComes && host != null) {
                waiter.resolved(host);
              } else {
                waiter.unresolved(VirtualHostLookup.Reason.TIMED_OUT, "nothing came");
              }
            });
        if (itComes) {
          assertThat(client.in().readNBytes(5)).isEqualTo("early".getBytes(ISO_8859_1));
        } else {
          assertThat(reset(client)).isTrue();
          await().until(() -> flagged("NC", Direction.OUTBOUND) == 1);
        }
      }
    }
  }

  private int waiters() {
    synchronized (proxy.waiters) {
      return proxy.waiters.size();
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

  // What is found out.

  @Test
  void aServerThatSpeaksFirstIsDialledAfterAShortSilence() throws Exception {
    try (var db =
            new Origin(
                "db-1",
                connection -> {
                  connection.write("220 ready\r\n");
                  connection.socket.getInputStream().transferTo(connection.out);
                });
        var client = proxy.client(inbound(db.port(), null))) {
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
      assertThat(db.connections.get()).isZero();
      proxy.advance(101, TimeUnit.MILLISECONDS);
      assertThat(client.line()).isEqualTo("220 ready");
      client.send("EHLO a\r\n");
      assertThat(client.line()).isEqualTo("EHLO a");
      assertThat(metric("downstream_pre_cx_active", Direction.INBOUND)).isZero();
      assertThat(metric("tcp_cx_active", Direction.INBOUND)).isEqualTo(1);
      assertThat(db.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void aDeclaredServerThatSpeaksFirstIsDialledAtOnce() throws Exception {
    try (var db = new Origin("db-1", connection -> connection.write("220 ready\r\n"));
        var client = proxy.client(inbound(db.port(), WireProtocol.TCP))) {
      assertThat(client.line()).isEqualTo("220 ready");
    }
  }

  /** An HTTP client that connects early stays one. */
  @Test
  void aSilentClientsFirstBytesStillDecide() throws Exception {
    try (var app = Origin.named("app");
        var client = proxy.client(inbound(app.port(), null))) {
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
      proxy.advance(101, TimeUnit.MILLISECONDS);
      await().until(() -> app.connections.get() == 1);
      client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertThat(client.read().body()).isEqualTo("app");
      assertThat(metric("tcp_cx_total", Direction.INBOUND)).isZero();
      assertThat(app.requests.getFirst().header("traceparent")).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anUndeclaredPortServesHttpAndPassesOnWhatIsNot(boolean afterSilence) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      if (afterSilence) {
        await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
        proxy.advance(101, TimeUnit.MILLISECONDS);
        await().until(() -> db.connections.get() == 1);
      }
      for (String line : new String[] {"*1\r\n", "$4\r\n", "PING\r\n"}) {
        client.send(line);
        assertThat(client.line() + "\r\n").isEqualTo(line);
      }
      assertThat(db.connections.get()).isEqualTo(1);
      assertThat(metric("tcp_cx_total", Direction.INBOUND)).isEqualTo(1);
    }
  }

  @Test
  void halfAFirstLineIsBytesWhenItsTimeIsOver() throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      client.send("HELL");
      await().until(() -> proxy.directBytesInUse() > 0);
      proxy.advance(11, TimeUnit.SECONDS);
      assertThat(client.in().readNBytes(4)).isEqualTo("HELL".getBytes(ISO_8859_1));
    }
  }

  @Test
  void bytesBeforeTheEndOfAClientThatSaysNoMoreArePassedOn() throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      client.send("HELL");
      client.socket().shutdownOutput();
      assertThat(client.readToEnd()).isEqualTo("HELL");
    }
  }

  @Test
  void aClientThatOnlyConnectsAndLeavesIsNoConnectionOfOurs() throws Exception {
    try (var db = echo("db-1")) {
      InetSocketAddress address = inbound(db.port(), null);
      proxy.client(address).close();
      await().until(() -> proxy.worker.connections().get() == 0);
      try (var client = proxy.client(address)) {
        await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 1);
        proxy.advance(101, TimeUnit.MILLISECONDS);
        await().until(() -> db.connections.get() == 1);
      }
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) == 0);
      assertThat(metric("tcp_cx_total", Direction.INBOUND)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(value = WireProtocol.class, names = "HTTP2", mode = EnumSource.Mode.EXCLUDE)
  void aTrustedProxySaysWhoCalls(WireProtocol protocol) throws Exception {
    Path log = directory.resolve("access.log");
    proxy.close();
    proxy = new ProxyFixture(true, ConnectionLimits.DEFAULT, AccessLog.open(log.toString()));
    boolean http = protocol == WireProtocol.HTTP1;
    try (var app = http ? Origin.named("app") : echo("app");
        var client =
            proxy.client(
                inbound(app.port(), protocol, AddressRanges.parse(List.of("127.0.0.0/8"))))) {
      client.send("PROXY TCP4 192.0.2.7 198.51.1");
      client.send("00.1 56324 80\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      if (!http) {
        client.socket().shutdownOutput();
      }
      assertThat(client.readToEnd()).contains(http ? "app" : "GET / HTTP/1.1");
      await()
          .untilAsserted(
              () ->
                  assertThat(Files.readString(log))
                      .contains("\"downstream_remote_address\":\"192.0.2.7:56324\""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1\r\nhost: a\r\n\r\n", "PROXY TCP9 a\r\n", "PROXY "})
  void aTrustedProxyThatDoesNotSaySoIsCutOff(String first) throws Exception {
    try (var app = Origin.named("app");
        var client =
            proxy.client(
                inbound(
                    app.port(), WireProtocol.HTTP1, AddressRanges.parse(List.of("127.0.0.1"))))) {
      client.send(first);
      await().until(() -> metric("downstream_pre_cx_active", Direction.INBOUND) <= 1);
      if (first.equals("PROXY ")) {
        await().until(() -> proxy.directBytesInUse() > 0);
        proxy.advance(11, TimeUnit.SECONDS);
      }
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(app.connections.get()).isZero();
      assertThat(metric("downstream_proxy_header_error_total", Direction.INBOUND)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY TCP4 9.9.9.9 8.8.8.8 1 2\r\n", "\r\n\r\n\0\r\nQUIT\n\21\21\0\0"})
  void anAddressThatNobodyVouchesForIsRefused(String header) throws Exception {
    try (var db = echo("db-1");
        var client = proxy.client(inbound(db.port(), null))) {
      client.send(header);
      assertThat(client.isClosedByPeer()).isTrue();
      assertThat(db.connections.get()).isZero();
      assertThat(metric("downstream_cx_protocol_error_total", Direction.INBOUND)).isEqualTo(1);
    }
  }
}
