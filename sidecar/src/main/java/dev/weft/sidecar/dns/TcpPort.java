package dev.weft.sidecar.dns;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
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

  /** Takes away the length that stands before each message (RFC 1035, 4.2.2). */
  static final class Messages extends LengthFieldBasedFrameDecoder {
    Messages() {
      super(2 + DnsServer.LARGEST, 0, 2, 0, 2);
    }

    // A slice would keep all that was received with it for as long as an answer takes.
    @Override
    protected ByteBuf extractFrame(
        ChannelHandlerContext ctx, ByteBuf buffer, int index, int length) {
      return ctx.alloc().buffer(length).writeBytes(buffer, index, length);
    }
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
    connection.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    connection.pipeline().addLast(new Messages(), new TcpAsker(server, nameServer));
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
