package dev.weft.sidecar.relay;

import dev.weft.sidecar.http.CallerTls;
import dev.weft.sidecar.tls.ConnectionEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * One of a relay's two connections: what it reads is written to the other as it is, in one write
 * and one flush per batch, and while the other takes no more, nothing is read. Worker thread only.
 */
final class RelayEnd extends ChannelInboundHandlerAdapter {
  /**
   * So much is sent on at once, though the batch may go on: a send of this size is worth itself.
   */
  private static final int FLUSH_BYTES = 32 * 1024;

  private final Relay relay;

  /** Bytes read from this end. */
  long bytes;

  private @Nullable RelayEnd peer;
  private int unflushed;
  private boolean inputClosed;
  private boolean outputClosing;
  private boolean outputClosed;
  private boolean failed;
  private boolean secured;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  RelayEnd(Relay relay) {
    this.relay = relay;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    relay.onAdded(this);
  }

  ChannelHandlerContext context() {
    return ctx;
  }

  /** Joins two ends; from now on bytes go through. */
  static void join(RelayEnd one, RelayEnd other) {
    one.peer = other;
    other.peer = one;
  }

  boolean isJoined() {
    return peer != null;
  }

  void part() {
    peer = null;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    int count = in.readableBytes();
    bytes += count;
    relay.onBytes(this, count);
    RelayEnd to = peer;
    if (to == null) {
      relay.hold(in);
      return;
    }
    if (!to.write(in)) {
      if (!to.ctx.channel().isOpen()) {
        reset();
      }
      return;
    }
    unflushed += count;
    if (unflushed >= FLUSH_BYTES) {
      pass(to);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    RelayEnd to = peer;
    if (unflushed > 0 && to != null) {
      pass(to);
    }
  }

  private void pass(RelayEnd to) {
    unflushed = 0;
    to.ctx.flush();
    if (!to.ctx.channel().isWritable()) {
      read(false);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    RelayEnd from = peer;
    if (from != null && ctx.channel().isWritable()) {
      from.read(true);
    }
  }

  void read(boolean on) {
    if (ctx.channel().config().isAutoRead() != on) {
      ctx.channel().config().setAutoRead(on);
    }
  }

  /**
   * Queues bytes, which belong to this end from now on; false when nothing can be sent any more.
   */
  boolean write(ByteBuf data) {
    if (outputClosing || !ctx.channel().isOpen()) {
      data.release();
      return false;
    }
    ctx.write(data, ctx.voidPromise());
    return true;
  }

  /** Sends what is queued, then the end. */
  void closeOutput() {
    if (outputClosing) {
      return;
    }
    outputClosing = true;
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) this::sent);
  }

  private void sent(ChannelFuture last) {
    outputClosed = true;
    // TLS has no half-close that its peers would understand.
    if (inputClosed || isSecured()) {
      last.channel().close();
    } else {
      ConnectionEnd.halfClose(last);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE && !inputClosed) {
      inputClosed = true;
      relay.onInputClosed(this);
      if (outputClosed) {
        ctx.close();
      }
    }
  }

  /** What it carries is secured from the first byte on. */
  void secured() {
    secured = true;
  }

  private boolean isSecured() {
    return secured || ctx.channel().hasAttr(CallerTls.KEY);
  }

  boolean inputClosed() {
    return inputClosed;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (isSecured() && !inputClosed && !failed) {
      // A TLS client that has said goodbye closes both ways.
      inputClosed = true;
      outputClosed = true;
      relay.onInputClosed(this);
    }
    relay.onClosed(this, inputClosed && outputClosed);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    failed = true;
    relay.onException(this, cause);
    reset();
  }

  /** Ends the connection so that the peer sees that it is not whole. */
  void reset() {
    if (ctx.channel().isOpen()) {
      ConnectionEnd.reset(ctx.channel());
    }
  }
}
