package dev.weft.sidecar.upstream;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.codec.SilentPeers;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.tls.Offer;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How one worker connects to endpoints in one direction: what comes first on a connection comes in
 * the order of a header of the PROXY protocol, TLS, and what is spoken. Worker thread only.
 */
public final class Connector {
  private final Bootstrap bootstrap;
  private final WorkerTelemetry telemetry;
  private final Direction direction;
  private final @Nullable SilentPeers silent;
  private @Nullable ClientContexts contexts;

  /**
   * @param channelType of the event loop's kind
   * @param halfClosure whether an end that says no more may still be told something
   */
  public Connector(
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      ByteBufAllocator allocator,
      boolean halfClosure,
      WorkerTelemetry telemetry,
      Direction direction) {
    this.telemetry = telemetry;
    this.direction = direction;
    this.bootstrap =
        new Bootstrap()
            .group(eventLoop)
            .channel(channelType)
            .option(ChannelOption.ALLOCATOR, allocator)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Upstream.WATER_MARK);
    // Our own application is on this machine: it ends, or it is there.
    silent =
        direction == Direction.OUTBOUND
            ? SilentPeers.endpoints(eventLoop, telemetry, direction)
            : null;
  }

  /** Secures connections by these; before the first one. */
  public void secure(ClientContexts with) {
    contexts = with;
  }

  /**
   * Connects.
   *
   * @param handler in the pipeline from the begin; TLS is put in front of it
   * @param timeoutNanos for the connect, and again for the handshake
   * @param version of the header; it is queued, not flushed
   * @param header read only where a version is wanted
   * @param tls null: without
   * @return done when something can be sent
   */
  public ChannelFuture connect(
      ChannelHandler handler,
      InetSocketAddress address,
      long timeoutNanos,
      ProxyProtocol version,
      @Nullable ProxyHeader header,
      @Nullable UpstreamTlsConfig tls,
      Offer offer) {
    long millis = TimeUnit.NANOSECONDS.toMillis(timeoutNanos);
    ChannelFuture connecting =
        bootstrap
            .clone()
            .option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.clamp(millis, 1, 60_000))
            .handler(handler)
            .connect(address);
    if (silent != null) {
      silent.add(connecting.channel());
    }
    if (header != null) {
      header.sendFirst(connecting, version);
    }
    return tls == null
        ? connecting
        : Objects.requireNonNull(contexts)
            .secure(connecting, tls, address, offer, millis, telemetry, direction);
  }
}
