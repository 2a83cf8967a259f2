package dev.weft.sidecar.relay;

import dev.weft.sidecar.codec.ReceiveBuffers;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.upstream.Upstream;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What all relays of one worker and direction share. Worker thread only. */
public final class Relays {
  final int worker;
  final Direction direction;
  final WorkerTelemetry telemetry;
  final ServerConnections connections;
  final RelayLimits limits;
  final LongSupplier nanoClock;
  final LongSupplier epochMicros;
  private final Bootstrap bootstrap;

  /**
   * @param worker the worker's index, from 0
   * @param connections where the callers' connections are looked after
   * @param channelType of the event loop's kind
   */
  public Relays(
      int worker,
      Direction direction,
      ServerConnections connections,
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      ByteBufAllocator allocator,
      RelayLimits limits,
      WorkerTelemetry telemetry,
      LongSupplier nanoClock,
      LongSupplier epochMicros) {
    this.worker = worker;
    this.direction = direction;
    this.connections = connections;
    this.limits = limits;
    this.telemetry = telemetry;
    this.nanoClock = nanoClock;
    this.epochMicros = epochMicros;
    this.bootstrap =
        new Bootstrap()
            .group(eventLoop)
            .channel(channelType)
            .option(ChannelOption.ALLOCATOR, allocator)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, Upstream.WATER_MARK);
  }

  Bootstrap bootstrap(long connectTimeoutNanos) {
    return bootstrap
        .clone()
        .option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffers())
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.clamp(TimeUnit.NANOSECONDS.toMillis(connectTimeoutNanos), 1, 60_000));
  }

  void count(WorkerCounter counter) {
    telemetry.count(counter, direction);
  }

  void reached(Bound bound) {
    telemetry.reached(bound, direction);
  }

  void add(WorkerCounter counter, long delta) {
    telemetry.add(counter, direction, delta);
  }
}
