package dev.weft.sidecar.admin;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Listens for requests of people and tools, and serves each on the control loop. */
public final class AdminServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = Bound.ADMIN_CONNECTIONS.intValue();

  private final Channel channel;

  private AdminServer(Channel channel) {
    this.channel = channel;
  }

  /**
   * Binds and accepts; blocks until it is bound.
   *
   * @param channel a new server channel of the loop's kind
   * @param reached counts a bound that was reached
   * @throws IOException one line that says which address could not be bound and why
   */
  public static AdminServer bind(
      InetSocketAddress address,
      EventLoop loop,
      Channel channel,
      AdminHandler handler,
      Consumer<Bound> reached)
      throws IOException {
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel.pipeline().addLast(new Acceptor(loop, handler, reached));
    ChannelFuture bound = loop.register(channel).awaitUninterruptibly();
    if (bound.isSuccess()) {
      bound = channel.bind(address).awaitUninterruptibly();
    }
    Throwable cause = bound.cause();
    if (cause != null) {
      channel.close();
      throw new IOException(
          "cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + " (admin): "
              + cause.getMessage(),
          cause);
    }
    return new AdminServer(channel);
  }

  /** Where it listens; the port that was given when 0 was asked for. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  @Override
  public void close() {
    channel.close();
  }

  /** On the control loop. */
  private static final class Acceptor extends ChannelInboundHandlerAdapter {
    private final EventLoop loop;
    private final AdminHandler handler;
    private final Consumer<Bound> reached;
    private int open;

    Acceptor(EventLoop loop, AdminHandler handler, Consumer<Bound> reached) {
      this.reached = reached;
      this.loop = loop;
      this.handler = handler;
    }

    // Out of descriptors, as a rule: accepting at once again would only spin.
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var config = ctx.channel().config();
      if (config.isAutoRead()) {
        config.setAutoRead(false);
        loop.schedule(
            () -> config.setAutoRead(true), Bound.ACCEPT_PAUSE.millis(), TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      var connection = (Channel) message;
      if (open >= MAX_CONNECTIONS) {
        reached.accept(Bound.ADMIN_CONNECTIONS);
        connection.unsafe().closeForcibly();
        return;
      }
      open++;
      connection.closeFuture().addListener(closed -> open--);
      connection
          .pipeline()
          .addLast(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                  channel.pipeline().addLast(new AdminConnection(handler, reached));
                }
              });
      loop.register(connection);
    }
  }
}
