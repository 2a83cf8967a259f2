package dev.weft.sidecar.appconfig;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One connection of our application's, request after request. Control loop only. */
final class ConfigConnection extends ChannelInboundHandlerAdapter {
  private static final int MAX_REQUEST = Bound.CONFIG_REQUEST.intValue();
  private static final long IDLE_MILLIS = Bound.CONFIG_IDLE.millis();
  private static final String JSON = "application/json";
  private static final String PROBLEM = "application/problem+json";
  private static final String HELP =
      "there are GET /config, GET /config/KEY and either of them with ?watch";

  private final AppValues values;
  private final ConfigServer server;
  private final Consumer<Bound> reached;
  private final StringBuilder received = new StringBuilder();
  private @Nullable ConfigWatch watch;
  private @Nullable ScheduledFuture<?> idle;
  private boolean last;

  ConfigConnection(AppValues values, ConfigServer server, Consumer<Bound> reached) {
    this.values = values;
    this.server = server;
    this.reached = reached;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    awaitRequest(ctx);
  }

  private void awaitRequest(ChannelHandlerContext ctx) {
    stopWaiting();
    idle =
        ctx.executor()
            .schedule(
                () -> {
                  reached.accept(Bound.CONFIG_IDLE);
                  ctx.close();
                },
                IDLE_MILLIS,
                TimeUnit.MILLISECONDS);
  }

  private void stopWaiting() {
    if (idle != null) {
      idle.cancel(false);
      idle = null;
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var bytes = (ByteBuf) message;
    try {
      if (last) {
        return;
      }
      received.append(bytes.toString(StandardCharsets.ISO_8859_1));
    } finally {
      bytes.release();
    }
    serveWhole(ctx);
  }

  /** Requests that are there as a whole, as long as the caller reads their answers. */
  private void serveWhole(ChannelHandlerContext ctx) {
    while (!last) {
      if (!ctx.channel().isWritable()) {
        ctx.channel().config().setAutoRead(false);
        return;
      }
      int end = received.indexOf("\r\n\r\n");
      if (end > MAX_REQUEST || (end < 0 && received.length() > MAX_REQUEST)) {
        reached.accept(Bound.CONFIG_REQUEST);
        problem(ctx, false, 431, "Request Header Fields Too Large", "expected a short request");
        return;
      }
      if (end < 0) {
        return;
      }
      ConfigRequest request = ConfigRequest.parse(received.substring(0, end));
      received.delete(0, end + 4);
      serve(ctx, request);
      awaitRequest(ctx);
    }
    if (watch != null) {
      stopWaiting();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      ctx.channel().config().setAutoRead(true);
      if (watch != null) {
        watch.pump();
      } else {
        serveWhole(ctx);
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    stopWaiting();
    if (watch != null) {
      watch.close();
      watch = null;
      server.watchEnded();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  private void serve(ChannelHandlerContext ctx, @Nullable ConfigRequest request) {
    if (request == null) {
      problem(ctx, false, 400, "Bad Request", "expected METHOD /path HTTP/1.1 and its headers");
      return;
    }
    boolean keep = request.keepAlive();
    if (request.hasBody()) {
      problem(ctx, false, 400, "Bad Request", "expected a request without a body");
    } else if (!request.meantForLoopback()) {
      problem(
          ctx, false, 421, "Misdirected Request", "expected localhost or an address as the host");
    } else if (!request.read()) {
      answer(
          ctx,
          false,
          405,
          "Method Not Allowed",
          PROBLEM,
          ConfigText.problem(405, "Method Not Allowed", "expected GET or HEAD"),
          Map.of("allow", "GET, HEAD"),
          false);
    } else if (!request.path().equals("/config") && !request.path().startsWith("/config/")) {
      problem(ctx, keep, 404, "Not Found", HELP);
    } else if (request.watch() && request.method().equals("GET")) {
      startWatch(ctx, key(request));
    } else if (!values.known()) {
      answer(
          ctx,
          keep,
          503,
          "Service Unavailable",
          PROBLEM,
          ConfigText.problem(
              503,
              "Service Unavailable",
              "no configuration was received yet: no control plane has answered, and none was kept"),
          Map.of("retry-after", "1"),
          request.method().equals("HEAD"));
    } else {
      value(ctx, request, key(request));
    }
  }

  /** Null: all. */
  private static @Nullable String key(ConfigRequest request) {
    String path = request.path();
    return path.length() <= "/config/".length() ? null : path.substring("/config/".length());
  }

  private void value(ChannelHandlerContext ctx, ConfigRequest request, @Nullable String key) {
    boolean keep = request.keepAlive();
    boolean headOnly = request.method().equals("HEAD");
    if (key == null) {
      answer(ctx, keep, 200, "OK", JSON, ConfigText.list(values.all()), Map.of(), headOnly);
      return;
    }
    ConfigValue value = values.get(key);
    if (value == null) {
      String detail = "there is no entry \"" + key + "\" for this instance; GET /config lists all";
      answer(
          ctx,
          keep,
          404,
          "Not Found",
          PROBLEM,
          ConfigText.problem(404, "Not Found", detail),
          Map.of(),
          headOnly);
      return;
    }
    var headers = new TreeMap<String, String>();
    headers.put("etag", value.etag());
    headers.put("cache-control", "no-cache");
    headers.put("weft-config-revision", Long.toString(value.revision()));
    if (request.has(value.etag())) {
      // It has no content, and so neither a length nor a type.
      write(ctx, keep, 304, "Not Modified", headers, null);
    } else {
      answer(ctx, keep, 200, "OK", value.contentType(), value.text(), headers, headOnly);
    }
  }

  private void startWatch(ChannelHandlerContext ctx, @Nullable String key) {
    if (!server.mayWatch()) {
      reached.accept(Bound.CONFIG_WATCHES);
      answer(
          ctx,
          false,
          503,
          "Service Unavailable",
          PROBLEM,
          ConfigText.problem(
              503,
              "Service Unavailable",
              Bound.CONFIG_WATCHES.intValue() + " callers watch already, which is the limit"),
          Map.of("retry-after", "5"),
          false);
      return;
    }
    last = true;
    watch = new ConfigWatch(ctx, values, key, reached);
    watch.begin();
  }

  private void problem(
      ChannelHandlerContext ctx, boolean keep, int status, String title, String detail) {
    answer(
        ctx,
        keep,
        status,
        title,
        PROBLEM,
        ConfigText.problem(status, title, detail),
        Map.of(),
        false);
  }

  private void answer(
      ChannelHandlerContext ctx,
      boolean keep,
      int status,
      String reason,
      String type,
      String body,
      Map<String, String> more,
      boolean headOnly) {
    var headers = new TreeMap<>(more);
    headers.put("content-type", type);
    headers.put("content-length", Integer.toString(ByteBufUtil.utf8Bytes(body)));
    write(ctx, keep, status, reason, headers, headOnly ? null : body);
  }

  private void write(
      ChannelHandlerContext ctx,
      boolean keep,
      int status,
      String reason,
      Map<String, String> headers,
      @Nullable String body) {
    var head = new StringBuilder("HTTP/1.1 ").append(status).append(' ').append(reason);
    headers.forEach((name, text) -> head.append("\r\n").append(name).append(": ").append(text));
    head.append(keep ? "" : "\r\nconnection: close").append("\r\n\r\n");
    ByteBuf message = ByteBufUtil.writeAscii(ctx.alloc(), head);
    if (body != null) {
      ByteBufUtil.writeUtf8(message, body);
    }
    if (keep) {
      ctx.writeAndFlush(message);
    } else {
      last = true;
      ctx.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE);
    }
  }
}
