package dev.weft.bench.peer;

import dev.weft.bench.process.Programs;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The floor: a relay of bytes on Netty that looks at nothing, one event loop, one connection to the
 * origin for each of a caller's. A process of its own; {@link #main} takes its port and the
 * origin's.
 */
public final class Relay {
  private Relay() {}

  public static Contender contender(Wiring wiring) {
    return new Contender(
        "relay",
        wiring.port(),
        Programs.java(
            Relay.class,
            List.of(
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xms12m",
                "-Xmn4m",
                "-Xmx64m",
                "-Dio.netty.allocator.numDirectArenas=1",
                "-Dio.netty.allocator.numHeapArenas=0"),
            List.of(Integer.toString(wiring.port()), Integer.toString(wiring.originPort()))),
        Map.of("MALLOC_ARENA_MAX", "1"));
  }

  public static void main(String[] arguments) throws InterruptedException {
    int port = Integer.parseInt(arguments[0]);
    int originPort = Integer.parseInt(arguments[1]);
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    new ServerBootstrap()
        .group(loop)
        .channel(EpollServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 1024)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel caller) {
                caller.pipeline().addLast(new End(loop, originPort, null));
              }
            })
        .bind("127.0.0.1", port)
        .sync()
        .channel()
        .closeFuture()
        .sync();
  }

  /** One end; what it receives is written to the other. */
  private static final class End extends ChannelInboundHandlerAdapter {
    private final EventLoopGroup loop;
    private final int originPort;
    private @Nullable Channel other;

    End(EventLoopGroup loop, int originPort, @Nullable Channel other) {
      this.loop = loop;
      this.originPort = originPort;
      this.other = other;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (other != null) {
        return;
      }
      Channel caller = ctx.channel();
      new Bootstrap()
          .group(caller.eventLoop())
          .channel(EpollSocketChannel.class)
          .option(ChannelOption.TCP_NODELAY, true)
          .handler(new End(loop, originPort, caller))
          .connect("127.0.0.1", originPort)
          .addListener(
              (ChannelFutureListener)
                  connected -> {
                    other = connected.channel();
                    if (connected.isSuccess()) {
                      caller.config().setAutoRead(true);
                    } else {
                      caller.close();
                    }
                  });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      Channel to = other;
      if (to != null) {
        to.write(message, to.voidPromise());
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      Channel to = other;
      if (to != null) {
        to.flush();
        ctx.channel().config().setAutoRead(to.isWritable());
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      Channel to = other;
      if (to != null && ctx.channel().isWritable()) {
        to.config().setAutoRead(true);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      Channel to = other;
      if (to != null && to.isActive()) {
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
