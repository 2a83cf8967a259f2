package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Writes requests to an endpoint's HTTP/1.1 connection, one after the other. What follows a request
 * for a tunnel waits until the endpoint has agreed to it; from then on it is written as it is. One
 * per connection. Worker thread only.
 */
final class Http1RequestWriter {
  // A body up to this size is copied behind its head, so that both leave as one buffer.
  private static final int INLINE_COPIED = Bound.INLINE_BODY.intValue();

  @SuppressWarnings("NullAway.Init") // Attached before anything is written.
  private ChannelHandlerContext ctx;

  private boolean chunked;
  private boolean ended;

  /** The tunnel that the request under way asks for, until it is agreed to or not. */
  private @Nullable TunnelOffer offer;

  private @Nullable TunnelEnd tunnel;

  void attach(ChannelHandlerContext context) {
    ctx = context;
  }

  /** Writes head and inline body of the next request. */
  void send(ReceivedHead request, HeadPlan plan, boolean end) {
    offer = request.tunnel ? new TunnelOffer(request, plan) : null;
    chunked = !request.tunnel && request.bodyLength == ReceivedHead.UNKNOWN_LENGTH;
    ended = end || request.tunnel;
    int inline = request.inlineBody;
    boolean copied = inline <= INLINE_COPIED && !chunked;
    ByteBuf head = Http1Encoder.request(request, plan, chunked, copied ? inline : 0, ctx.alloc());
    if (inline > 0 && copied) {
      head.writeBytes(request.buffer, request.end, inline);
    }
    ctx.write(head, ctx.voidPromise());
    if (inline > 0 && !copied) {
      BodyWriter.data(ctx, request.buffer.retainedSlice(request.end, inline), chunked);
    }
    if (end && chunked) {
      BodyWriter.last(ctx, null);
    }
  }

  /** More of the body, or of the tunnel's bytes; takes it over. */
  void data(ByteBuf data) {
    TunnelEnd to = tunnel;
    TunnelOffer open = offer;
    if (to != null) {
      to.write(data);
    } else if (open != null) {
      open.keep(data);
    } else {
      BodyWriter.data(ctx, data, chunked);
    }
  }

  /** The request is complete, or our direction of the tunnel closed. */
  void end(@Nullable HeadView trailers) {
    TunnelEnd to = tunnel;
    if (to != null) {
      to.closeOutput();
      return;
    }
    ended = true;
    if (offer != null) {
      offer.end();
    }
    if (chunked) {
      BodyWriter.last(ctx, trailers);
    }
  }

  /** Whether the request is complete, as far as it is one: a tunnel's bytes are not part of it. */
  boolean isEnded() {
    return ended;
  }

  boolean isWritable() {
    return ctx.channel().isWritable() && (offer == null || tunnel != null);
  }

  /** Gives the request up, so that nobody takes it for a whole one. */
  void cancel() {
    TunnelEnd to = tunnel;
    if (to != null) {
      to.reset();
    } else {
      ctx.close();
    }
  }

  // The tunnel.

  /** The connection as a tunnel's end; null: it is none. */
  @Nullable TunnelEnd tunnel() {
    return tunnel;
  }

  /** Whether a 101 agrees to what the request asks for. */
  boolean isTakenUp(HeadView answer) {
    TunnelOffer asked = offer;
    return asked != null && asked.isTakenUp(answer);
  }

  /** From here on bytes go as they are, first those that came early. */
  void beginTunnel() {
    var begun = new TunnelEnd(ctx);
    tunnel = begun;
    if (offer != null && offer.sendKept(begun)) {
      ctx.flush();
    }
  }

  /** Whether the caller ended its direction before there was a tunnel. */
  boolean endedEarly() {
    return offer != null && offer.isEnded();
  }

  /** What was asked for is not made, or the connection is gone. */
  void withdrawOffer() {
    TunnelOffer open = offer;
    if (open != null) {
      offer = null;
      open.release();
    }
  }
}
