package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Decision 13 of the design: whatever speaks HTTP/2 to us, here Netty's own client, is served by
 * the same stack, matcher and encoder as HTTP/1.1 towards an HTTP/1.1 upstream.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class Http2SeamTest {
  record Answer(String status, Http2Headers headers, String body, String trailer) {}

  @Test
  void http2CallersUseTheSameStack() throws Exception {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
                    String body = r.line() + "|" + r.header("host") + "|" + r.body();
                    connection.write(
                        r.header("x-chunked").isEmpty()
                            ? "HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: "
                                + body.length()
                                + "\r\nConnection: keep-alive\r\n\r\n"
                                + body
                            : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
                                + "0\r\nX-Sum: 9\r\n\r\n");
                  }
                })) {
      proxy.serve("catalog", origin);
      var address = proxy.outbound();
      var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
      Channel connection =
          new Bootstrap()
              .group(group)
              .channel(NioSocketChannel.class)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              Http2FrameCodecBuilder.forClient().build(),
                              new Http2MultiplexHandler(new Ignored()));
                    }
                  })
              .connect(address)
              .sync()
              .channel();

      Answer get = call(connection, "GET", "/a/./b?q=1", "catalog", null, false);
      assertThat(get.status()).isEqualTo("200");
      assertThat(get.body()).isEqualTo("GET /a/b?q=1 HTTP/1.1|catalog|");
      assertThat(get.headers().get("x-one")).hasToString("1");
      assertThat(get.headers().contains("connection")).isFalse();
      var request = origin.requests.getFirst();
      assertThat(request.header("traceparent")).isNotEmpty();
      assertThat(request.header("x-mine")).isEqualTo("yes");

      Answer post = call(connection, "POST", "/p", "catalog", "hello", false);
      assertThat(post.body()).isEqualTo("POST /p HTTP/1.1|catalog|hello");
      assertThat(origin.requests.getLast().header("transfer-encoding")).isEqualTo("chunked");

      Answer chunked = call(connection, "GET", "/", "catalog", null, true);
      assertThat(chunked.body()).isEqualTo("ok");
      assertThat(chunked.trailer()).isEqualTo("9");

      proxy.put(
          new dev.weft.common.config.VirtualHostConfig(
              "test/x", false, java.util.List.of(), java.util.List.of()),
          "nobody");
      Answer unknown = call(connection, "GET", "/", "nobody", null, false);
      assertThat(unknown.status()).isEqualTo("404");
      assertThat(unknown.body()).contains("\"NR\"");

      connection.close().sync();
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  private static Answer call(
      Channel connection,
      String method,
      String path,
      String authority,
      @org.jspecify.annotations.Nullable String body,
      boolean chunked)
      throws Exception {
    var answer = new CompletableFuture<Answer>();
    Http2StreamChannel stream =
        new Http2StreamChannelBootstrap(connection).handler(new Collector(answer)).open().get();
    var headers =
        new DefaultHttp2Headers()
            .method(method)
            .scheme("http")
            .authority(authority)
            .path(path)
            .set("x-mine", "yes");
    if (chunked) {
      headers.set("x-chunked", "1");
    }
    stream.write(new DefaultHttp2HeadersFrame(headers, body == null));
    if (body != null) {
      stream.write(
          new DefaultHttp2DataFrame(Unpooled.copiedBuffer(body, StandardCharsets.US_ASCII), true));
    }
    stream.flush();
    return answer.get(60, TimeUnit.SECONDS);
  }

  @io.netty.channel.ChannelHandler.Sharable
  private static final class Ignored extends io.netty.channel.ChannelInboundHandlerAdapter {}

  private static final class Collector extends SimpleChannelInboundHandler<Http2StreamFrame> {
    private final CompletableFuture<Answer> answer;
    private final StringBuilder body = new StringBuilder();
    private Http2Headers headers = new DefaultHttp2Headers();
    private String trailer = "";

    Collector(CompletableFuture<Answer> answer) {
      this.answer = answer;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
      if (frame instanceof Http2HeadersFrame head) {
        if (headers.isEmpty()) {
          headers = head.headers();
        } else {
          trailer = String.valueOf(head.headers().get("x-sum"));
        }
        finish(head.isEndStream());
      } else if (frame instanceof Http2DataFrame data) {
        body.append(data.content().toString(StandardCharsets.US_ASCII));
        finish(data.isEndStream());
      }
    }

    private void finish(boolean end) {
      if (end) {
        answer.complete(
            new Answer(String.valueOf(headers.status()), headers, body.toString(), trailer));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      answer.completeExceptionally(cause);
    }
  }
}
