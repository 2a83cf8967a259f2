package dev.weft.controlplane.app;

import io.grpc.ServerCredentials;
import io.grpc.internal.ObjectPool;
import io.grpc.netty.shaded.io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.shaded.io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.handler.timeout.IdleStateEvent;
import io.grpc.netty.shaded.io.netty.handler.timeout.IdleStateHandler;
import io.grpc.netty.shaded.io.netty.util.AsciiString;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Closes connections from which nothing has come for longer than gRPC waits for the answer to its
 * {@code PING}. Runs on the event loop of each connection.
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
   * @throws IllegalArgumentException the server could not use these credentials either
   */
  static ServerCredentials closedAfter(long silenceNanos, ServerCredentials credentials) {
    // Only through the negotiation of a connection does gRPC let us at its pipeline, without event
    // loops of our own.
    return InternalNettyServerCredentials.create(
        new Factory(InternalNettyServerCredentials.toNegotiator(credentials), silenceNanos));
  }

  private record Factory(InternalProtocolNegotiator.ServerFactory grpc, long silenceNanos)
      implements InternalProtocolNegotiator.ServerFactory {
    @Override
    public InternalProtocolNegotiator.ProtocolNegotiator newNegotiator(
        ObjectPool<? extends Executor> executors) {
      return new Negotiator(grpc.newNegotiator(executors), silenceNanos);
    }
  }

  private record Negotiator(InternalProtocolNegotiator.ProtocolNegotiator grpc, long silenceNanos)
      implements InternalProtocolNegotiator.ProtocolNegotiator {
    @Override
    public AsciiString scheme() {
      return grpc.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
      return new Beginning(grpc.newHandler(connection), silenceNanos);
    }

    @Override
    public void close() {
      grpc.close();
    }
  }

  /** Sets the watch, and makes way for what gRPC would have put in its place. */
  private static final class Beginning extends ChannelHandlerAdapter {
    private final ChannelHandler next;
    private final long silenceNanos;

    Beginning(ChannelHandler next, long silenceNanos) {
      this.next = next;
      this.silenceNanos = silenceNanos;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      // Next to the socket: a close from there passes nothing that would wait for a write.
      context.pipeline().addFirst(new Watch(silenceNanos));
      context.pipeline().replace(this, null, next);
    }
  }

  private static final class Watch extends IdleStateHandler {
    Watch(long silenceNanos) {
      super(silenceNanos, 0, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
      context.close();
    }
  }
}
