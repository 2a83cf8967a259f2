package dev.weft.sidecar.check;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.tls.TlsConnectException;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One check of one endpoint, on a connection of its own, which it makes, secures if need be, and
 * closes. The result is told exactly once, unless the check was cancelled. Control loop only.
 */
public abstract class Check {
  private static final ChannelHandler UNTIL_OPEN = new UntilOpen();

  private final long timeoutNanos;
  private final long deadlineNanos;
  private final Consumer<String> result;
  private boolean done;
  private @Nullable Channel channel;

  /**
   * @param result gets an empty string when all is well, else what was wrong
   */
  Check(long timeoutNanos, long deadlineNanos, Consumer<String> result) {
    this.timeoutNanos = timeoutNanos;
    this.deadlineNanos = deadlineNanos;
    this.result = result;
  }

  /**
   * A call of {@code grpc.health.v1}.
   *
   * @param result gets an empty string when all is well, else what was wrong
   */
  public static Check grpc(HealthCheckConfig config, long deadlineNanos, Consumer<String> result) {
    return new GrpcCheck(config, deadlineNanos, result);
  }

  /** Connects without TLS; on the loop of the bootstrap. */
  public final void start(Bootstrap bootstrap, InetSocketAddress address, String host) {
    start(bootstrap, address, host, null, null, ProxyProtocol.OFF);
  }

  /**
   * Connects; on the loop of the bootstrap.
   *
   * @param host what the endpoint is addressed by
   * @param tls null: without TLS
   * @param contexts needed with TLS
   * @param header said first, without addresses: nobody is behind a check
   */
  final void start(
      Bootstrap bootstrap,
      InetSocketAddress address,
      String host,
      @Nullable UpstreamTlsConfig tls,
      @Nullable ClientContexts contexts,
      ProxyProtocol header) {
    ChannelFuture connecting = bootstrap.clone().handler(UNTIL_OPEN).connect(address);
    Channel made = connecting.channel();
    channel = made;
    ProxyHeader.LOCAL.sendFirst(connecting, header);
    if (tls != null) {
      // The check's own deadline ends a handshake that takes too long.
      connecting =
          Objects.requireNonNull(contexts)
              .secure(connecting, tls, address, offer(), 0, null, Direction.OUTBOUND);
    }
    connecting.addListener(
        future -> {
          Throwable cause = future.cause();
          if (cause != null) {
            String how = cause instanceof TlsConnectException ? "TLS: " : "connect: ";
            finish(how + messageOf(cause));
          } else if (done) {
            made.close();
          } else {
            onOpen(made, host, tls != null);
          }
        });
  }

  /** What is to be spoken over TLS. */
  abstract Offer offer();

  /** The connection is there, and secured if it is to be. */
  abstract void onOpen(Channel open, String host, boolean secured);

  /** Ends it if its time is over; whether it was. */
  public final boolean expire(long nowNanos) {
    if (done || nowNanos - deadlineNanos < 0) {
      return false;
    }
    finish("no answer within %d ms".formatted(TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    return true;
  }

  /** Ends it without telling a result. */
  public final void cancel() {
    done = true;
    closeChannel();
  }

  /**
   * Ends it; what comes after the first time is of no interest.
   *
   * @param failure empty: all is well
   */
  final void finish(String failure) {
    if (done) {
      return;
    }
    done = true;
    closeChannel();
    result.accept(failure);
  }

  private void closeChannel() {
    Channel open = channel;
    if (open != null) {
      open.close();
    }
  }

  static String messageOf(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  @Sharable
  private static final class UntilOpen extends ChannelInboundHandlerAdapter {}
}
