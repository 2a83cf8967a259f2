package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnection;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.CallerTls;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A caller's HTTP/1.1 connection: serves one request after the other; what is pipelined waits in at
 * most one buffer with reads off. Reads stay on while a request is served, so that a caller who
 * leaves is noticed. Longer than other classes because bytes in, the exchange's side and time all
 * turn on one phase, and have to be read beside each other.
 */
public final class Http1ServerConnection extends ChannelInboundHandlerAdapter
    implements DownstreamStream, BodyDecoder.Sink, ServerConnection {
  private static final System.Logger LOG = Logs.of(Http1ServerConnection.class);

  private enum Phase {
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
  private final Http1HeadParser parser;
  private final BodyDecoder body;
  private final ReceivedHead request = new ReceivedHead();
  private final Exchange exchange;
  private final Http1ResponseWriter writer;

  private int place;

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  private Phase phase = Phase.HEAD;

  /** Why a request ends with the connection. */
  private Failure cause = Failure.CALLER_GONE;

  private @Nullable ByteBuf pending;
  private @Nullable TunnelEnd tunnel;
  private boolean responseStarted;
  private boolean responseEnded;
  private boolean headRequest;
  private boolean upgrading;
  private boolean keepAlive;
  private boolean retiring;
  private boolean processing;
  private boolean bodyPaused;
  private boolean withinHead;
  private long since;

  public Http1ServerConnection(ServerConnections connections, Exchange.Factory exchanges) {
    this.connections = connections;
    this.parser = new Http1HeadParser(connections.limits());
    this.body = new BodyDecoder(parser);
    this.writer = new Http1ResponseWriter();
    this.exchange = exchanges.newExchange(this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    writer.attach(context);
    since = connections.now();
    connections.opened(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (phase == Phase.LINGER || phase == Phase.CLOSED) {
      in.release();
      return;
    }
    ByteBuf before = pending;
    if (before != null) {
      pending = null;
      in = Buffers.join(before, in, context.alloc());
    }
    process(in);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (phase == Phase.BODY || phase == Phase.TUNNEL) {
      exchange.onReadComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    TunnelEnd end = tunnel;
    if (end != null && event instanceof ChannelInputShutdownEvent && end.closeInput()) {
      exchange.onEnd(null);
      endTunnelIfClosed(end);
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

  // Bytes in.

  private void process(ByteBuf in) {
    processing = true;
    boolean keep = false;
    try {
      keep = decode(in);
    } finally {
      processing = false;
      if (!keep) {
        in.release();
      }
    }
    updateReads();
  }

  /** Takes what can be taken; true when the rest of the buffer is kept for later. */
  private boolean decode(ByteBuf in) {
    int at = in.readerIndex();
    int limit = in.writerIndex();
    while (true) {
      switch (phase) {
        case HEAD -> {
          if (at == limit) {
            return false;
          }
          ByteBuffer slab = Slabs.of(in);
          int end = parser.request(slab, at, limit, request);
          if (end == Http1HeadParser.NEED_MORE) {
            return keep(in, at);
          }
          if (end == Http1HeadParser.REFUSED) {
            reached(parser.refusal().bound());
            refuse(parser.refusal().failure(), parser.refusal().problem());
            return false;
          }
          at = start(in, end, limit);
        }
        case BODY -> {
          since = connections.now();
          if (at == limit) {
            return false;
          }
          at = body.decode(in, at, limit, this);
          if (at == BodyDecoder.REFUSED) {
            connections.protocolError();
            reached(body.bound());
            refuseBody(Failure.BAD_REQUEST, body.problem());
            return false;
          }
        }
        case RESPONSE -> {
          return at < limit && keep(in, at);
        }
        case TUNNEL -> {
          since = connections.now();
          if (at < limit) {
            exchange.onData(in.retain().setIndex(at, limit));
          }
          return false;
        }
        case LINGER, CLOSED -> {
          return false;
        }
      }
    }
  }

  private boolean keep(ByteBuf in, int from) {
    in.setIndex(from, in.writerIndex());
    if (phase == Phase.HEAD && !withinHead) {
      since = connections.now();
      withinHead = true;
    }
    pending = in;
    return true;
  }

  private int start(ByteBuf in, int end, int limit) {
    request.buffer = in.retain();
    request.end = end;
    int inline = request.chunked ? 0 : (int) Math.min(request.bodyLength, limit - end);
    request.inlineBody = inline;
    boolean whole = !request.chunked && inline == request.bodyLength;
    headRequest = request.view.methodIs(Http1HeadParser.HEAD);
    upgrading = request.tunnel;
    keepAlive = !request.close;
    withinHead = false;
    responseStarted = false;
    responseEnded = false;
    bodyPaused = false;
    body.begin(request);
    phase = whole ? Phase.RESPONSE : Phase.BODY;
    connections.requestStarted();
    exchange.onRequest(whole && !request.tunnel);
    return end + inline;
  }

  @Override
  public void bodyData(ByteBuf data) {
    if (phase == Phase.BODY) {
      exchange.onData(data);
    } else {
      data.release();
    }
  }

  @Override
  public void bodyEnd(@Nullable HeadView trailers, boolean more) {
    if (phase != Phase.BODY) {
      return;
    }
    phase = Phase.RESPONSE;
    exchange.onEnd(trailers);
    finishIfWhole();
  }

  private void refuse(Failure failure, String problem) {
    connections.protocolError();
    headRequest = false;
    keepAlive = false;
    writer.localReply(LocalReply.of(failure, problem), false, false, true);
    linger();
  }

  private void reached(@Nullable Bound bound) {
    if (bound != null) {
      connections.reached(bound);
    }
  }

  private void refuseBody(Failure failure, String problem) {
    exchange.onAborted(failure);
    if (!responseStarted) {
      writer.localReply(
          LocalReply.of(failure, problem), headRequest, request.view.minorVersion() == 0, true);
      endRequest();
      linger();
    } else {
      endRequest();
      phase = Phase.LINGER;
      writer.cut();
    }
  }

  // The exchange's side.

  @Override
  public ReceivedHead request() {
    return request;
  }

  @Override
  public void releaseRequest() {
    ByteBuf buffer = request.buffer;
    request.clear();
    buffer.release();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return CallerAddress.source(ctx.channel());
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return CallerAddress.destination(ctx.channel());
  }

  @Override
  public @Nullable CallerTls callerTls() {
    return ctx.channel().attr(CallerTls.KEY).get();
  }

  @Override
  public void informational(ReceivedHead response) {
    if (request.view.minorVersion() > 0) {
      writer.informational(response);
    }
  }

  @Override
  public void respond(ReceivedHead response, HeadPlan plan, boolean end) {
    responseStarted = true;
    if (response.tunnel) {
      beginTunnel(response, plan);
      return;
    }
    // What came before the answer to an Upgrade that is not made was not meant as a request.
    boolean early = upgrading && pending != null;
    if ((phase == Phase.BODY && end) || early || retiring || connections.isDraining()) {
      keepAlive = false;
    }
    boolean http10 = request.view.minorVersion() == 0;
    if (!writer.respond(response, plan, end, headRequest, http10, keepAlive)) {
      keepAlive = false;
    }
    if (end) {
      ended();
    }
  }

  @Override
  public void data(ByteBuf data) {
    since = connections.now();
    TunnelEnd end = tunnel;
    if (end != null) {
      end.write(data);
    } else {
      writer.data(data);
    }
  }

  @Override
  public void end(@Nullable HeadView trailers) {
    TunnelEnd end = tunnel;
    if (end != null) {
      end.closeOutput();
      endTunnelIfClosed(end);
    } else {
      writer.end(trailers);
      ended();
    }
  }

  @Override
  public void localReply(LocalReply reply) {
    responseStarted = true;
    boolean early = upgrading && pending != null;
    if (phase == Phase.BODY
        || early
        || reply.failure().closes()
        || retiring
        || connections.isDraining()) {
      keepAlive = false;
    }
    writer.localReply(reply, headRequest, request.view.minorVersion() == 0, !keepAlive);
    ended();
  }

  @Override
  public void abort(Failure why) {
    TunnelEnd end = tunnel;
    endRequest();
    phase = Phase.LINGER;
    if (end != null) {
      end.reset();
    } else {
      writer.cut();
    }
  }

  @Override
  public void flush() {
    ctx.flush();
  }

  @Override
  public boolean isWritable() {
    return ctx.channel().isWritable();
  }

  @Override
  public void readRequest(boolean on) {
    bodyPaused = !on;
    if (!processing) {
      updateReads();
    }
  }

  private void ended() {
    responseEnded = true;
    ctx.flush();
    if (phase == Phase.BODY) {
      // The request is not whole: its rest cannot be told from a next request in time.
      endRequest();
      linger();
    } else {
      finishIfWhole();
    }
  }

  private void finishIfWhole() {
    if (!responseEnded || phase != Phase.RESPONSE) {
      return;
    }
    endRequest();
    if (!keepAlive) {
      linger();
      return;
    }
    phase = Phase.HEAD;
    ByteBuf next = pending;
    if (next != null && !processing) {
      pending = null;
      process(next);
    }
  }

  private void beginTunnel(ReceivedHead response, HeadPlan plan) {
    writer.switchProtocols(response, plan);
    phase = Phase.TUNNEL;
    tunnel = new TunnelEnd(ctx);
    since = connections.now();
    connections.tunnelStarted();
    ByteBuf early = pending;
    if (early != null) {
      pending = null;
      exchange.onData(early);
      exchange.onReadComplete();
    }
    if (!processing) {
      updateReads();
    }
  }

  private void endTunnelIfClosed(TunnelEnd end) {
    if (end.isClosed() && phase == Phase.TUNNEL) {
      endRequest();
      phase = Phase.LINGER;
      end.closeOutput();
    }
  }

  private void endRequest() {
    if (tunnel != null) {
      tunnel = null;
      connections.tunnelEnded();
    }
    body.reset();
    releaseRequest();
    since = connections.now();
    connections.requestEnded();
    exchange.onFinished();
  }

  // The connection's life.

  private void updateReads() {
    boolean paused = bodyPaused && (phase == Phase.BODY || phase == Phase.TUNNEL);
    boolean on = !paused && !(pending != null && phase != Phase.HEAD);
    if (ctx.channel().config().isAutoRead() != on) {
      ctx.channel().config().setAutoRead(on);
    }
  }

  /** Ends the connection so that the caller can still read its last answer. */
  private void linger() {
    phase = Phase.LINGER;
    since = connections.now();
    releasePending();
    writer.finish(() -> since = connections.now());
    if (!processing) {
      updateReads();
    }
  }

  @Override
  public void tick(long now) {
    switch (phase) {
      case HEAD -> {
        boolean within = pending != null;
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
        if (!isWritable() && now - since > connections.limits().idleTimeoutNanos()) {
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
    if (phase == Phase.HEAD && pending == null) {
      ctx.close();
    }
  }

  private void gone() {
    if (phase == Phase.CLOSED) {
      return;
    }
    boolean serving = phase == Phase.BODY || phase == Phase.RESPONSE || phase == Phase.TUNNEL;
    phase = Phase.CLOSED;
    releasePending();
    if (serving) {
      exchange.onAborted(cause);
      endRequest();
    }
    connections.closed(this);
  }

  private void releasePending() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
  }
}
