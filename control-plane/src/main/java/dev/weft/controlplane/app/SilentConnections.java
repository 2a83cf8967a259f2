package dev.weft.controlplane.app;

import io.grpc.ServerCredentials;
import io.grpc.internal.ObjectPool;
import io.grpc.netty.shaded.io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.shaded.io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.timeout.IdleStateEvent;
import io.grpc.netty.shaded.io.netty.handler.timeout.IdleStateHandler;
import io.grpc.netty.shaded.io.netty.util.AsciiString;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Closes connections from which nothing has come for longer than gRPC waits for the answer to its
 * {@code PING}, and those whose other end acknowledges nothing: one that hears nothing of us still
 * sends {@code PING}s of its own, so that it is never silent. Runs on the event loop of each
 * connection.
 *
 * <p>gRPC ends the streams of such a connection, but closes it only when their resets are written.
 * It does not flush them, and has no time limit; and to a peer that stands still with full buffers
 * nothing is written ever. So the connection stays until gRPC finds it idle, or for good.
 */
final class SilentConnections {
  private SilentConnections() {}

  /**
   * The same credentials, for a server that closes silent connections.
   *
   * @param silenceNanos without a byte; longer than until gRPC gives a connection up, so that what
   *     it does by itself, and says, comes first
   * @param unackedNanos for which the same is sent again and again
   * @throws IllegalArgumentException the server could not use these credentials either
   */
  static ServerCredentials closedAfter(
      long silenceNanos, long unackedNanos, ServerCredentials credentials) {
    // Only through the negotiation of a connection does gRPC let us at its pipeline, without event
    // loops of our own.
    return InternalNettyServerCredentials.create(
        new Factory(
            InternalNettyServerCredentials.toNegotiator(credentials), silenceNanos, unackedNanos));
  }

  private record Factory(
      InternalProtocolNegotiator.ServerFactory grpc, long silenceNanos, long unackedNanos)
      implements InternalProtocolNegotiator.ServerFactory {
    @Override
    public InternalProtocolNegotiator.ProtocolNegotiator newNegotiator(
        ObjectPool<? extends Executor> executors) {
      return new Negotiator(grpc.newNegotiator(executors), silenceNanos, unackedNanos);
    }
  }

  private record Negotiator(
      InternalProtocolNegotiator.ProtocolNegotiator grpc, long silenceNanos, long unackedNanos)
      implements InternalProtocolNegotiator.ProtocolNegotiator {
    @Override
    public AsciiString scheme() {
      return grpc.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
      return new Beginning(grpc.newHandler(connection), new Watch(silenceNanos, unackedNanos));
    }

    @Override
    public void close() {
      grpc.close();
    }
  }

  /** Sets the watch, and makes way for what gRPC would have put in its place. */
  private static final class Beginning extends ChannelHandlerAdapter {
    private final ChannelHandler next;
    private final Watch watch;

    Beginning(ChannelHandler next, Watch watch) {
      this.next = next;
      this.watch = watch;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      // Next to the socket: a close from there passes nothing that would wait for a write.
      context.pipeline().addFirst(watch);
      context.pipeline().replace(this, null, next);
    }
  }

  private static final class Watch extends IdleStateHandler {
    /** So often the same is sent again on a lossy network, too. */
    private static final int FEW = 3;

    private final long unackedNanos;
    private int retransmits;
    private long since;

    Watch(long silenceNanos, long unackedNanos) {
      super(silenceNanos, 0, 0, TimeUnit.NANOSECONDS);
      this.unackedNanos = unackedNanos;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
      super.handlerAdded(context);
      if (context.channel() instanceof EpollSocketChannel socket) {
        lookLater(context, socket);
      }
    }

    private void lookLater(ChannelHandlerContext context, EpollSocketChannel socket) {
      context.executor().schedule(() -> look(context, socket), 1, TimeUnit.SECONDS);
    }

    /** Asks the kernel, whose count begins anew with whatever is acknowledged. */
    private void look(ChannelHandlerContext context, EpollSocketChannel socket) {
      if (!socket.isActive()) {
        return;
      }
      int before = retransmits;
      retransmits = socket.tcpInfo().retransmits();
      long now = System.nanoTime();
      if (before == 0 || retransmits < before) {
        since = now;
      } else if (retransmits >= FEW && now - since >= unackedNanos) {
        reset(context);
        return;
      }
      lookLater(context, socket);
    }

    @Override
    protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
      reset(context);
    }

    /** A FIN would wait behind what is not acknowledged: an RST tells a peer that hears us. */
    private static void reset(ChannelHandlerContext context) {
      context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      context.close();
    }
  }
}
