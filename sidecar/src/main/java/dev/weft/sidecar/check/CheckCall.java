package dev.weft.sidecar.check;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.concurrent.Future;

/**
 * The one call of a {@link GrpcCheck}: Netty's HTTP/2 on a connection that is there, which the
 * check closes. Control loop only.
 */
final class CheckCall extends Http2ConnectionHandler {
  private final GrpcCheck check;

  private CheckCall(
      GrpcCheck check,
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings) {
    // Without a GOAWAY, for which a close would wait: nothing is lost.
    super(decoder, encoder, settings, true);
    this.check = check;
  }

  static CheckCall of(GrpcCheck check) {
    return new Builder(check).build();
  }

  /** Sends a request of one message, once this is in a pipeline. */
  void send(ChannelHandlerContext context, Http2Headers head, ByteBuf message) {
    int stream = connection().local().incrementAndGetNextStreamId();
    encoder()
        .writeHeaders(context, stream, head, 0, false, context.newPromise())
        .addListener(this::onSent);
    encoder()
        .writeData(context, stream, message, 0, true, context.newPromise())
        .addListener(this::onSent);
    flush(context);
  }

  static Http2Headers head(String scheme, String host, String path, long timeoutMillis) {
    return new DefaultHttp2Headers()
        .method("POST")
        .scheme(scheme)
        .authority(host)
        .path(path)
        .add("content-type", "application/grpc")
        .add("te", "trailers")
        .add("user-agent", "weft-health-check")
        .add("grpc-timeout", timeoutMillis + "m");
  }

  private void onSent(Future<? super Void> sent) {
    Throwable cause = sent.cause();
    if (cause != null) {
      check.finish(Check.messageOf(cause));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    check.finish("the connection was closed without an answer");
    super.channelInactive(context);
  }

  @Override
  public void onError(ChannelHandlerContext context, boolean outbound, Throwable cause) {
    check.finish("the answer is not HTTP/2: " + Check.messageOf(cause));
    super.onError(context, outbound, cause);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    check.finish(Check.messageOf(cause));
  }

  private static final class Frames extends Http2FrameAdapter {
    private final GrpcCheck check;

    Frames(GrpcCheck check) {
      this.check = check;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end) {
      check.onHeaders(headers, end);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean end) {
      check.onData(data, end);
      return data.readableBytes() + padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int stream, long code) {
      Http2Error error = Http2Error.valueOf(code);
      check.finish("the call was reset: " + (error == null ? code : error));
    }
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<CheckCall, Builder> {
    private final GrpcCheck check;

    Builder(GrpcCheck check) {
      this.check = check;
      server(false);
      frameListener(new Frames(check));
      initialSettings(
          Http2Settings.defaultSettings()
              .pushEnabled(false)
              .maxHeaderListSize(Bound.CHECK_RESPONSE.intValue()));
    }

    @Override
    protected CheckCall build() {
      return super.build();
    }

    @Override
    protected CheckCall build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new CheckCall(check, decoder, encoder, settings);
    }
  }
}
