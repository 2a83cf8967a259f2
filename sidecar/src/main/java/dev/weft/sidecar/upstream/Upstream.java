package dev.weft.sidecar.upstream;

import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.http2.Http2ClientScratch;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.ClientContexts;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * One worker's upstream side for one direction: its pools by cluster and endpoint, and the tick on
 * which the deadlines of its calls are looked at (every 10 ms while there are any). Worker thread
 * only.
 */
public final class Upstream {
  /** More than this is not queued for a peer before its sender's reads are stopped; bytes. */
  public static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(Bound.SEND_BUFFER.intValue() / 2, Bound.SEND_BUFFER.intValue());

  private static final long TICK_MILLIS = 10;
  private static final ChannelHandler UNTIL_SECURED = new UntilSecured();

  final int worker;
  final Direction direction;
  final EventLoop eventLoop;
  final LongSupplier nanoClock;
  final RandomGenerator random;
  final WorkerTelemetry telemetry;
  final UpstreamLimits limits;

  /** What its HTTP/2 connections share. */
  final Http2ClientScratch http2 = new Http2ClientScratch();

  final Connector connector;
  private final Map<Cluster, ClusterPool> pools = new HashMap<>();
  private final List<UpstreamCall> timed = new ArrayList<>();
  private boolean ticking;

  /**
   * @param worker the worker's index, from 0
   * @param channelType of the event loop's kind
   */
  public Upstream(
      int worker,
      Direction direction,
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      ByteBufAllocator allocator,
      UpstreamLimits limits,
      WorkerTelemetry telemetry,
      LongSupplier nanoClock,
      RandomGenerator random) {
    this.worker = worker;
    this.direction = direction;
    this.eventLoop = eventLoop;
    this.limits = limits;
    this.telemetry = telemetry;
    this.nanoClock = nanoClock;
    this.random = random;
    this.connector = new Connector(eventLoop, channelType, allocator, false, telemetry, direction);
  }

  /** Secures connections by these; before the first request. */
  public void secure(ClientContexts with) {
    connector.secure(with);
  }

  /** What stands in the pipeline of a connection that is to be secured. */
  static ChannelHandler untilSecured() {
    return UNTIL_SECURED;
  }

  ConnectionLimits http1Limits() {
    return limits.http1();
  }

  ClusterPool pool(Cluster cluster) {
    ClusterPool pool = pools.get(cluster);
    if (pool == null) {
      pool = new ClusterPool(this, cluster);
      pools.put(cluster, pool);
    }
    return pool;
  }

  /** Stands where nothing of what is inside can come yet. */
  @Sharable
  private static final class UntilSecured extends ChannelInboundHandlerAdapter {}

  void reached(Bound bound) {
    telemetry.reached(bound, direction);
  }

  /** One bound towards the mesh, another towards our application. */
  void reached(Bound mesh, Bound app) {
    reached(direction == Direction.OUTBOUND ? mesh : app);
  }

  void count(WorkerCounter counter) {
    telemetry.count(counter, direction);
  }

  /**
   * Closes what has been idle for too long or leads to endpoints that are gone; about once a
   * second.
   */
  public void housekeeping() {
    long now = nanoClock.getAsLong();
    pools.values().removeIf(pool -> pool.housekeeping(now));
  }

  /** Closes the idle connections. */
  public void closeIdle() {
    pools.values().forEach(ClusterPool::closeIdle);
  }

  /** Looks at every deadline; called by the tick, and by whoever has moved the clock. */
  public void tick() {
    long now = nanoClock.getAsLong();
    for (int i = timed.size() - 1; i >= 0; i--) {
      // A call may end others' calls with it.
      if (i < timed.size()) {
        timed.get(i).tick(now);
      }
    }
  }

  void startTiming(UpstreamCall call) {
    call.timedIndex = timed.size();
    timed.add(call);
    if (!ticking) {
      ticking = true;
      eventLoop.schedule(this::onTick, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  void stopTiming(UpstreamCall call) {
    UpstreamCall last = timed.removeLast();
    if (last != call) {
      last.timedIndex = call.timedIndex;
      timed.set(call.timedIndex, last);
    }
    call.timedIndex = -1;
  }

  private void onTick() {
    tick();
    ticking = !timed.isEmpty();
    if (ticking) {
      eventLoop.schedule(this::onTick, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
