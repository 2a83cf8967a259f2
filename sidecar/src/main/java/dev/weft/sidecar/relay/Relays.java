package dev.weft.sidecar.relay;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.upstream.Upstream;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What all relays of one worker and direction share. Worker thread only. */
public final class Relays {
  final int worker;
  final Direction direction;
  final WorkerTelemetry telemetry;
  final ServerConnections connections;
  final RelayLimits limits;
  final LongSupplier nanoClock;
  final LongSupplier epochMicros;
  private final Bootstrap bootstrap;
  private @Nullable ClientContexts contexts;

  /**
   * @param worker the worker's index, from 0
   * @param connections where the callers' connections are looked after
   * @param channelType of the event loop's kind
   */
  public Relays(
      int worker,
      Direction direction,
      ServerConnections connections,
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      ByteBufAllocator allocator,
      RelayLimits limits,
      WorkerTelemetry telemetry,
      LongSupplier nanoClock,
      LongSupplier epochMicros) {
    this.worker = worker;
    this.direction = direction;
    this.connections = connections;
    this.limits = limits;
    this.telemetry = telemetry;
    this.nanoClock = nanoClock;
    this.epochMicros = epochMicros;
    this.bootstrap =
        new Bootstrap()
            .group(eventLoop)
            .channel(channelType)
            .option(ChannelOption.ALLOCATOR, allocator)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Upstream.WATER_MARK);
  }

  private Bootstrap bootstrap(long connectTimeoutNanos) {
    return bootstrap
        .clone()
        .option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.clamp(TimeUnit.NANOSECONDS.toMillis(connectTimeoutNanos), 1, 60_000));
  }

  /** Secures connections by these; before the first connection. */
  public void secure(ClientContexts with) {
    contexts = with;
  }

  /**
   * Connects an end to an endpoint, over TLS where the cluster is secured. A header that its
   * cluster wants is queued, but not flushed.
   *
   * @param caller his connection
   */
  ChannelFuture connect(Cluster to, EndpointTracker endpoint, RelayEnd end, Channel caller) {
    long timeout = to.config().limits().connectTimeoutNanos();
    UpstreamTlsConfig tls = to.config().tls();
    ChannelFuture connecting = bootstrap(timeout).handler(end).connect(endpoint.address());
    ProxyProtocol header = to.config().proxyProtocol();
    if (header != ProxyProtocol.OFF) {
      CallerAddress.toTell(caller).sendFirst(connecting, header);
    }
    if (tls == null) {
      return connecting;
    }
    end.secured();
    return Objects.requireNonNull(contexts)
        .secure(
            connecting,
            tls,
            endpoint.address(),
            Offer.NOTHING,
            TimeUnit.NANOSECONDS.toMillis(timeout),
            telemetry,
            direction);
  }

  void count(WorkerCounter counter) {
    telemetry.count(counter, direction);
  }

  void reached(Bound bound) {
    telemetry.reached(bound, direction);
  }

  void add(WorkerCounter counter, long delta) {
    telemetry.add(counter, direction, delta);
  }
}
