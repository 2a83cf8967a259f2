package dev.weft.sidecar.admin;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection, one request, one answer: enough of HTTP/1.1 for curl, Prometheus and the kubelet,
 * without the weight of a general server. Control loop only.
 */
final class AdminConnection extends ChannelInboundHandlerAdapter {
  private static final int MAX_REQUEST = Bound.ADMIN_REQUEST.intValue();
  private static final long TIMEOUT_SECONDS = Bound.ADMIN_TIME.millis() / 1000;

  private final AdminHandler handler;
  private final Consumer<Bound> reached;
  private final StringBuilder received = new StringBuilder();
  private boolean answered;
  private @Nullable ScheduledFuture<?> timeout;

  AdminConnection(AdminHandler handler, Consumer<Bound> reached) {
    this.reached = reached;
    this.handler = handler;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    timeout =
        ctx.executor()
            .schedule(
                () -> {
                  reached.accept(Bound.ADMIN_TIME);
                  ctx.close();
                },
                TIMEOUT_SECONDS,
                TimeUnit.SECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var bytes = (ByteBuf) message;
    try {
      if (answered) {
        return;
      }
      received.append(bytes.toString(StandardCharsets.ISO_8859_1));
    } finally {
      bytes.release();
    }
    int headEnd = received.indexOf("\r\n\r\n");
    if (headEnd < 0) {
      if (received.length() > MAX_REQUEST) {
        reached.accept(Bound.ADMIN_REQUEST);
        reply(ctx, false, 431, "text/plain", "request head too long\n");
      }
      return;
    }
    String[] lines = received.substring(0, headEnd).split("\r\n");
    String[] parts = lines[0].split(" ");
    if (parts.length != 3 || !parts[1].startsWith("/")) {
      reply(ctx, false, 400, "text/plain", "expected METHOD /path HTTP/1.1\n");
      return;
    }
    int bodyLength = contentLength(lines);
    if (bodyLength < 0 || bodyLength > MAX_REQUEST) {
      reached.accept(Bound.ADMIN_REQUEST);
      reply(ctx, false, 413, "text/plain", "request body too long\n");
      return;
    }
    int bodyStart = headEnd + 4;
    if (received.length() - bodyStart < bodyLength) {
      return;
    }
    answered = true;
    if (timeout != null) {
      timeout.cancel(false);
    }
    serve(
        ctx,
        AdminRequest.of(parts[0], parts[1], received.substring(bodyStart, bodyStart + bodyLength)));
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  private void serve(ChannelHandlerContext ctx, AdminRequest request) {
    boolean head = request.method().equals("HEAD");
    AdminReply reply =
        (status, type, body) -> ctx.executor().execute(() -> reply(ctx, head, status, type, body));
    try {
      handler.handle(request, reply);
    } catch (RuntimeException e) {
      Logs.of(AdminConnection.class)
          .log(System.Logger.Level.ERROR, "admin request " + request.path() + " failed", e);
      reply.text(500, "failed: " + e);
    }
  }

  private void reply(
      ChannelHandlerContext ctx, boolean headOnly, int status, String type, String body) {
    answered = true;
    ByteBuf content = ByteBufUtil.writeUtf8(ctx.alloc(), body);
    String head =
        "HTTP/1.1 "
            + status
            + (status < 400 ? " OK" : " Error")
            + "\r\ncontent-type: "
            + type
            + "\r\ncontent-length: "
            + content.readableBytes()
            + "\r\nconnection: close\r\n\r\n";
    ctx.write(ByteBufUtil.writeAscii(ctx.alloc(), head));
    if (headOnly) {
      content.release();
      ctx.flush();
      ctx.close();
    } else {
      ctx.writeAndFlush(content).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private static int contentLength(String[] lines) {
    for (String line : lines) {
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        try {
          return Integer.parseInt(lower.substring("content-length:".length()).trim());
        } catch (NumberFormatException e) {
          return -1;
        }
      }
    }
    return 0;
  }
}
