package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.codec.SilentPeers;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.upstream.Upstream;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A bound port whose connections the workers serve. Any thread. */
public final class ProxyListener implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(ProxyListener.class);
  private static final int BACKLOG = Bound.ACCEPT_BACKLOG.intValue();

  private final Channel channel;

  private ProxyListener(Channel channel) {
    this.channel = channel;
  }

  /**
   * Binds and accepts.
   *
   * @param stacks per worker, in the workers' order, what serves its connections
   * @throws IOException one line that says which address could not be bound and why
   */
  public static ProxyListener bind(
      InetSocketAddress address,
      Direction direction,
      Transport transport,
      List<Worker> workers,
      List<ConnectionStack> stacks,
      ConnectionLimit limit)
      throws IOException {
    Channel channel = transport.newServerChannel();
    channel.config().setOption(ChannelOption.SO_BACKLOG, BACKLOG);
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel.config().setOption(ChannelOption.ALLOCATOR, workers.getFirst().allocator());
    channel.pipeline().addLast(new Acceptor(direction, workers, stacks, limit));
    ChannelFuture bound = workers.getFirst().eventLoop().register(channel).awaitUninterruptibly();
    if (bound.isSuccess()) {
      bound = channel.bind(address).awaitUninterruptibly();
    }
    if (!bound.isSuccess()) {
      channel.close();
      throw new IOException(
          "cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + " ("
              + direction.label()
              + "): "
              + reason(bound.cause()),
          bound.cause());
    }
    return new ProxyListener(channel);
  }

  /** Where it listens; the port that was given when 0 was asked for. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  /** Accepts no more; open connections go on. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
  }

  private static String reason(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  /** On the first worker's loop. */
  private static final class Acceptor extends ChannelInboundHandlerAdapter {
    private static final long PAUSE_MILLIS = Bound.ACCEPT_PAUSE.millis();
    private static final int MAX_REFUSALS = Bound.REFUSALS.intValue();

    private final Direction direction;
    private final List<Worker> workers;
    private final List<ConnectionStack> stacks;
    private final ConnectionLimit limit;
    private final List<SilentPeers> silent = new ArrayList<>();
    private int refusals;
    private boolean failing;

    Acceptor(
        Direction direction,
        List<Worker> workers,
        List<ConnectionStack> stacks,
        ConnectionLimit limit) {
      this.direction = direction;
      this.workers = workers;
      this.stacks = stacks;
      this.limit = limit;
      for (Worker worker : workers) {
        silent.add(SilentPeers.callers(worker.eventLoop(), worker.telemetry(), direction));
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      var connection = (Channel) message;
      if (failing) {
        failing = false;
        LOG.log(System.Logger.Level.WARNING, "accepting ({0}) goes on", direction.label());
      }
      if (workers.getFirst().overload().memoryShort()) {
        refuse(connection, Bound.MEMORY_SHED);
        return;
      }
      if (!limit.tryAcquire()) {
        refuse(connection, Bound.CONNECTIONS);
        return;
      }
      int index = leastLoaded();
      Worker worker = workers.get(index);
      worker.connections().incrementAndGet();
      connection
          .closeFuture()
          .addListener(
              closed -> {
                worker.connections().decrementAndGet();
                limit.release();
              });
      connection.config().setOption(ChannelOption.TCP_NODELAY, true);
      connection.config().setOption(ChannelOption.ALLOCATOR, worker.allocator());
      connection.config().setOption(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers());
      connection.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Upstream.WATER_MARK);
      connection
          .pipeline()
          .addLast(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                  channel.pipeline().addLast(stacks.get(index).begin(channel));
                  if (isElsewhere(channel)) {
                    silent.get(index).add(channel);
                  }
                }
              });
      worker
          .eventLoop()
          .register(connection)
          .addListener(
              registered -> {
                if (!registered.isSuccess()) {
                  connection.unsafe().closeForcibly();
                }
              });
    }

    /** Who calls from this machine ends, or is there. */
    private static boolean isElsewhere(Channel connection) {
      return connection.remoteAddress() instanceof InetSocketAddress caller
          && !caller.getAddress().isLoopbackAddress();
    }

    // Here, not on the worker that serves the fewest: it costs little, and is counted by one
    // thread.
    private void refuse(Channel connection, Bound why) {
      Worker worker = workers.getFirst();
      worker.telemetry().count(WorkerCounter.DOWNSTREAM_CX_OVERFLOW, direction);
      worker.telemetry().reached(why, direction);
      if (refusals >= MAX_REFUSALS) {
        worker.telemetry().reached(Bound.REFUSALS, direction);
        connection.unsafe().closeForcibly();
        return;
      }
      refusals++;
      connection.closeFuture().addListener(closed -> refusals--);
      connection.config().setOption(ChannelOption.ALLOCATOR, worker.allocator());
      connection.pipeline().addLast(new Refusal(worker.downstream(direction)));
      worker
          .eventLoop()
          .register(connection)
          .addListener(
              registered -> {
                if (!registered.isSuccess()) {
                  connection.unsafe().closeForcibly();
                }
              });
    }

    private int leastLoaded() {
      int best = 0;
      for (int i = 1; i < workers.size(); i++) {
        if (workers.get(i).connections().get() < workers.get(best).connections().get()) {
          best = i;
        }
      }
      return best;
    }

    // Out of descriptors, as a rule: accepting at once again would only spin.
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (!failing) {
        failing = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "accepting ({0}) fails and is tried every {1} ms: {2}",
            direction.label(),
            PAUSE_MILLIS,
            cause.toString());
      }
      var config = ctx.channel().config();
      if (config.isAutoRead()) {
        workers.getFirst().telemetry().reached(Bound.ACCEPT_PAUSE, direction);
        config.setAutoRead(false);
        ctx.executor()
            .schedule(() -> config.setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }
}
