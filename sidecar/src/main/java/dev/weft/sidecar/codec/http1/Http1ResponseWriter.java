package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.FieldSets;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.HttpDate;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.tls.ConnectionEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes responses to a caller's HTTP/1.1 connection, with the framing that the caller's version
 * understands. {@code Server} is not added: the application behind us speaks for itself.
 */
final class Http1ResponseWriter {
  private static final byte[] CONNECTION = WellKnown.name(WellKnown.CONNECTION);
  private static final byte[] TRANSFER_ENCODING = WellKnown.name(WellKnown.TRANSFER_ENCODING);
  private static final byte[] CONTENT_LENGTH = WellKnown.name(WellKnown.CONTENT_LENGTH);
  private static final byte[] ZERO = Chars.ascii("0");
  private static final byte[] CHUNKED = Chars.ascii("chunked");
  private static final byte[] CLOSE = Chars.ascii("close");
  private static final byte[] UPGRADE = Chars.ascii("Upgrade");
  private static final byte[] KEEP_ALIVE = Chars.ascii("keep-alive");

  private final HeadPlan none = new HeadPlan();

  @SuppressWarnings("NullAway.Init") // Attached before anything is written.
  private ChannelHandlerContext ctx;

  private boolean chunked;
  private boolean untilClose;
  private boolean finished;

  void attach(ChannelHandlerContext context) {
    ctx = context;
  }

  /** Goes out at once: somebody waits for it before they send on. */
  void informational(ReceivedHead response) {
    none.clear();
    long framing =
        FieldSets.bit(WellKnown.CONTENT_LENGTH) | FieldSets.bit(WellKnown.TRANSFER_ENCODING);
    ctx.writeAndFlush(
        Http1Encoder.response(response, none, framing, ctx.alloc()), ctx.voidPromise());
  }

  /**
   * Writes head and inline body.
   *
   * @return whether the connection can be kept: false when its end is what ends the body
   */
  boolean respond(
      ReceivedHead response,
      HeadPlan plan,
      boolean end,
      boolean headRequest,
      boolean http10,
      boolean keepAlive) {
    boolean kept = keepAlive;
    long drop = 0;
    int status = response.view.status();
    boolean unknown = response.bodyLength == ReceivedHead.UNKNOWN_LENGTH;
    chunked = unknown && !http10;
    untilClose = unknown && http10;
    if (status == 204) {
      drop = FieldSets.bit(WellKnown.CONTENT_LENGTH) | FieldSets.bit(WellKnown.TRANSFER_ENCODING);
    } else if (http10) {
      drop = FieldSets.bit(WellKnown.TRANSFER_ENCODING) | FieldSets.bit(WellKnown.TRAILER);
      kept &= !unknown;
    } else if (chunked && (!response.chunked || response.oddFraming)) {
      drop = FieldSets.bit(WellKnown.TRANSFER_ENCODING);
      plan.line(TRANSFER_ENCODING, CHUNKED);
    }
    if (response.http2 && end && response.bodyLength == 0 && saysLength(status, headRequest)) {
      // HTTP/2 has ended the stream instead.
      if (!response.view.has(WellKnown.CONTENT_LENGTH)) {
        plan.line(CONTENT_LENGTH, ZERO);
      }
    }
    int length = response.view.find(WellKnown.CONTENT_LENGTH);
    if (response.oddFraming && length != HeadView.NONE && status != 204) {
      drop |= FieldSets.bit(WellKnown.CONTENT_LENGTH);
      plan.line(WellKnown.name(WellKnown.CONTENT_LENGTH), Chars.ascii(response.view.value(length)));
    }
    if (Http1Encoder.keepsUpgrade(response)) {
      plan.line(CONNECTION, UPGRADE);
    }
    if (!kept) {
      plan.line(CONNECTION, CLOSE);
    } else if (http10) {
      plan.line(CONNECTION, KEEP_ALIVE);
    }
    int inline = response.inlineBody;
    boolean inPlace = Http1Encoder.fitsInPlace(response, plan);
    ctx.write(Http1Encoder.response(response, plan, drop, ctx.alloc()), ctx.voidPromise());
    if (inline > 0 && !inPlace) {
      data(response.buffer.retainedSlice(response.end, inline));
    }
    if (end && chunked && !headRequest) {
      BodyWriter.last(ctx, null);
    }
    return kept;
  }

  /** Says that the tunnel begins; its bytes do not go through this writer. */
  void switchProtocols(ReceivedHead response, HeadPlan plan) {
    plan.line(CONNECTION, UPGRADE);
    long framing =
        FieldSets.bit(WellKnown.CONTENT_LENGTH)
            | FieldSets.bit(WellKnown.TRANSFER_ENCODING)
            | FieldSets.bit(WellKnown.TRAILER);
    ctx.writeAndFlush(
        Http1Encoder.response(response, plan, framing, ctx.alloc()), ctx.voidPromise());
  }

  private static boolean saysLength(int status, boolean headRequest) {
    return !headRequest && status != 204 && status != 304;
  }

  void data(ByteBuf data) {
    BodyWriter.data(ctx, data, chunked);
  }

  void end(@Nullable HeadView trailers) {
    if (chunked) {
      BodyWriter.last(ctx, trailers);
    }
  }

  // Local replies are rare: the time is asked for and written anew.
  private static String now() {
    byte[] date = HttpDate.format(System.currentTimeMillis() / 1000);
    return new String(date, StandardCharsets.US_ASCII);
  }

  void localReply(LocalReply reply, boolean headRequest, boolean http10, boolean close) {
    byte[] body = reply.body();
    var head = new StringBuilder(256);
    head.append("HTTP/1.1 ")
        .append(reply.failure().status())
        .append(' ')
        .append(reply.failure().title())
        .append("\r\ndate: ")
        .append(now())
        .append("\r\ncontent-type: ")
        .append(LocalReply.CONTENT_TYPE)
        .append("\r\ncontent-length: ")
        .append(body.length)
        .append("\r\n");
    if (reply.failure() == Failure.METHOD_NOT_SUPPORTED) {
      head.append("allow: ").append(LocalReply.METHODS).append("\r\n");
    }
    if (reply.failure().retryAfterSeconds() > 0) {
      head.append("retry-after: ").append(reply.failure().retryAfterSeconds()).append("\r\n");
    }
    if (close) {
      head.append("connection: close\r\n");
    } else if (http10) {
      head.append("connection: keep-alive\r\n");
    }
    byte[] hop = reply.hop();
    if (hop != null) {
      head.append("weft-hop: ").append(new String(hop, StandardCharsets.US_ASCII)).append("\r\n");
    }
    byte[] headBytes = Chars.ascii(head.append("\r\n").toString());
    ByteBuf out = ctx.alloc().directBuffer(headBytes.length + body.length);
    out.writeBytes(headBytes);
    if (!headRequest) {
      out.writeBytes(body);
    }
    ctx.write(out, ctx.voidPromise());
  }

  /** Whether the last byte has left. */
  boolean isFinished() {
    return finished;
  }

  /** Closes within a response, so that it cannot be taken for a whole one. */
  void cut() {
    ctx.flush();
    if (untilClose) {
      // Its end is the connection's: only a reset says that this was not it.
      ConnectionEnd.reset(ctx.channel());
    } else {
      ctx.close();
    }
  }

  /**
   * Sends what is queued and then the end of the stream; the caller's end is awaited, since closing
   * with unread bytes would reset the connection and lose the answer.
   *
   * @param sent told when everything has left
   */
  void finish(Runnable sent) {
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            (ChannelFutureListener)
                done -> {
                  finished = true;
                  sent.run();
                  ConnectionEnd.halfClose(done);
                });
  }
}
