package dev.weft.sidecar.appconfig;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Where our application asks for its configuration: always on loopback, so that nobody outside of
 * the pod, or of the machine, reaches it.
 */
public final class ConfigServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = Bound.CONFIG_CONNECTIONS.intValue();
  private static final int MAX_WATCHES = Bound.CONFIG_WATCHES.intValue();

  private final EventLoop loop;
  private final Channel channel;
  private final AppValues values;
  private final Consumer<Bound> reached;
  private int connections;
  private int watches;

  private ConfigServer(EventLoop loop, Channel channel, AppValues values, Consumer<Bound> reached) {
    this.loop = loop;
    this.channel = channel;
    this.values = values;
    this.reached = reached;
  }

  /**
   * Binds and accepts; blocks until it is bound.
   *
   * @param channel a new server channel of the loop's kind
   * @param reached counts a bound that was reached
   * @throws IOException one line that says what could not be bound and why
   */
  public static ConfigServer bind(
      int port, EventLoop loop, Channel channel, AppValues values, Consumer<Bound> reached)
      throws IOException {
    var server = new ConfigServer(loop, channel, values, reached);
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel.pipeline().addLast(server.new Acceptor());
    ChannelFuture bound = loop.register(channel).awaitUninterruptibly();
    if (bound.isSuccess()) {
      var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
      bound = channel.bind(address).awaitUninterruptibly();
    }
    Throwable cause = bound.cause();
    if (cause != null) {
      channel.close();
      throw new IOException(
          "cannot listen on 127.0.0.1:" + port + " (--config-port): " + cause.getMessage(), cause);
    }
    return server;
  }

  /** Where it listens; the port that was given when 0 was asked for. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  @Override
  public void close() {
    channel.close();
  }

  /** Takes one of the watches, if there is one left. Control loop. */
  boolean mayWatch() {
    if (watches == MAX_WATCHES) {
      return false;
    }
    watches++;
    return true;
  }

  /** Control loop. */
  void watchEnded() {
    watches--;
  }

  private final class Acceptor extends ChannelInboundHandlerAdapter {
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
      if (connections >= MAX_CONNECTIONS) {
        reached.accept(Bound.CONFIG_CONNECTIONS);
        connection.unsafe().closeForcibly();
        return;
      }
      connections++;
      connection.closeFuture().addListener(closed -> connections--);
      connection
          .pipeline()
          .addLast(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel accepted) {
                  accepted
                      .pipeline()
                      .addLast(new ConfigConnection(values, ConfigServer.this, reached));
                }
              });
      loop.register(connection);
    }
  }
}
