package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A caller's HTTP/1.1 connection: serves one request after the other; what is pipelined waits in at
 * most one buffer with reads off. Reads stay on while a request is served, so that a caller who
 * leaves is noticed. Holds the phase, on which turn what is read ({@link Http1RequestReader}), what
 * an answer means for the connection ({@link Http1ServerStream}), and how long nothing may happen.
 */
public final class Http1ServerConnection extends ChannelInboundHandlerAdapter
    implements ServerConnection {
  private static final System.Logger LOG = Logs.of(Http1ServerConnection.class);

  enum Phase {
    /** Between requests, or within a head. */
    HEAD,
    /** Within a request's body. */
    BODY,
    /** The request is whole, its response is not. */
    RESPONSE,
    /** The connection carries the bytes of a tunnel. */
    TUNNEL,
    /** The last response is written; what still comes is thrown away. */
    LINGER,
    CLOSED
  }

  private final ServerConnections connections;
  private final Http1ServerStream stream;
  private final Exchange exchange;
  private final Http1ResponseWriter writer;
  private final Http1RequestReader reader;

  private int place;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  private Phase phase = Phase.HEAD;

  /** Why a request ends with the connection. */
  private Failure cause = Failure.CALLER_GONE;

  private boolean retiring;
  private boolean bodyPaused;
  private long since;

  public Http1ServerConnection(ServerConnections connections, Exchange.Factory exchanges) {
    this.connections = connections;
    this.stream = new Http1ServerStream(this, connections, exchanges);
    this.exchange = stream.exchange;
    this.writer = stream.writer;
    this.reader = new Http1RequestReader(this, connections, stream);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    stream.attach(context);
    since = connections.now();
    connections.opened(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (phase == Phase.LINGER || phase == Phase.CLOSED) {
      in.release();
    } else {
      reader.read(in, context.alloc());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (phase == Phase.BODY || phase == Phase.TUNNEL) {
      exchange.onReadComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      stream.onInputClosed();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (phase == Phase.BODY || phase == Phase.RESPONSE || phase == Phase.TUNNEL) {
      exchange.onWritabilityChanged();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    gone();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "A caller's connection is closed after an error", cause);
    }
    context.close();
  }

  // What the reader asks and tells.

  Phase phase() {
    return phase;
  }

  /** Something has come, or the response has gone on: the connection is not idle. */
  void goesOn() {
    since = connections.now();
  }

  /**
   * A request is there, for the stream to present.
   *
   * @param whole whether nothing of its body is missing
   */
  void onRequest(boolean whole) {
    bodyPaused = false;
    phase = whole ? Phase.RESPONSE : Phase.BODY;
    connections.requestStarted();
    exchange.onRequest(whole && !stream.request.tunnel);
  }

  /** Its body is whole. */
  void onRequestEnd(@Nullable HeadView trailers) {
    phase = Phase.RESPONSE;
    exchange.onEnd(trailers);
    finishIfWhole();
  }

  /** A head that is none, or too large: the last of this connection. */
  void refuse(Failure failure, String problem) {
    connections.protocolError();
    writer.localReply(LocalReply.of(failure, problem), false, false, true);
    linger();
  }

  /** A body that is none, or does not go on. */
  void refuseBody(Failure failure, String problem) {
    exchange.onAborted(failure);
    if (stream.isResponseStarted()) {
      endWithRequest();
      writer.cut();
    } else {
      stream.refuse(LocalReply.of(failure, problem));
      endRequest();
      linger();
    }
  }

  // What the stream asks and tells.

  /** Whether something has come behind the request. */
  boolean hasMore() {
    return reader.hasPending();
  }

  /** Whether the caller is to be told that this connection ends. */
  boolean isLeaving() {
    return retiring || connections.isDraining();
  }

  /** Lets more of the body come, or not. */
  void readBody(boolean on) {
    bodyPaused = !on;
    updateReads();
  }

  /** The last of the response is written. */
  void onResponseEnd() {
    if (phase == Phase.BODY) {
      // The request is not whole: its rest cannot be told from a next request in time.
      endRequest();
      linger();
    } else {
      finishIfWhole();
    }
  }

  /** The connection is a tunnel's from here on. */
  void onTunnel() {
    phase = Phase.TUNNEL;
    goesOn();
    ByteBuf early = reader.takePending();
    if (early != null) {
      exchange.onData(early);
      exchange.onReadComplete();
    }
    updateReads();
  }

  /** Ends the request, and with it the connection, without another word. */
  void endWithRequest() {
    endRequest();
    phase = Phase.LINGER;
  }

  private void finishIfWhole() {
    if (!stream.isResponseEnded() || phase != Phase.RESPONSE) {
      return;
    }
    endRequest();
    if (!stream.keepsAlive()) {
      linger();
      return;
    }
    phase = Phase.HEAD;
    reader.resume();
  }

  private void endRequest() {
    reader.endBody();
    since = connections.now();
    stream.finish();
  }

  // The connection's life.

  /** Reads on or off; where a buffer is being read, at its end. */
  void updateReads() {
    if (reader.isReading()) {
      return;
    }
    boolean paused = bodyPaused && (phase == Phase.BODY || phase == Phase.TUNNEL);
    boolean on = !paused && !(reader.hasPending() && phase != Phase.HEAD);
    if (ctx.channel().config().isAutoRead() != on) {
      ctx.channel().config().setAutoRead(on);
    }
  }

  /** Ends the connection so that the caller can still read its last answer. */
  private void linger() {
    phase = Phase.LINGER;
    since = connections.now();
    reader.releasePending();
    writer.finish(this::goesOn);
    updateReads();
  }

  @Override
  public void tick(long now) {
    switch (phase) {
      case HEAD -> {
        boolean within = reader.hasPending();
        long limit =
            within
                ? connections.limits().headTimeoutNanos()
                : connections.limits().idleTimeoutNanos();
        if (now - since > limit) {
          if (within) {
            connections.reached(Bound.HEAD_TIME);
            refuse(Failure.REQUEST_NOT_RECEIVED, "the head was not complete in time");
          } else {
            connections.idleTimeout(Bound.KEEP_ALIVE_IDLE);
            ctx.close();
          }
        }
      }
      case BODY -> {
        if (!bodyPaused && now - since > connections.limits().idleTimeoutNanos()) {
          connections.idleTimeout(Bound.REQUEST_BODY_IDLE);
          refuseBody(Failure.REQUEST_NOT_RECEIVED, "the body did not go on in time");
        } else {
          exchange.tick(now);
        }
      }
      case TUNNEL -> exchange.tick(now);
      case LINGER -> {
        // Only when the last byte has left does its reader's second begin.
        boolean sent = writer.isFinished();
        long limit =
            sent ? ServerConnections.LINGER_NANOS : connections.limits().idleTimeoutNanos();
        if (now - since > limit) {
          connections.reached(sent ? Bound.LINGER : Bound.RESPONSE_STALLED);
          ctx.close();
        }
      }
      case RESPONSE -> {
        // Whoever waits for the application waits as long as the route allows; who does not read
        // what is there, does not.
        if (!stream.isWritable() && now - since > connections.limits().idleTimeoutNanos()) {
          connections.idleTimeout(Bound.RESPONSE_STALLED);
          ctx.close();
        } else {
          exchange.tick(now);
        }
      }
      case CLOSED -> {
        // Gone.
      }
    }
  }

  @Override
  public void drain() {
    retiring = true;
  }

  @Override
  public void closeNow() {
    cause = Failure.DRAINED;
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

  @Override
  public void closeIfIdle() {
    if (phase == Phase.HEAD && !reader.hasPending()) {
      ctx.close();
    }
  }

  private void gone() {
    if (phase == Phase.CLOSED) {
      return;
    }
    boolean serving = phase == Phase.BODY || phase == Phase.RESPONSE || phase == Phase.TUNNEL;
    phase = Phase.CLOSED;
    reader.releasePending();
    if (serving) {
      exchange.onAborted(cause);
      endRequest();
    }
    connections.closed(this);
  }
}
