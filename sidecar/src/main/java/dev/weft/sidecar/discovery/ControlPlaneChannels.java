package dev.weft.sidecar.discovery;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.tls.ControlPlaneTls;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens channels to control planes on the control loop, which does all their work. */
final class ControlPlaneChannels {
  static final int CONNECT_TIMEOUT_MILLIS = (int) Bound.CONTROL_CONNECT_TIME.millis();

  /** Silence until a ping: gRPC asks no sooner. */
  private static final long PING_MILLIS = 10_000;

  private static final int MAX_RESPONSE_BYTES = Bound.CONTROL_RESPONSE.intValue();

  private final EventLoop loop;
  private final Class<? extends Channel> type;
  private final @Nullable ControlPlaneTls tls;

  /**
   * @param tls null: plaintext
   */
  ControlPlaneChannels(
      EventLoop loop, Class<? extends Channel> type, @Nullable ControlPlaneTls tls) {
    this.loop = loop;
    this.type = type;
    this.tls = tls;
  }

  ManagedChannel open(ControlPlaneAddress address, InetSocketAddress resolved) {
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(resolved);
    secure(builder);
    return builder
        .overrideAuthority(address.toString())
        .eventLoopGroup(loop)
        .channelType(type, InetSocketAddress.class)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
        .directExecutor()
        .offloadExecutor(Runnable::run)
        .keepAliveTime(PING_MILLIS, TimeUnit.MILLISECONDS)
        .keepAliveTimeout(Bound.CONTROL_SILENCE.millis() - PING_MILLIS, TimeUnit.MILLISECONDS)
        .disableRetry()
        .maxInboundMessageSize(MAX_RESPONSE_BYTES)
        .build();
  }

  /** Why an attempt failed, where TLS or its absence is to blame; empty where it is not. */
  String tlsProblem(Status status) {
    Throwable cause = status.getCause();
    if (tls != null) {
      return cause == null ? "" : ControlPlaneTls.reason(cause);
    }
    // A server of TLS hangs up on what is no hello; gRPC has no better word for it.
    return "Network closed for unknown reason".equals(status.getDescription())
        ? "it hung up at once; if it speaks TLS, --control-plane-ca FILE is missing"
        : "";
  }

  private void secure(NettyChannelBuilder builder) {
    if (tls == null) {
      builder.usePlaintext();
      return;
    }
    builder.sslContext(tls.context());
    Path token = tls.files().token();
    if (token != null) {
      builder.intercept(new BearerToken(token));
    }
  }
}
