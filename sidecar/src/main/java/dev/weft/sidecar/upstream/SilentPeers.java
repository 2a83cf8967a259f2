package dev.weft.sidecar.upstream;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the machine at the other end of a connection is gone, or the network to it, without
 * a cost per request: the kernel probes what is silent, and what it sends again and again without
 * an acknowledgement is closed here. Not by TCP_USER_TIMEOUT, which also cuts off a peer that is
 * there and does not read for a while. Worker thread only.
 */
final class SilentPeers {
  private static final int PROBES = 3;

  /** So often the same is sent again on a lossy network, too. */
  private static final int FEW = 3;

  private final EventLoop eventLoop;
  private final WorkerTelemetry telemetry;
  private final List<Watched> watched = new ArrayList<>();
  private final EpollTcpInfo info = new EpollTcpInfo();
  private boolean scheduled;

  private SilentPeers(EventLoop eventLoop, WorkerTelemetry telemetry) {
    this.eventLoop = eventLoop;
    this.telemetry = telemetry;
  }

  /** One connection, and since when the same is sent again and again. */
  private static final class Watched {
    final EpollSocketChannel channel;
    int retransmits;
    long since;

    Watched(EpollSocketChannel channel) {
      this.channel = channel;
    }
  }

  /**
   * Has the kernel probe the connections of a bootstrap; null where they show nothing of TCP's
   * state.
   */
  static @Nullable SilentPeers watch(
      Bootstrap bootstrap,
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      WorkerTelemetry telemetry) {
    bootstrap.option(ChannelOption.SO_KEEPALIVE, true);
    if (channelType != EpollSocketChannel.class) {
      return null;
    }
    int idle = (int) (Bound.UPSTREAM_SILENCE.millis() / 1000);
    int probing = (int) (Bound.UPSTREAM_PROBED.millis() / 1000) - idle;
    bootstrap
        .option(EpollChannelOption.TCP_KEEPIDLE, idle)
        .option(EpollChannelOption.TCP_KEEPINTVL, probing / PROBES)
        .option(EpollChannelOption.TCP_KEEPCNT, PROBES);
    return new SilentPeers(eventLoop, telemetry);
  }

  void add(ChannelFuture connecting) {
    if (connecting.channel() instanceof EpollSocketChannel channel) {
      watched.add(new Watched(channel));
      schedule();
    }
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      eventLoop.schedule(this::sweep, 1, TimeUnit.SECONDS);
    }
  }

  private void sweep() {
    scheduled = false;
    long now = System.nanoTime();
    watched.removeIf(one -> !one.channel.isOpen() || isGone(one, now));
    if (!watched.isEmpty()) {
      schedule();
    }
  }

  /** Closes it if it is. */
  private boolean isGone(Watched one, long now) {
    if (!one.channel.isActive()) {
      // The connect has a time of its own.
      return false;
    }
    one.channel.tcpInfo(info);
    int before = one.retransmits;
    one.retransmits = info.retransmits();
    // It begins anew with whatever is acknowledged. That something comes says nothing: a peer that
    // hears nothing of us goes on sending, too.
    if (before == 0 || one.retransmits < before) {
      one.since = now;
      return false;
    }
    if (one.retransmits < FEW || now - one.since < Bound.UPSTREAM_UNACKED.value()) {
      return false;
    }
    telemetry.reached(Bound.UPSTREAM_UNACKED, Direction.OUTBOUND);
    one.channel.close();
    return true;
  }
}
