package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.proxyprotocol.ProxyHeaderReader;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * Reads the PROXY header of a peer that is trusted with it and has to send one, then gives the
 * connection to its stack and is gone from the pipeline. Worker thread only.
 */
final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter implements ServerConnection {
  private static final System.Logger LOG = System.getLogger(ProxyHeaderHandler.class.getName());

  private final ConnectionStack stack;
  private final ServerConnections connections;
  private final ProxyHeaderReader reader = new ProxyHeaderReader(Bound.PROXY_HEADER.intValue());
  private @Nullable ByteBuf pending;
  private boolean done;
  private long since;
  private int place;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  ProxyHeaderHandler(ConnectionStack stack) {
    this.stack = stack;
    this.connections = stack.connections();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    since = connections.now();
    connections.entered(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    ByteBuf before = pending;
    pending = before == null ? in : Buffers.join(before, in, context.alloc());
    in = pending;
    int taken = reader.read(in);
    if (taken == ProxyHeaderReader.NEED_MORE) {
      return;
    }
    if (taken == ProxyHeaderReader.MALFORMED) {
      refuse("no PROXY header, or a malformed one");
      return;
    }
    pending = null;
    leave();
    CallerAddress.set(context.channel(), reader.header());
    context.pipeline().addLast(stack.afterProxyHeader());
    context.pipeline().remove(this);
    if (in.readableBytes() == taken) {
      in.release();
    } else {
      context.fireChannelRead(in.skipBytes(taken));
    }
  }

  private void refuse(String why) {
    connections.count(WorkerCounter.DOWNSTREAM_PROXY_HEADER_ERROR);
    LOG.log(System.Logger.Level.DEBUG, "{0} is cut off: {1}", ctx.channel().remoteAddress(), why);
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leave();
    if (pending != null) {
      pending.release();
      pending = null;
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }

  private void leave() {
    if (!done) {
      done = true;
      connections.left(this);
    }
  }

  @Override
  public void tick(long nanoTime) {
    if (nanoTime - since > connections.limits().headTimeoutNanos()) {
      connections.reached(Bound.HEAD_TIME);
      refuse("no PROXY header in time");
    }
  }

  @Override
  public void closeIfIdle() {
    if (pending == null) {
      ctx.close();
    }
  }

  @Override
  public void closeNow() {
    ctx.close();
  }

  @Override
  public int place() {
    return place;
  }

  @Override
  public void place(int to) {
    place = to;
  }
}
