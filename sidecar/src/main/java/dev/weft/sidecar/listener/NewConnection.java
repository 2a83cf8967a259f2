package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A caller's connection that nothing serves yet: its first bytes are kept and looked at, until the
 * handler leaves it to another. Worker thread only.
 */
abstract class NewConnection extends ChannelInboundHandlerAdapter implements ServerConnection {
  private static final System.Logger LOG = Logs.of(NewConnection.class);

  final ServerConnections connections;

  /** What has come so far; null: nothing. */
  @Nullable ByteBuf pending;

  /** Since when it is waited for; by the connections' clock. */
  long since;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  ChannelHandlerContext ctx;

  private boolean left;
  private int place;

  NewConnection(ServerConnections connections) {
    this.connections = connections;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    since = connections.now();
    connections.entered(this);
  }

  /** Puts bytes behind those that are kept; returns all. */
  final ByteBuf keep(ByteBuf in) {
    ByteBuf before = pending;
    ByteBuf all = before == null ? in : Buffers.join(before, in, ctx.alloc());
    pending = all;
    return all;
  }

  /** It is looked after elsewhere from now on, or is gone. */
  final void leave() {
    if (!left) {
      left = true;
      connections.left(this);
    }
  }

  final boolean hasLeft() {
    return left;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leave();
    if (pending != null) {
      pending.release();
      pending = null;
    }
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "A new connection is closed after an error", cause);
    }
    context.close();
  }

  @Override
  public final void closeIfIdle() {
    if (pending == null) {
      ctx.close();
    }
  }

  @Override
  public final void closeNow() {
    ctx.close();
  }

  @Override
  public final int place() {
    return place;
  }

  @Override
  public final void place(int to) {
    place = to;
  }
}
