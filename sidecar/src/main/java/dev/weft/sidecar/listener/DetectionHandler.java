package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Finds out from a connection's first bytes what it speaks, gives it and them to the stack that
 * fits, and is gone from the pipeline; the first read decides as a rule. Worker thread only.
 */
final class DetectionHandler extends ChannelInboundHandlerAdapter implements ServerConnection {
  /**
   * How much is looked at: a ClientHello and a first line are shorter. What is longer is TLS of
   * which nothing more is known, or no HTTP.
   */
  static final int MAX_BYTES = Bound.FIRST_BYTES.intValue();

  private static final System.Logger LOG = System.getLogger(DetectionHandler.class.getName());

  private final ConnectionStack stack;
  private final FirstBytes first;
  private @Nullable ByteBuf pending;
  private boolean decided;
  private long since;
  private int place;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  DetectionHandler(ConnectionStack stack) {
    this.stack = stack;
    this.first = new FirstBytes(false, MAX_BYTES);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    since = stack.connections().now();
    stack.connections().entered(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    ByteBuf before = pending;
    if (before == null) {
      since = stack.connections().now();
    } else {
      in = Buffers.join(before, in, context.alloc());
    }
    pending = in;
    switch (first.look(in)) {
      case MORE -> {
        // Its bytes wait.
      }
      case HTTP1, TCP, PROXY_HEADER -> handOver(Protocol.HTTP1);
      case HTTP2 -> handOver(Protocol.HTTP2);
      case TLS -> handOver(Protocol.TLS);
    }
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
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "A new connection is closed after an error", cause);
    }
    context.close();
  }

  private void handOver(Protocol protocol) {
    ByteBuf in = pending;
    pending = null;
    leave();
    stack
        .serving(protocol)
        .install(ctx.pipeline(), protocol == Protocol.TLS ? first.hello() : null);
    ctx.pipeline().remove(this);
    if (in != null) {
      // The context still knows who comes next.
      ctx.fireChannelRead(in);
    }
  }

  private void leave() {
    if (!decided) {
      decided = true;
      stack.connections().left(this);
    }
  }

  @Override
  public void tick(long nanoTime) {
    if (pending == null) {
      if (nanoTime - since > stack.connections().limits().idleTimeoutNanos()) {
        stack.connections().idleTimeout(Bound.KEEP_ALIVE_IDLE);
        ctx.close();
      }
    } else if (nanoTime - since > stack.connections().limits().headTimeoutNanos()) {
      // Begun and not gone on with: HTTP/1 has the answer for that.
      handOver(Protocol.HTTP1);
    }
  }

  @Override
  public void closeIfIdle() {
    if (pending == null) {
      ctx.close();
    }
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
