package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.ResponseListener;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.tls.TlsIoException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 connection towards an endpoint: one exchange at a time, kept for the next one when
 * both messages were whole and neither side wants it closed. A response that breaks the protocol,
 * or bytes that nobody asked for, end it.
 */
public final class Http1ClientConnection extends ChannelInboundHandlerAdapter
    implements UpstreamStream, BodyDecoder.Sink {
  private static final System.Logger LOG = Logs.of(Http1ClientConnection.class);

  // A body up to this size is copied behind its head, so that both leave as one buffer.
  private static final int INLINE_COPIED = Bound.INLINE_BODY.intValue();

  private static final int SWITCHING_PROTOCOLS = 101;

  /** Who made the connection and wants it back. */
  public interface Owner {
    /** The connection may serve the next exchange. */
    void onIdle(Http1ClientConnection connection);

    /** The connection is gone; told once. */
    void onClosed(Http1ClientConnection connection);

    /** A response has run into a bound. */
    void onReached(Bound bound);
  }

  private enum Phase {
    IDLE,
    HEAD,
    BODY,
    TUNNEL,
    CLOSED
  }

  private final Owner owner;
  private final Http1HeadParser parser;
  private final BodyDecoder body;
  private final ReceivedHead response = new ReceivedHead();

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  private Phase phase = Phase.IDLE;
  private @Nullable ResponseListener listener;
  private @Nullable ByteBuf pending;

  /** The tunnel that the request under way asks for, until it is agreed to or not. */
  private @Nullable TunnelOffer offer;

  private @Nullable TunnelEnd tunnel;
  private boolean headRequest;
  private boolean chunkedRequest;
  private boolean requestEnded;
  private boolean closing;
  private boolean receiving;
  private boolean broken;
  private String why = "";
  private long served;

  private int keepAliveSeconds = -1;

  /** How long it is kept while it is idle; its pool's. */
  public long idleUntil;

  public Http1ClientConnection(Owner owner, ConnectionLimits limits) {
    this.owner = owner;
    this.parser = new Http1HeadParser(limits);
    this.body = new BodyDecoder(parser);
  }

  public boolean isOpen() {
    return phase != Phase.CLOSED && ctx.channel().isActive();
  }

  /** How long the server said that it would keep it ({@code Keep-Alive: timeout}); -1: nothing. */
  public int keepAliveSeconds() {
    return keepAliveSeconds;
  }

  /** Closes an idle connection. */
  public void close() {
    ctx.close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
  }

  // The exchange's side.

  @Override
  public void send(ReceivedHead request, HeadPlan plan, boolean end, ResponseListener answer) {
    listener = answer;
    phase = Phase.HEAD;
    served++;
    receiving = false;
    closing = false;
    headRequest = request.view.methodIs(Http1HeadParser.HEAD);
    offer = request.tunnel ? new TunnelOffer(request, plan) : null;
    chunkedRequest = !request.tunnel && request.bodyLength == ReceivedHead.UNKNOWN_LENGTH;
    requestEnded = end || request.tunnel;
    int inline = request.inlineBody;
    boolean copied = inline <= INLINE_COPIED && !chunkedRequest;
    ByteBuf head =
        Http1Encoder.request(request, plan, chunkedRequest, copied ? inline : 0, ctx.alloc());
    if (inline > 0 && copied) {
      head.writeBytes(request.buffer, request.end, inline);
    }
    ctx.write(head, ctx.voidPromise());
    if (inline > 0 && !copied) {
      BodyWriter.data(ctx, request.buffer.retainedSlice(request.end, inline), chunkedRequest);
    }
    if (end && chunkedRequest) {
      BodyWriter.last(ctx, null);
    }
  }

  @Override
  public void data(ByteBuf data) {
    TunnelEnd to = tunnel;
    TunnelOffer open = offer;
    if (to != null) {
      to.write(data);
    } else if (open != null) {
      open.keep(data);
    } else {
      BodyWriter.data(ctx, data, chunkedRequest);
    }
  }

  @Override
  public void end(@Nullable HeadView trailers) {
    TunnelEnd to = tunnel;
    if (to != null) {
      to.closeOutput();
      endTunnelIfClosed(to);
      return;
    }
    requestEnded = true;
    if (offer != null) {
      offer.end();
    }
    if (chunkedRequest) {
      BodyWriter.last(ctx, trailers);
    }
  }

  @Override
  public void flush() {
    ctx.flush();
  }

  @Override
  public void cancel() {
    listener = null;
    TunnelEnd to = tunnel;
    if (to != null) {
      to.reset();
    } else {
      ctx.close();
    }
  }

  @Override
  public boolean isWritable() {
    return ctx.channel().isWritable() && (offer == null || tunnel != null);
  }

  @Override
  public void readResponse(boolean on) {
    if (ctx.channel().config().isAutoRead() != on) {
      ctx.channel().config().setAutoRead(on);
    }
  }

  // Bytes in.

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (phase == Phase.IDLE || phase == Phase.CLOSED || listener == null) {
      // Nobody asked: what it means for the next exchange cannot be known.
      in.release();
      context.close();
      return;
    }
    receiving = true;
    ByteBuf before = pending;
    if (before != null) {
      pending = null;
      in = Buffers.join(before, in, context.alloc());
    }
    boolean keep = false;
    try {
      keep = decode(in);
    } finally {
      if (!keep) {
        in.release();
      }
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    ResponseListener l = listener;
    if (l != null && (phase == Phase.BODY || phase == Phase.TUNNEL)) {
      l.onReadComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    TunnelEnd from = tunnel;
    ResponseListener l = listener;
    if (from != null
        && l != null
        && event instanceof ChannelInputShutdownEvent
        && from.closeInput()) {
      endTunnelIfClosed(from);
      l.onEnd(null);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    ResponseListener l = listener;
    if (l != null) {
      l.onWritabilityChanged();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    Phase before = phase;
    phase = Phase.CLOSED;
    boolean whole = before == Phase.BODY && body.untilClose() && !broken;
    if (pending != null) {
      pending.release();
      pending = null;
    }
    body.reset();
    withdrawOffer();
    owner.onClosed(this);
    ResponseListener l = listener;
    listener = null;
    if (l == null || before == Phase.IDLE) {
      return;
    }
    if (whole) {
      l.onEnd(null);
    } else if (before == Phase.BODY || before == Phase.TUNNEL) {
      l.onFailed(Failure.RESPONSE_CUT, "the connection ended within the response" + why);
    } else if (receiving) {
      l.onFailed(Failure.UPSTREAM_RESET, "the connection ended within the response's head" + why);
    } else {
      l.onFailed(
          served > 1 ? Failure.STALE_CONNECTION : Failure.UPSTREAM_RESET,
          "the connection ended before a response came" + why);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "An upstream connection is closed after an error", cause);
    }
    broken = true;
    if (cause instanceof TlsIoException) {
      why = ": " + cause.getMessage();
    }
    context.close();
  }

  private boolean decode(ByteBuf in) {
    int at = in.readerIndex();
    int limit = in.writerIndex();
    while (at < limit && phase == Phase.HEAD) {
      ByteBuffer slab = Slabs.of(in);
      int end = parser.response(slab, at, limit, response, headRequest);
      if (end == Http1HeadParser.NEED_MORE) {
        in.setIndex(at, limit);
        pending = in;
        return true;
      }
      if (end == Http1HeadParser.REFUSED) {
        reached(parser.refusal().bound());
        fail(Failure.UPSTREAM_PROTOCOL_ERROR, parser.refusal().problem());
        return false;
      }
      response.buffer = in;
      response.start = at;
      response.end = end;
      response.room = at;
      at = response.view.status() < 200 ? informational(end) : head(end, limit);
    }
    while (at < limit && phase == Phase.BODY) {
      at = body.decode(in, at, limit, this);
      if (at == BodyDecoder.REFUSED) {
        reached(body.bound());
        fail(Failure.UPSTREAM_PROTOCOL_ERROR, body.problem());
        return false;
      }
    }
    if (at < limit && phase == Phase.TUNNEL && listener != null) {
      listener.onData(in.retain().setIndex(at, limit));
    }
    if (at < limit && phase == Phase.IDLE) {
      // More than one response to one request.
      ctx.close();
    }
    return false;
  }

  private int informational(int end) {
    if (response.view.status() == SWITCHING_PROTOCOLS) {
      beginTunnel();
      return end;
    }
    response.inlineBody = 0;
    // Copied: the final head may be written into its bytes while they still wait for the socket.
    response.room = ReceivedHead.NOT_IN_PLACE;
    ResponseListener l = listener;
    if (l != null) {
      l.onInformational(response);
    }
    return end;
  }

  private void beginTunnel() {
    TunnelOffer asked = offer;
    ResponseListener l = listener;
    if (l == null) {
      return;
    }
    if (asked == null
        || !parser.upgradeOption()
        || response.view.minorVersion() == 0
        || !asked.isTakenUp(response.view)) {
      fail(Failure.UPSTREAM_PROTOCOL_ERROR, "101 Switching Protocols that nobody asked for");
      return;
    }
    response.tunnel = true;
    response.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    response.inlineBody = 0;
    response.exclusive = false;
    response.room = 0;
    phase = Phase.TUNNEL;
    var begun = new TunnelEnd(ctx);
    tunnel = begun;
    if (asked.sendKept(begun)) {
      ctx.flush();
    }
    l.onResponse(response, false);
    // Nothing could be sent until now.
    l.onWritabilityChanged();
    if (asked.isEnded() && tunnel != null) {
      begun.closeOutput();
      endTunnelIfClosed(begun);
    }
  }

  /** What was asked for is not made, or the connection is gone. */
  private void withdrawOffer() {
    TunnelOffer open = offer;
    if (open != null) {
      offer = null;
      open.release();
    }
  }

  /** Both directions are closed: so is the connection, and nobody has to hear of it. */
  private void endTunnelIfClosed(TunnelEnd end) {
    if (end.isClosed()) {
      listener = null;
      end.closeOutput();
    }
  }

  private int head(int end, int limit) {
    withdrawOffer();
    closing = response.close;
    int keepAlive = response.view.find(WellKnown.KEEP_ALIVE);
    if (keepAlive != HeadView.NONE) {
      keepAliveSeconds = KeepAlive.timeoutSeconds(response.view, keepAlive);
    }
    boolean counted = response.bodyLength > 0;
    int inline = counted ? (int) Math.min(response.bodyLength, limit - end) : 0;
    response.inlineBody = inline;
    int next = end + inline;
    response.exclusive = next == limit;
    body.begin(response);
    boolean whole = inline == response.bodyLength;
    ResponseListener l = listener;
    if (l == null) {
      return next;
    }
    phase = Phase.BODY;
    if (whole) {
      release(next < limit);
    }
    l.onResponse(response, whole);
    return next;
  }

  @Override
  public void bodyData(ByteBuf data) {
    ResponseListener l = listener;
    if (l == null || phase != Phase.BODY) {
      data.release();
    } else {
      l.onData(data);
    }
  }

  @Override
  public void bodyEnd(@Nullable HeadView trailers, boolean more) {
    ResponseListener l = listener;
    if (l == null || phase != Phase.BODY) {
      return;
    }
    release(more);
    l.onEnd(trailers);
  }

  /**
   * The response is whole: before the listener hears of it, so that it can use the connection.
   *
   * @param more whether bytes came behind it that nobody asked for: they are no response
   */
  private void release(boolean more) {
    listener = null;
    phase = Phase.IDLE;
    readResponse(true);
    if (closing || !requestEnded || more) {
      ctx.close();
    } else {
      owner.onIdle(this);
    }
  }

  private void reached(@Nullable Bound bound) {
    if (bound != null) {
      owner.onReached(bound);
    }
  }

  private void fail(Failure failure, String detail) {
    ResponseListener l = listener;
    listener = null;
    ctx.close();
    if (l != null) {
      l.onFailed(failure, detail);
    }
  }
}
