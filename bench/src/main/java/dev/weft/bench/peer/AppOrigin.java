package dev.weft.bench.peer;

import dev.weft.bench.process.Programs;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The origin for what nginx does not do: gRPC methods (HTTP/2 with prior knowledge), and uploads
 * that are read to their end (HTTP/1.1). A process of its own; {@link #main} takes both ports.
 */
public final class AppOrigin {
  /** Answers with one message. */
  public static final String UNARY = "/api.Echo/Unary";

  /** Answers with {@value #STREAMED} messages, each in a frame of its own. */
  public static final String STREAM = "/api.Echo/Stream";

  public static final int STREAMED = 100;
  public static final int MESSAGE_BYTES = 128;

  private AppOrigin() {}

  public static Contender origin(int grpcPort, int uploadPort) {
    return new Contender(
        "app-origin",
        grpcPort,
        Programs.java(
            AppOrigin.class,
            List.of("-XX:+UseSerialGC", "-Xms64m", "-Xmn32m", "-Xmx128m"),
            List.of(Integer.toString(grpcPort), Integer.toString(uploadPort))),
        Map.of());
  }

  public static void main(String[] arguments) throws InterruptedException {
    var loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    listen(
        loop,
        Integer.parseInt(arguments[1]),
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new Upload());
          }
        });
    listen(
            loop,
            Integer.parseInt(arguments[0]),
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(grpc());
              }
            })
        .closeFuture()
        .sync();
  }

  private static Channel listen(
      MultiThreadIoEventLoopGroup loop, int port, ChannelInitializer<Channel> initializer)
      throws InterruptedException {
    return new ServerBootstrap()
        .group(loop)
        .channel(EpollServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 1024)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(initializer)
        .bind("127.0.0.1", port)
        .sync()
        .channel();
  }

  private static Http2ConnectionHandler grpc() {
    var calls = new Calls();
    Http2ConnectionHandler handler =
        new Http2ConnectionHandlerBuilder()
            .connection(new DefaultHttp2Connection(true))
            .frameListener(calls)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(1000)
                    .initialWindowSize(1 << 20))
            .validateHeaders(false)
            .build();
    calls.handler = handler;
    return handler;
  }

  private static final class Calls extends Http2FrameAdapter {
    private static final Http2Headers HEADERS =
        new DefaultHttp2Headers(false).status("200").add("content-type", "application/grpc");
    private static final Http2Headers TRAILERS =
        new DefaultHttp2Headers(false).add("grpc-status", "0");

    @Nullable Http2ConnectionHandler handler;
    private final ByteBuf message = message();

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end) {
      Http2ConnectionHandler to = handler;
      if (to == null) {
        return;
      }
      int messages = STREAM.contentEquals(headers.path()) ? STREAMED : 1;
      to.encoder().writeHeaders(ctx, stream, HEADERS, 0, false, ctx.newPromise());
      for (int i = 0; i < messages; i++) {
        to.encoder()
            .writeData(ctx, stream, message.retainedDuplicate(), 0, false, ctx.newPromise());
      }
      to.encoder().writeHeaders(ctx, stream, TRAILERS, 0, true, ctx.newPromise());
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean end) {
      return data.readableBytes() + padding;
    }

    private static ByteBuf message() {
      ByteBuf bytes = Unpooled.directBuffer(5 + MESSAGE_BYTES);
      bytes.writeByte(0).writeInt(MESSAGE_BYTES).writeZero(MESSAGE_BYTES);
      return Unpooled.unreleasableBuffer(bytes);
    }
  }

  /** Counts a body of known length, then answers. */
  private static final class Upload extends ChannelInboundHandlerAdapter {
    private static final byte[] ANSWER =
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n".getBytes(StandardCharsets.US_ASCII);

    private long left;
    private @Nullable ByteBuf head;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object object) {
      ByteBuf in = (ByteBuf) object;
      if (left == 0) {
        ByteBuf all = head == null ? in : Unpooled.wrappedBuffer(head, in);
        head = null;
        String text = all.toString(StandardCharsets.US_ASCII);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
          head = all;
          return;
        }
        for (String line : text.substring(0, end).split("\r\n")) {
          if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
            left = Long.parseLong(line.substring(15).trim());
          }
        }
        left -= all.readableBytes() - end - 4;
        all.release();
      } else {
        left -= in.readableBytes();
        in.release();
      }
      if (left == 0) {
        ctx.writeAndFlush(Unpooled.wrappedBuffer(ANSWER));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
