package dev.weft.sidecar.dns;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Accepts who asks by TCP instead of one name server. Control loop only. */
final class TcpPort extends ChannelInboundHandlerAdapter {
  private static final int MAX_CONNECTIONS = Bound.DNS_CONNECTIONS.intValue();

  private final DnsServer server;
  private final InetSocketAddress nameServer;
  private final Set<Channel> open = new HashSet<>();

  TcpPort(DnsServer server, DnsServer.Port port) {
    this.server = server;
    this.nameServer = port.nameServer();
  }

  /** Messages without the length that stands before each (RFC 1035, 4.2.2). */
  static LengthFieldBasedFrameDecoder messages() {
    return new LengthFieldBasedFrameDecoder(2 + DnsServer.LARGEST, 0, 2, 0, 2);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var connection = (Channel) message;
    if (server.connections() >= MAX_CONNECTIONS) {
      server.reached(Bound.DNS_CONNECTIONS);
      connection.unsafe().closeForcibly();
      return;
    }
    server.openConnections().incrementAndGet();
    open.add(connection);
    connection
        .closeFuture()
        .addListener(
            _ -> {
              open.remove(connection);
              server.openConnections().decrementAndGet();
            });
    connection.config().setOption(ChannelOption.TCP_NODELAY, true);
    connection.pipeline().addLast(messages(), new TcpAsker(server, nameServer));
    server.loop().register(connection);
  }

  // Out of descriptors, as a rule: accepting at once again would only spin.
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var config = ctx.channel().config();
    if (config.isAutoRead()) {
      config.setAutoRead(false);
      server
          .loop()
          .schedule(
              () -> config.setAutoRead(true), Bound.ACCEPT_PAUSE.millis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    Set.copyOf(open).forEach(Channel::close);
  }
}
