package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.LocalReply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * Ends a connection that comes without TLS to a listener that wants it. Every caller is told so in
 * HTTP/1.1, which a person in front of a terminal can read whatever the client speaks.
 */
final class PlaintextRefusal extends ChannelInboundHandlerAdapter {
  private final ServerConnections connections;
  private boolean answered;

  PlaintextRefusal(ServerConnections connections) {
    this.connections = connections;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ReferenceCountUtil.release(message);
    if (answered) {
      return;
    }
    answered = true;
    connections.plaintextRefused();
    byte[] body =
        LocalReply.of(Failure.TLS_REQUIRED, "this port takes connections with TLS only").body();
    byte[] head =
        ("HTTP/1.1 "
                + Failure.TLS_REQUIRED.status()
                + " Bad Request\r\ncontent-type: "
                + LocalReply.CONTENT_TYPE
                + "\r\ncontent-length: "
                + body.length
                + "\r\nconnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuf answer = context.alloc().buffer(head.length + body.length);
    context
        .writeAndFlush(answer.writeBytes(head).writeBytes(body))
        .addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
