package dev.weft.sidecar.app;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An end of HTTP/2 by Netty's codec that sends bodies without end, as fast as it may, or reads none
 * of those that come. Any thread.
 */
final class Http2Pourer implements AutoCloseable {
  private static final byte[] PIECE = new byte[16 * 1024];

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  /** Those of callers: what such a stream was never asked for stays in it until it is closed. */
  private final ChannelGroup unread = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  private final AtomicLong moved;
  private final int kernelBuffer;

  /**
   * @param moved counts what was sent, but for what waits in a stream's queue
   */
  Http2Pourer(AtomicLong moved, int kernelBuffer) {
    this.moved = moved;
    this.kernelBuffer = kernelBuffer;
  }

  /** Listens; each request is answered without end, or none of them is read. */
  int serve(boolean answers) {
    Channel listener =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_RCVBUF, kernelBuffer)
            .childOption(ChannelOption.SO_SNDBUF, kernelBuffer)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.add(channel);
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer().build(),
                            new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                  @Override
                                  protected void initChannel(Channel stream) {
                                    stream.config().setAutoRead(answers);
                                    unread.add(stream);
                                    stream.pipeline().addLast(new Pour(false));
                                  }
                                }));
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Connects and sends bodies without end on that many streams. */
  void call(int port, int streams) {
    Channel connection =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.SO_SNDBUF, kernelBuffer)
            .option(ChannelOption.SO_RCVBUF, kernelBuffer)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forClient().build(),
                            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                  }
                })
            .connect("127.0.0.1", port)
            .syncUninterruptibly()
            .channel();
    connections.add(connection);
    var streamOpener = new Http2StreamChannelBootstrap(connection).handler(new Pour(true));
    for (int i = 0; i < streams; i++) {
      streamOpener.open().syncUninterruptibly();
    }
  }

  @Override
  public void close() {
    unread.close().awaitUninterruptibly();
    connections.close().awaitUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Pour extends ChannelInboundHandlerAdapter {
    private final boolean client;
    private boolean begun;

    Pour(boolean client) {
      this.client = client;
    }

    @Override
    public boolean isSharable() {
      return client;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (client) {
        Http2Headers head =
            new DefaultHttp2Headers()
                .method("PUT")
                .scheme("http")
                .authority("app")
                .path("/")
                .set("content-length", "1000000000");
        ctx.write(new DefaultHttp2HeadersFrame(head));
        pump(ctx);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (!client && !begun && message instanceof Http2HeadersFrame) {
        begun = true;
        ctx.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")));
        pump(ctx);
      }
      ReferenceCountUtil.release(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (client || begun) {
        pump(ctx);
      }
    }

    private void pump(ChannelHandlerContext ctx) {
      // What has ended takes every write at once, by failing it: it would be poured into for ever.
      while (ctx.channel().isActive() && ctx.channel().isWritable()) {
        ChannelFuture written = ctx.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(PIECE)));
        if (written.cause() != null) {
          return;
        }
        moved.addAndGet(PIECE.length);
      }
      ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
