package dev.weft.sidecar.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An application by Netty's codecs, in either version. A test takes its requests one by one and
 * answers them, or gives it a rule. Any thread.
 */
final class App implements AutoCloseable {
  final String name;
  final Version version;
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger pings = new AtomicInteger();
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final LinkedBlockingQueue<Served> served = new LinkedBlockingQueue<>();
  private final List<Channel> open = new CopyOnWriteArrayList<>();
  private final Channel listener;
  private final @Nullable Consumer<Served> rule;

  /** The headers of the PROXY protocol that have come, a character a byte. */
  final List<String> headers = new CopyOnWriteArrayList<>();

  /** Whether new connections have to begin with one. */
  volatile boolean demandsHeader;

  App(Version version) {
    this("app", version, Integer.MAX_VALUE, null);
  }

  /** Answers everything with 200 and its name. */
  static App named(String name, Version version) {
    return new App(name, version, Integer.MAX_VALUE, request -> request.reply(200, name));
  }

  /**
   * @param maxStreams that it lets a connection of HTTP/2 have at a time
   * @param rule what to do with each head, on its event loop; null: they wait for {@link #next}
   */
  App(String name, Version version, int maxStreams, @Nullable Consumer<Served> rule) {
    this.name = name;
    this.version = version;
    this.rule = rule;
    this.listener =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.SO_RCVBUF, 64 * 1024)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    connections.incrementAndGet();
                    open.add(channel);
                    if (demandsHeader) {
                      channel.pipeline().addLast(new HeaderDemand(headers::add));
                    }
                    if (version == Version.HTTP1) {
                      channel.pipeline().addLast(new HttpServerCodec(), new Reader());
                    } else {
                      var settings = new Http2Settings().initialWindowSize(64 * 1024);
                      if (maxStreams != Integer.MAX_VALUE) {
                        settings.maxConcurrentStreams(maxStreams);
                      }
                      channel
                          .pipeline()
                          .addLast(
                              Http2FrameCodecBuilder.forServer()
                                  .decoupleCloseAndGoAway(true)
                                  .initialSettings(settings)
                                  .build(),
                              new Http2MultiplexHandler(
                                  new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel stream) {
                                      stream
                                          .pipeline()
                                          .addLast(
                                              new Http2StreamFrameToHttpObjectCodec(true),
                                              new Reader());
                                    }
                                  }),
                              new Pings());
                    }
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((java.net.InetSocketAddress) listener.localAddress()).getPort();
  }

  /** The next request whose head has come. */
  Served next() {
    try {
      Served next = served.poll(60, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("no request came");
      }
      return next;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** How many requests have come and were not taken. */
  int waiting() {
    return served.size();
  }

  /** Closes every connection, without a word; listens on. */
  void cutConnections() {
    for (Channel channel : List.copyOf(open)) {
      channel.close().syncUninterruptibly();
    }
  }

  @Override
  public void close() {
    listener.close().syncUninterruptibly();
    cutConnections();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One request at the application, and its answer. */
  final class Served extends End {
    private @Nullable HttpRequest head;

    Served(Channel channel) {
      super(channel);
    }

    @Override
    void onHead(HttpMessage message) {
      head = (HttpRequest) message;
    }

    HttpRequest head() {
      HttpRequest got = head;
      if (got == null) {
        throw new AssertionError("no head");
      }
      return got;
    }

    String line() {
      return head().method() + " " + head().uri();
    }

    String header(String field) {
      return String.join("|", head().headers().getAll(field));
    }

    /** Answers whole. */
    void reply(int status, String body, String... headers) {
      byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(status),
              Unpooled.copiedBuffer(bytes));
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
      set(response.headers(), headers);
      channel.writeAndFlush(response);
    }

    /** The head of an answer whose body follows; without a length unless the headers have one. */
    Served respond(int status, String... headers) {
      var response =
          new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
      set(response.headers(), headers);
      if (version == Version.HTTP1
          && !response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
        response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
      }
      channel.writeAndFlush(response);
      return this;
    }

    void informational(int status, String... headers) {
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status), Unpooled.EMPTY_BUFFER);
      set(response.headers(), headers);
      channel.writeAndFlush(response);
    }

    /** HTTP/2: says on its connection that streams above the given one are not looked at. */
    void goAway(int extraStreams) {
      Channel connection = channel.parent();
      connection.writeAndFlush(
          new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(extraStreams));
    }

    /** The connection that it came on. */
    Channel connection() {
      return version == Version.HTTP1 ? channel : channel.parent();
    }
  }

  /** Counts the PINGs that a connection of HTTP/2 brings; the codec answers them. */
  private final class Pings extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2PingFrame ping && !ping.ack()) {
        pings.incrementAndGet();
      }
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  private final class Reader extends ChannelInboundHandlerAdapter {
    private @Nullable Served current;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      try {
        if (message instanceof HttpObject object) {
          boolean begins = object instanceof HttpRequest;
          if (begins) {
            current = new Served(ctx.channel());
          }
          Served to = current;
          if (to != null) {
            to.on(object);
            if (begins) {
              hand(to);
            }
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    private void hand(Served request) {
      Consumer<Served> how = rule;
      if (how == null) {
        served.add(request);
      } else {
        how.accept(request);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      End to = current;
      if (to != null && event instanceof Http2ResetFrame reset) {
        to.onReset(reset.errorCode());
      }
      ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      open.remove(ctx.channel());
      Served last = current;
      if (last != null) {
        last.onBroken();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
