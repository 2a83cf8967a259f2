package dev.weft.sidecar.grpc;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;
import io.netty.handler.codec.http2.HttpToHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.InboundHttp2ToHttpAdapterBuilder;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Sends what a browser's gRPC-Web client would, over HTTP/1.1 or HTTP/2 with prior knowledge. */
final class WebClient implements AutoCloseable {
  private static final int MAX_BYTES = 4 << 20;

  /** A response, whole. */
  record Response(int status, Map<String, String> headers, byte[] body) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final boolean http2;
  private final int port;

  WebClient(boolean http2, int port) {
    this.http2 = http2;
    this.port = port;
  }

  Response call(String method, String type, byte[] body, Map<String, String> headers)
      throws Exception {
    FullHttpRequest request = call(method, type, body);
    headers.forEach(request.headers()::set);
    return send(request);
  }

  private FullHttpRequest call(String method, String type, byte[] body) {
    FullHttpRequest request = request(HttpMethod.POST, "/test.Echo/" + method, body);
    request.headers().set("content-type", type).set("x-grpc-web", "1");
    request.headers().setInt("content-length", body.length);
    return request;
  }

  /** Sends a call whose answer nobody waits for; closed, it leaves. */
  AutoCloseable begin(String method, String type, byte[] body) throws Exception {
    Channel channel = connect(new CompletableFuture<>());
    channel.writeAndFlush(call(method, type, body));
    return () -> channel.close().sync();
  }

  Response preflight(String origin) throws Exception {
    FullHttpRequest request = request(HttpMethod.OPTIONS, "/test.Echo/Unary", new byte[0]);
    request
        .headers()
        .set("origin", origin)
        .set("access-control-request-method", "POST")
        .set("access-control-request-headers", "content-type,x-grpc-web");
    return send(request);
  }

  private FullHttpRequest request(HttpMethod method, String path, byte[] body) {
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, method, path, Unpooled.wrappedBuffer(body));
    request.headers().set("host", TwoSidecars.HOST);
    if (http2) {
      request.headers().set(ExtensionHeaderNames.SCHEME.text(), "http");
    }
    return request;
  }

  private Response send(FullHttpRequest request) throws Exception {
    var response = new CompletableFuture<Response>();
    Channel channel = connect(response);
    try {
      channel.writeAndFlush(request);
      return response.get(60, TimeUnit.SECONDS);
    } finally {
      channel.close().sync();
    }
  }

  private Channel connect(CompletableFuture<Response> response) throws InterruptedException {
    return new Bootstrap()
        .group(group)
        .channel(NioSocketChannel.class)
        .handler(new Pipeline(response))
        .connect("127.0.0.1", port)
        .sync()
        .channel();
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Pipeline extends ChannelInitializer<Channel> {
    private final CompletableFuture<Response> response;

    Pipeline(CompletableFuture<Response> response) {
      this.response = response;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (http2) {
        var connection = new DefaultHttp2Connection(false);
        channel
            .pipeline()
            .addLast(
                new HttpToHttp2ConnectionHandlerBuilder()
                    .connection(connection)
                    // Else it would wait for its streams, half a minute, before it leaves.
                    .gracefulShutdownTimeoutMillis(0)
                    .frameListener(
                        new InboundHttp2ToHttpAdapterBuilder(connection)
                            .maxContentLength(MAX_BYTES)
                            .build())
                    .build());
      } else {
        channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_BYTES));
      }
      channel.pipeline().addLast(new Reader(response));
    }
  }

  private static final class Reader extends SimpleChannelInboundHandler<FullHttpResponse> {
    private final CompletableFuture<Response> response;

    Reader(CompletableFuture<Response> response) {
      this.response = response;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse message) {
      var headers = new java.util.HashMap<String, String>();
      message.headers().forEach(header -> headers.put(header.getKey(), header.getValue()));
      response.complete(
          new Response(message.status().code(), headers, ByteBufUtil.getBytes(message.content())));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      response.completeExceptionally(new IllegalStateException("closed before the response"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      response.completeExceptionally(cause);
    }
  }
}
