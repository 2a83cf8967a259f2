package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.tls.ConnectionEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.nio.charset.StandardCharsets;

/**
 * A connection that there is no room for: its first bytes are answered with 503 or, in HTTP/2, with
 * GOAWAY (RFC 9113, section 6.8) that lets every request be sent again, from bytes made beforehand;
 * what is neither is closed. Nothing is parsed, and what still comes is thrown away until the
 * caller, or a second, ends it: a close with unread bytes would take the answer away. Worker thread
 * only.
 */
final class Refusal extends NewConnection {
  private static final long PATIENCE_NANOS = Bound.LINGER.value();
  private static final ByteBuf ANSWER = constant(answer());

  // An empty SETTINGS frame, then GOAWAY: last stream 0, NO_ERROR.
  private static final ByteBuf GOAWAY =
      constant(
          new byte[] {
            0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
          });

  private boolean answered;

  Refusal(ServerConnections connections) {
    super(connections);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      if (answered || !in.isReadable()) {
        return;
      }
      answered = true;
      int first = in.getByte(in.readerIndex());
      if (first == 'P' && in.readableBytes() > 2 && in.getByte(in.readerIndex() + 2) == 'I') {
        send(GOAWAY);
      } else if (first >= 'A' && first <= 'Z') {
        send(ANSWER);
      } else {
        context.close();
      }
    } finally {
      in.release();
    }
  }

  private void send(ByteBuf constant) {
    ctx.writeAndFlush(constant.duplicate())
        .addListener((ChannelFutureListener) ConnectionEnd::halfClose);
  }

  @Override
  public void tick(long nanoTime) {
    if (nanoTime - since > PATIENCE_NANOS) {
      ctx.close();
    }
  }

  private static byte[] answer() {
    Failure why = Failure.OVERLOADED;
    byte[] body = LocalReply.of(why, "this sidecar has no room for another connection").body();
    String head =
        "HTTP/1.1 "
            + why.status()
            + " "
            + why.title()
            + "\r\ncontent-type: "
            + LocalReply.CONTENT_TYPE
            + "\r\ncontent-length: "
            + body.length
            + "\r\nretry-after: "
            + why.retryAfterSeconds()
            + "\r\nconnection: close\r\n\r\n";
    return (head + new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuf constant(byte[] bytes) {
    return Unpooled.unreleasableBuffer(
        Unpooled.directBuffer(bytes.length).writeBytes(bytes).asReadOnly());
  }
}
