package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.RouteFilterConfig.MirrorConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.codec.http2.Http2Server;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Overload;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.listener.Transport;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.BoundReading;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Telemetry;
import dev.weft.sidecar.upstream.Upstream;
import dev.weft.sidecar.upstream.UpstreamLimits;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One worker with both stacks on real sockets. Its clock stands still unless a test moves it; its
 * allocator counts, and closing the fixture asserts that every buffer went back.
 */
final class ProxyFixture implements AutoCloseable {
  /** More than any test has under way, but for the one that wants to reach it. */
  static final int MAX_REQUESTS = 3000;

  final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  final FixtureHosts lookup = new FixtureHosts();
  final Map<String, ResolvedHost> hosts = lookup.known;
  final List<VirtualHostLookup.Waiter> waiters = lookup.waiters;
  final PooledByteBufAllocator allocator =
      new PooledByteBufAllocator(true, 0, 1, 8192, 6, 0, 0, false);
  final Telemetry telemetry;
  final ClusterSet clusters = new ClusterSet(1, nanos::get, new Random(7));
  final Worker worker;
  final EventLoop loop;
  final Overload overload = new Overload(MAX_REQUESTS);
  RouteBuilder route = new RouteBuilder();
  final Http2Limits http2Limits;
  LimitsConfig limits = LimitsConfig.DEFAULT;
  LoadBalancerType loadBalancer = LoadBalancerType.ROUND_ROBIN;
  InboundConfig inboundConfig = InboundConfig.DEFAULT;
  ProxyProtocol proxyProtocol = ProxyProtocol.OFF;
  long tcpIdleNanos = ClusterConfig.DEFAULT_IDLE;

  /** What the applications are declared to speak; the scripted {@link Origin} is of HTTP/1.1. */
  @Nullable WireProtocol declared = WireProtocol.HTTP1;

  /** What {@link #outbound} has made last. */
  @Nullable OutboundStack outbound;

  private final EventLoopGroup group;
  private final boolean epoll;
  private final List<Channel> listeners = new ArrayList<>();

  ProxyFixture() {
    this(Epoll.isAvailable(), ConnectionLimits.DEFAULT);
  }

  ProxyFixture(boolean epoll, ConnectionLimits http1) {
    this(epoll, http1, null);
  }

  ProxyFixture(boolean epoll, ConnectionLimits http1, @Nullable AccessLog log) {
    this.epoll = epoll;
    http2Limits = Http2Limits.DEFAULT.withMaxHead(http1.maxHead());
    telemetry = new Telemetry(log);
    group = (epoll ? Transport.EPOLL : Transport.NIO).newGroup("weft-test", 1);
    loop = group.next();
    worker =
        new Worker(
            0,
            loop,
            epoll ? EpollSocketChannel.class : NioSocketChannel.class,
            allocator,
            telemetry.newWorker(),
            nanos::get,
            () -> 0,
            http1,
            UpstreamLimits.of(http1, http2Limits),
            42,
            overload);
  }

  /** What a test changes of the one route. */
  static final class RouteBuilder {
    RetryConfig retry = RetryConfig.DEFAULT;
    long timeoutNanos;
    long perTryNanos;
    boolean perTryWhole;
    long idleNanos = RouteConfig.DEFAULT_IDLE;
    HeadEdits request = HeadEdits.NONE;
    HeadEdits response = HeadEdits.NONE;
    MatchConfig match = MatchConfig.ANY;
    HeadEdits backendRequest = HeadEdits.NONE;
    HeadEdits backendResponse = HeadEdits.NONE;
    @Nullable CorsConfig cors;
    @Nullable RedirectConfig redirect;
    @Nullable RewriteConfig rewrite;
    List<MirrorConfig> mirrors = List.of();
    boolean sidecarPeers;
  }

  /** A host that leads to these origins by one route, and everything behind it. */
  ProxyFixture serve(String authority, Origin... origins) {
    List<EndpointConfig> endpoints = new ArrayList<>();
    for (Origin origin : origins) {
      endpoints.add(endpoint(origin.name, origin.port()));
    }
    return serve(authority, endpoints);
  }

  ProxyFixture serve(String authority, List<EndpointConfig> endpoints) {
    String name = authority + ".test:80";
    var cluster =
        new ClusterConfig(
            name,
            authority,
            "test",
            80,
            loadBalancer,
            new OutlierConfig(0, 1, 1, 0),
            null,
            limits,
            List.of(name),
            List.of(),
            declared,
            null,
            proxyProtocol,
            tcpIdleNanos);
    snapshots.put(name, cluster);
    slices.put(name, endpoints);
    clusters.update(
        new ConfigSnapshot(Map.of(), Map.copyOf(snapshots), Map.copyOf(slices), Map.of(), 1));
    host(authority, backend(name));
    return this;
  }

  private final Map<String, ClusterConfig> snapshots = new HashMap<>();
  private final Map<String, List<EndpointConfig>> slices = new HashMap<>();

  EndpointConfig endpoint(String id, int port) {
    return new EndpointConfig(
        id,
        "1",
        "127.0.0.1",
        port,
        1,
        Locality.UNKNOWN,
        route.sidecarPeers,
        Set.of(WireProtocol.HTTP1, WireProtocol.HTTP2),
        "",
        Map.of());
  }

  private BackendConfig backend(String cluster) {
    return new BackendConfig(cluster, 1, route.backendRequest, route.backendResponse);
  }

  void host(String authority, BackendConfig... backends) {
    var config =
        new RouteConfig(
            "route-" + authority,
            List.of(),
            route.match,
            List.of(backends),
            route.request,
            route.response,
            route.timeoutNanos,
            route.perTryNanos,
            route.perTryWhole,
            route.idleNanos,
            route.retry,
            new RouteFilterConfig(route.cors, route.redirect, route.rewrite, route.mirrors));
    put(new VirtualHostConfig("test/" + authority, true, List.of(), List.of(config)), authority);
  }

  void put(VirtualHostConfig host, String authority) {
    hosts.put(authority, ResolvedHost.compile(host));
  }

  ResolvedHost resolved(String authority) {
    return Objects.requireNonNull(hosts.get(authority));
  }

  /** Listens for our application's calls. */
  InetSocketAddress outbound() {
    var stack = outboundStack();
    outbound = stack;
    return listen(Direction.OUTBOUND, stack);
  }

  OutboundStack outboundStack() {
    return new OutboundStack(
        worker, lookup, clusters, new Passthrough(1, nanos::get, new Random(7)));
  }

  /** Bounds what our application may take for a request. */
  void inboundTimeout(long nanos) {
    inboundConfig = new InboundConfig("app", nanos, 0, List.of(), List.of());
  }

  /**
   * Listens on the passage's side for calls to {@code catalog}, which these applications serve (one
   * of them when it is inbound). Their version is declared where it is not the caller's.
   */
  InetSocketAddress listen(Passage passage, App... apps) {
    declared =
        passage.caller() == passage.app() ? null : WireProtocol.valueOf(passage.app().name());
    if (passage.direction() == Direction.INBOUND) {
      return inbound(apps[0].port());
    }
    List<EndpointConfig> endpoints = new ArrayList<>();
    for (App app : apps) {
      endpoints.add(endpoint(app.name, app.port()));
    }
    serve("catalog", endpoints);
    return outbound();
  }

  /** Listens for calls to the application on that port. */
  InetSocketAddress inbound(int appPort) {
    return listen(Direction.INBOUND, new InboundStack(worker, app(appPort)));
  }

  private InboundApp app(int appPort) {
    var app =
        new InboundApp("127.0.0.1", appPort, 1, () -> inboundConfig, nanos::get, new Random(3));
    app.declare(declared);
    return app;
  }

  /** Where that direction is served; what it calls there is the origin, addressed as catalog. */
  InetSocketAddress to(Direction direction, Origin origin) {
    if (direction == Direction.INBOUND) {
      return inbound(origin.port());
    }
    serve("catalog", origin);
    return outbound();
  }

  /** Our application's connection, by which it calls the origin as catalog. */
  RawClient caller(Origin origin) {
    return caller(Direction.OUTBOUND, origin);
  }

  /** A connection to where the origin is served in that direction. */
  RawClient caller(Direction direction, Origin origin) {
    return client(to(direction, origin));
  }

  RawClient client(InetSocketAddress address) {
    return new RawClient(address);
  }

  /** Moves the clock and has every deadline looked at. */
  void advance(long amount, TimeUnit unit) {
    nanos.addAndGet(unit.toNanos(amount));
    run(
        () -> {
          worker.upstream(Direction.OUTBOUND).tick();
          worker.upstream(Direction.INBOUND).tick();
          worker.housekeeping();
        });
  }

  Class<? extends ServerChannel> serverChannel() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  void closeLater(Channel listener) {
    listeners.add(listener);
  }

  int pending(String authority) {
    return Objects.requireNonNull(clusters.find(authority + ".test:80")).pendingRequests().used();
  }

  /** How often a bound was reached. */
  long reached(Bound bound) {
    return telemetry.bounds().stream()
        .filter(reading -> reading.bound() == bound)
        .mapToLong(BoundReading::reached)
        .sum();
  }

  int connections() {
    var open = new int[1];
    run(() -> open[0] = worker.downstream(Direction.OUTBOUND).openConnections());
    return open[0];
  }

  /** Whether no request of our application is under way. */
  boolean isIdle() {
    var active = new int[1];
    run(() -> active[0] = worker.downstream(Direction.OUTBOUND).activeRequests());
    return active[0] == 0;
  }

  void run(Runnable task) {
    loop.submit(task).syncUninterruptibly();
  }

  long directBytesInUse() {
    return allocator.metric().usedDirectMemory();
  }

  /** As {@link #outbound} where it is known beforehand that callers speak HTTP/2. */
  InetSocketAddress outboundHttp2() {
    return listenHttp2(Direction.OUTBOUND, outboundStack());
  }

  /** As {@link #inbound} where it is known beforehand that callers speak HTTP/2. */
  InetSocketAddress inboundHttp2(int appPort) {
    return listenHttp2(Direction.INBOUND, new InboundStack(worker, app(appPort)));
  }

  private InetSocketAddress listenHttp2(Direction direction, Exchange.Factory stack) {
    var http2 = new Http2Server(worker.downstream(direction), stack, http2Limits);
    return listen(channel -> http2.newConnection());
  }

  private InetSocketAddress listen(Direction direction, Exchange.Factory stack) {
    return listen(ConnectionStack.http(worker, direction, stack, http2Limits)::begin);
  }

  /** Listens with a stack of the test's own. */
  InetSocketAddress listen(ConnectionStack stack) {
    return listen(stack::begin);
  }

  private InetSocketAddress listen(Function<Channel, ChannelHandler> first) {
    Channel channel =
        new ServerBootstrap()
            .group(loop)
            .channel(serverChannel())
            .childOption(ChannelOption.ALLOCATOR, allocator)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Upstream.WATER_MARK)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel child) {
                    child.pipeline().addLast(first.apply(child));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    listeners.add(channel);
    return (InetSocketAddress) channel.localAddress();
  }

  @Override
  public void close() {
    for (Channel listener : listeners) {
      listener.close().syncUninterruptibly();
    }
    await()
        .untilAsserted(
            () -> {
              run(
                  () -> {
                    for (Direction direction : Direction.values()) {
                      worker.upstream(direction).closeIdle();
                      worker.downstream(direction).closeIdle();
                    }
                    // What lingers is closed by time.
                    nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
                    worker.housekeeping();
                  });
              assertThat(worker.downstream(Direction.OUTBOUND).openConnections()).isZero();
              assertThat(worker.downstream(Direction.INBOUND).openConnections()).isZero();
              assertThat(activeBuffers()).as("buffers that did not go back").isZero();
            });
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    telemetry.close();
  }

  private long activeBuffers() {
    return allocator.metric().directArenas().stream()
        .mapToLong(arena -> arena.numActiveAllocations())
        .sum();
  }
}
