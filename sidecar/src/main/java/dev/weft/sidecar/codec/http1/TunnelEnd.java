package dev.weft.sidecar.codec.http1;

import dev.weft.sidecar.tls.ConnectionEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;

/**
 * A connection that has become one end of a tunnel: bytes as they are, each direction closed by
 * itself. When both are closed, so is the connection, after what is queued. An end that did not
 * come in this way is told as a reset, so that nobody takes a part for the whole.
 */
final class TunnelEnd {
  private final ChannelHandlerContext ctx;
  private boolean inputClosed;
  private boolean outputClosed;

  TunnelEnd(ChannelHandlerContext ctx) {
    this.ctx = ctx;
    ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  void write(ByteBuf data) {
    if (outputClosed) {
      data.release();
    } else {
      ctx.write(data, ctx.voidPromise());
    }
  }

  /** The peer sends no more; false when that is known already. */
  boolean closeInput() {
    boolean first = !inputClosed;
    inputClosed = true;
    return first;
  }

  /** Nothing more will be written: sends what is queued, then the end. */
  void closeOutput() {
    outputClosed = true;
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            (ChannelFutureListener)
                sent -> {
                  if (inputClosed) {
                    sent.channel().close();
                  } else {
                    ConnectionEnd.halfClose(sent);
                  }
                });
  }

  boolean isClosed() {
    return inputClosed && outputClosed;
  }

  boolean isOutputClosed() {
    return outputClosed;
  }

  void reset() {
    ConnectionEnd.reset(ctx.channel());
  }
}
