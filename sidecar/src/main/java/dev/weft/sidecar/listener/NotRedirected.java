package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.ServerConnections;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;

/**
 * Refuses a connection to a listener of redirected ones that was not redirected: it would lead back
 * to the listener. Reset, as where nobody listens. Worker thread only.
 */
final class NotRedirected extends ChannelInboundHandlerAdapter {
  private final ServerConnections connections;

  NotRedirected(ServerConnections connections) {
    this.connections = connections;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    connections.notRedirected();
    context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
    context.close();
  }
}
