package dev.weft.sidecar.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A caller by Netty's codecs, in either version: one connection that is kept, with as many calls at
 * a time as the version allows (of HTTP/1.1 one; a further connection is made when there is none to
 * use). Any thread.
 */
final class Caller implements AutoCloseable {
  private final Version version;
  private final SocketAddress to;
  private final String authority;
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Channel> connections = Collections.synchronizedList(new ArrayList<>());
  private @Nullable Channel multiplexed;

  Caller(Version version, SocketAddress to, String authority) {
    this.version = version;
    this.to = to;
    this.authority = authority;
  }

  /** A request that is whole. */
  Call get(String path, String... headers) {
    return whole("GET", path, headers);
  }

  Call whole(String method, String path, String... headers) {
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), path, Unpooled.EMPTY_BUFFER);
    fill(request, headers);
    Call call = send(request);
    call.sent = true;
    return call;
  }

  /** A request whose body follows by {@link End#write} and {@link End#end}. */
  Call begin(String method, String path, String... headers) {
    var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), path);
    fill(request, headers);
    if (version == Version.HTTP1 && !request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
      request.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    }
    return send(request);
  }

  private void fill(HttpMessage request, String... headers) {
    request.headers().set(HttpHeaderNames.HOST, authority);
    if (version == Version.HTTP2) {
      request.headers().set("x-http2-scheme", "http");
    }
    End.set(request.headers(), headers);
  }

  private Call send(HttpMessage request) {
    Call call = version == Version.HTTP1 ? onConnection() : onStream();
    call.channel.writeAndFlush(request);
    return call;
  }

  private Call onConnection() {
    synchronized (connections) {
      for (Channel kept : connections) {
        Reader reader = kept.pipeline().get(Reader.class);
        if (kept.isActive() && reader != null && reader.isFree()) {
          return reader.begin(kept);
        }
      }
    }
    Channel made = connect(new HttpClientCodec(), new Reader());
    return made.pipeline().get(Reader.class).begin(made);
  }

  private Call onStream() {
    Channel connection = multiplexed;
    if (connection == null || !connection.isActive()) {
      connection =
          connect(
              Http2FrameCodecBuilder.forClient()
                  .decoupleCloseAndGoAway(true)
                  .initialSettings(new Http2Settings().initialWindowSize(64 * 1024))
                  .build(),
              new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
      multiplexed = connection;
    }
    var reader = new Reader();
    Channel stream =
        new Http2StreamChannelBootstrap(connection)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new Http2StreamFrameToHttpObjectCodec(false), reader);
                  }
                })
            .open()
            .syncUninterruptibly()
            .getNow();
    return reader.begin(stream);
  }

  private Channel connect(io.netty.channel.ChannelHandler... handlers) {
    Channel made =
        new Bootstrap()
            .group(group)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.SO_RCVBUF, 64 * 1024)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(handlers);
                  }
                })
            .connect(to)
            .syncUninterruptibly()
            .channel();
    connections.add(made);
    return made;
  }

  /** The port that the last connection comes from. */
  int localPort() {
    return ((InetSocketAddress) connections.getLast().localAddress()).getPort();
  }

  /** The connections that were made and are still open. */
  long openConnections() {
    synchronized (connections) {
      return connections.stream().filter(Channel::isActive).count();
    }
  }

  @Override
  public void close() {
    synchronized (connections) {
      connections.forEach(Channel::close);
    }
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** One call: what has come of its response, and the rest of its request. */
  static final class Call extends End {
    private final List<HttpResponse> heads = new ArrayList<>();

    Call(Channel channel) {
      super(channel);
    }

    @Override
    void onHead(HttpMessage head) {
      heads.add((HttpResponse) head);
    }

    @Override
    boolean isInformational() {
      return heads.getLast().status().code() < 200;
    }

    /** The final head, once it has come. */
    HttpResponse head() {
      await("a response", () -> !heads.isEmpty() && !isInformational());
      return heads.getLast();
    }

    int status() {
      return head().status().code();
    }

    String header(String name) {
      String value = head().headers().get(name);
      return value == null ? "" : value;
    }

    /** Waits for that many 1xx responses; they are the first heads. */
    HttpResponse informational(int number) {
      await("a 1xx response", () -> heads.size() >= number);
      return heads.get(number - 1);
    }
  }

  private static final class Reader extends ChannelInboundHandlerAdapter {
    private volatile @Nullable Call call;

    boolean isFree() {
      Call last = call;
      return last == null
          || (last.sent && last.isEnded() && !last.header("connection").equals("close"));
    }

    Call begin(Channel channel) {
      var next = new Call(channel);
      call = next;
      return next;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      try {
        Call current = call;
        if (current != null && message instanceof HttpObject object) {
          current.on(object);
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      End to = call;
      if (to != null && event instanceof Http2ResetFrame reset) {
        to.onReset(reset.errorCode());
      }
      ReferenceCountUtil.release(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      Call current = call;
      if (current != null) {
        current.onBroken();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
