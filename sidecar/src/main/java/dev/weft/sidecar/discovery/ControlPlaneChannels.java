package dev.weft.sidecar.discovery;

import dev.weft.sidecar.telemetry.Bound;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;

/** Opens channels to control planes on the control loop, which does all their work. */
final class ControlPlaneChannels {
  static final int CONNECT_TIMEOUT_MILLIS = (int) Bound.CONTROL_CONNECT_TIME.millis();
  private static final int MAX_RESPONSE_BYTES = Bound.CONTROL_RESPONSE.intValue();

  private final EventLoop loop;
  private final Class<? extends Channel> type;

  ControlPlaneChannels(EventLoop loop, Class<? extends Channel> type) {
    this.loop = loop;
    this.type = type;
  }

  /** Blocks while a name is resolved; an address is not looked up. */
  static InetSocketAddress resolve(ControlPlaneAddress address) throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(address.host()), address.port());
  }

  ManagedChannel open(ControlPlaneAddress address, InetSocketAddress resolved) {
    return NettyChannelBuilder.forAddress(resolved)
        .overrideAuthority(address.toString())
        .eventLoopGroup(loop)
        .channelType(type, InetSocketAddress.class)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
        .usePlaintext()
        .directExecutor()
        .offloadExecutor(Runnable::run)
        .keepAliveTime(Bound.CONTROL_SILENCE.millis() * 2 / 3, TimeUnit.MILLISECONDS)
        .keepAliveTimeout(Bound.CONTROL_SILENCE.millis() / 3, TimeUnit.MILLISECONDS)
        .disableRetry()
        .maxInboundMessageSize(MAX_RESPONSE_BYTES)
        .build();
  }
}
