package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTTP/2 stream as a downstream end: just enough of it to prove the seam. */
final class Http2ThrowawayStream extends SimpleChannelInboundHandler<Http2StreamFrame>
    implements DownstreamStream {
  private final Exchange exchange;
  private final ReceivedHead request = new ReceivedHead();

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  private ChannelHandlerContext ctx;

  private boolean responseEnded;
  private boolean requestEnded;
  private boolean finished;

  Http2ThrowawayStream(Exchange.Factory stack) {
    exchange = stack.newExchange(this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
    if (frame instanceof Http2HeadersFrame head) {
      fill(head.headers(), head.isEndStream());
      requestEnded = head.isEndStream();
      exchange.onRequest(requestEnded);
    } else if (frame instanceof Http2DataFrame data) {
      if (finished) {
        return;
      }
      exchange.onData(data.content().retain());
      if (data.isEndStream()) {
        requestEnded = true;
        exchange.onEnd(null);
        finish();
      }
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!finished) {
      exchange.onReadComplete();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!finished) {
      exchange.onAborted(Failure.CALLER_GONE);
      responseEnded = true;
      requestEnded = true;
      finish();
    }
  }

  private void fill(Http2Headers headers, boolean end) {
    ByteBuf slab = ctx.alloc().directBuffer(1024);
    int[] ends = new int[headers.size() * 2];
    int i = 0;
    for (Map.Entry<CharSequence, CharSequence> header : headers) {
      ends[i++] = write(slab, header.getKey());
      ends[i++] = write(slab, header.getValue());
    }
    HeadView.Filler filler = request.filler;
    filler.begin(slab.nioBuffer(0, slab.writerIndex()));
    int at = 0;
    i = 0;
    for (Map.Entry<CharSequence, CharSequence> header : headers) {
      int name = ends[i++];
      int value = ends[i++];
      switch (header.getKey().toString()) {
        case ":method" -> filler.method(name, value);
        case ":authority" -> filler.authority(name, value);
        case ":path" -> {
          int query = name;
          while (query < value && slab.getByte(query) != '?') {
            query++;
          }
          filler.path(name, query);
          filler.query(Math.min(query + 1, value), value);
        }
        case ":scheme" -> {
          // Not looked at here.
        }
        default -> filler.header(at, name, name, value);
      }
      at = value;
    }
    request.buffer = slab;
    request.start = 0;
    request.end = slab.writerIndex();
    request.lines = false;
    request.bodyLength = end ? 0 : ReceivedHead.UNKNOWN_LENGTH;
  }

  private static int write(ByteBuf slab, CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      slab.writeByte(text.charAt(i));
    }
    return slab.writerIndex();
  }

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
    return ctx.channel().remoteAddress();
  }

  @Override
  public void informational(ReceivedHead response) {}

  @Override
  public void respond(ReceivedHead response, HeadPlan plan, boolean end) {
    var headers = new DefaultHttp2Headers().status(Integer.toString(response.view.status()));
    HeadView view = response.view;
    for (int i = 0; i < view.headerCount(); i++) {
      int known = view.wellKnown(i);
      if (known != WellKnown.CONNECTION
          && known != WellKnown.TRANSFER_ENCODING
          && known != WellKnown.KEEP_ALIVE
          && known != WellKnown.WEFT_HOP
          && !plan.drops(view, i)) {
        headers.add(
            text(view, view.nameStart(i), view.nameEnd(i)).toLowerCase(java.util.Locale.ROOT),
            view.value(i));
      }
    }
    boolean body = response.inlineBody > 0;
    ctx.write(new DefaultHttp2HeadersFrame(headers, end && !body));
    if (body) {
      ctx.write(
          new DefaultHttp2DataFrame(
              response.buffer.retainedSlice(response.end, response.inlineBody), end));
    }
    if (end) {
      ended();
    }
  }

  @Override
  public void data(ByteBuf data) {
    ctx.write(new DefaultHttp2DataFrame(data, false));
  }

  @Override
  public void end(@Nullable HeadView trailers) {
    if (trailers == null) {
      ctx.write(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
    } else {
      var headers = new DefaultHttp2Headers();
      for (int i = 0; i < trailers.headerCount(); i++) {
        headers.add(
            text(trailers, trailers.nameStart(i), trailers.nameEnd(i))
                .toLowerCase(java.util.Locale.ROOT),
            trailers.value(i));
      }
      ctx.write(new DefaultHttp2HeadersFrame(headers, true));
    }
    ended();
  }

  @Override
  public void localReply(LocalReply reply) {
    var headers =
        new DefaultHttp2Headers()
            .status(Integer.toString(reply.failure().status()))
            .set("content-type", LocalReply.CONTENT_TYPE);
    ctx.write(new DefaultHttp2HeadersFrame(headers, false));
    ctx.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(reply.body()), true));
    ended();
  }

  @Override
  public void abort() {
    ctx.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    responseEnded = true;
    requestEnded = true;
    finish();
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
    ctx.channel().config().setAutoRead(on);
  }

  private void ended() {
    responseEnded = true;
    ctx.flush();
    finish();
  }

  private void finish() {
    if (responseEnded && requestEnded && !finished) {
      finished = true;
      exchange.onFinished();
      releaseRequest();
    }
  }

  private static String text(HeadView view, int start, int end) {
    return dev.weft.common.head.Ascii.string(view.slab(), start, end);
  }
}
