package dev.weft.sidecar.listener;

import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.proxy.InterceptedPath;
import dev.weft.sidecar.proxy.InterceptedPath.Way;
import dev.weft.sidecar.proxy.VirtualHostLookup;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * A redirected connection whose way is being asked for: nothing is read until that is known, within
 * {@link dev.weft.sidecar.telemetry.Bound#CONFIG_WAIT}; then it is gone from the pipeline. Worker
 * thread only.
 */
final class InterceptedHandler extends NewConnection {
  private final ConnectionStack stack;
  private final InterceptedPath path;
  private final OriginalDestination to;
  private VirtualHostLookup.@Nullable Waiting waiting;
  private boolean inputClosed;

  InterceptedHandler(ConnectionStack stack, InterceptedPath path, OriginalDestination to) {
    super(stack.connections());
    this.stack = stack;
    this.path = path;
    this.to = to;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    super.handlerAdded(context);
    context.channel().config().setAutoRead(false);
    // Who has said all and waits for an answer is not to be taken for gone.
    context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    waiting = path.await(to, this::go);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    // What stands before an end is told with it.
    keep((ByteBuf) message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputClosed = true;
    } else {
      context.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (waiting != null) {
      waiting.cancel();
      waiting = null;
    }
    super.channelInactive(context);
  }

  private void go(Way way) {
    waiting = null;
    if (hasLeft() || !ctx.channel().isOpen()) {
      return;
    }
    ByteBuf in = pending;
    pending = null;
    leave();
    if (way == Way.HTTP) {
      ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    }
    ctx.pipeline().addLast(stack.serving(way, path, to));
    ctx.pipeline().remove(this);
    // The context still knows who comes next.
    if (in != null) {
      ctx.fireChannelRead(in);
      ctx.fireChannelReadComplete();
    }
    if (inputClosed) {
      ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
    ctx.channel().config().setAutoRead(true);
  }

  // The wait itself is bounded.
  @Override
  public void tick(long nanoTime) {}
}
