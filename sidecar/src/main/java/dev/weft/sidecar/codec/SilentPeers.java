package dev.weft.sidecar.codec;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Notices that the machine at the other end of a connection is gone, or the network to it, without
 * a cost per request: the kernel probes what is silent, and what it sends again and again without
 * an acknowledgement is closed here. Not by TCP_USER_TIMEOUT, which also cuts off a peer that is
 * there and does not read for a while. Worker thread only.
 */
public final class SilentPeers {
  private static final int PROBES = 3;
  private static final int PROBE_SECONDS = 2;

  /** So often the same is sent again on a lossy network, too. */
  private static final int FEW = 3;

  private final EventLoop eventLoop;
  private final WorkerTelemetry telemetry;
  private final Direction direction;
  private final Bound unacked;
  private final int idleSeconds;
  private final List<Watched> watched = new ArrayList<>();
  private final EpollTcpInfo info = new EpollTcpInfo();
  private boolean scheduled;

  private SilentPeers(
      EventLoop eventLoop,
      WorkerTelemetry telemetry,
      Direction direction,
      Bound probed,
      Bound unacked) {
    this.eventLoop = eventLoop;
    this.telemetry = telemetry;
    this.direction = direction;
    this.unacked = unacked;
    this.idleSeconds = (int) (probed.millis() / 1000) - PROBES * PROBE_SECONDS;
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

  /** Among those that call us. */
  public static SilentPeers callers(
      EventLoop eventLoop, WorkerTelemetry telemetry, Direction direction) {
    return new SilentPeers(
        eventLoop, telemetry, direction, Bound.CALLER_PROBED, Bound.CALLER_UNACKED);
  }

  /** Among those that we call. */
  public static SilentPeers endpoints(
      EventLoop eventLoop, WorkerTelemetry telemetry, Direction direction) {
    return new SilentPeers(
        eventLoop, telemetry, direction, Bound.UPSTREAM_PROBED, Bound.UPSTREAM_UNACKED);
  }

  /** Watches a connection until it is closed; where its state does not show, the kernel alone. */
  public void add(Channel channel) {
    if (!channel.isOpen()) {
      return;
    }
    channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    if (channel instanceof EpollSocketChannel socket) {
      socket
          .config()
          .setTcpKeepIdle(idleSeconds)
          .setTcpKeepIntvl(PROBE_SECONDS)
          .setTcpKeepCnt(PROBES);
      watched.add(new Watched(socket));
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
    if (one.retransmits < FEW || now - one.since < unacked.value()) {
      return false;
    }
    telemetry.reached(unacked, direction);
    reset(one.channel);
    return true;
  }

  /** There is nobody to say goodbye to, and the kernel need not keep what it could not deliver. */
  private static void reset(EpollSocketChannel channel) {
    channel.config().setSoLinger(0);
    channel.unsafe().close(channel.voidPromise());
  }
}
