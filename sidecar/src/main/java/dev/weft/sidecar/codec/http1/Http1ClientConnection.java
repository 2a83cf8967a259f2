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
 * or bytes that nobody asked for, end it. What is sent is in {@link Http1RequestWriter}; here is
 * what comes back, and whether the connection is good for more.
 */
public final class Http1ClientConnection extends ChannelInboundHandlerAdapter
    implements UpstreamStream, BodyDecoder.Sink {
  private static final System.Logger LOG = Logs.of(Http1ClientConnection.class);

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
  private final Http1RequestWriter writer = new Http1RequestWriter();
  private final Http1HeadParser parser;
  private final BodyDecoder body;
  private final ReceivedHead response = new ReceivedHead();

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  private Phase phase = Phase.IDLE;
  private @Nullable ResponseListener listener;
  private @Nullable ByteBuf pending;
  private boolean headRequest;
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
    writer.attach(context);
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
    writer.send(request, plan, end);
  }

  @Override
  public void data(ByteBuf data) {
    writer.data(data);
  }

  @Override
  public void end(@Nullable HeadView trailers) {
    writer.end(trailers);
    endTunnelIfClosed();
  }

  @Override
  public void flush() {
    ctx.flush();
  }

  @Override
  public void cancel() {
    listener = null;
    writer.cancel();
  }

  @Override
  public boolean isWritable() {
    return writer.isWritable();
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
    TunnelEnd from = writer.tunnel();
    ResponseListener l = listener;
    if (from != null
        && l != null
        && event instanceof ChannelInputShutdownEvent
        && from.closeInput()) {
      endTunnelIfClosed();
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
    writer.withdrawOffer();
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
    ResponseListener l = listener;
    if (l == null) {
      return;
    }
    if (!parser.upgradeOption()
        || response.view.minorVersion() == 0
        || !writer.isTakenUp(response.view)) {
      fail(Failure.UPSTREAM_PROTOCOL_ERROR, "101 Switching Protocols that nobody asked for");
      return;
    }
    response.tunnel = true;
    response.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    response.inlineBody = 0;
    response.exclusive = false;
    response.room = 0;
    phase = Phase.TUNNEL;
    writer.beginTunnel();
    l.onResponse(response, false);
    // Nothing could be sent until now.
    l.onWritabilityChanged();
    if (writer.endedEarly()) {
      end(null);
    }
  }

  /** Both directions are closed: so is the connection, and nobody has to hear of it. */
  private void endTunnelIfClosed() {
    TunnelEnd end = writer.tunnel();
    if (end != null && end.isClosed()) {
      listener = null;
      end.closeOutput();
    }
  }

  private int head(int end, int limit) {
    writer.withdrawOffer();
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
    if (closing || !writer.isEnded() || more) {
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
