package dev.weft.sidecar.proxy;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.filter.Filter;
import dev.weft.sidecar.http.HttpDate;
import dev.weft.sidecar.http.Overload;
import dev.weft.sidecar.relay.RelayLimits;
import dev.weft.sidecar.relay.Relays;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.sidecar.upstream.Upstream;
import dev.weft.sidecar.upstream.UpstreamLimits;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.EnumMap;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * One event loop and all that it owns for its requests: callers' connections, upstream pools,
 * deadlines, counters, randomness. Nothing in it is touched by another thread, except where a
 * method says so.
 */
public final class Worker {
  private static final long HOUSEKEEPING_MILLIS = 1000;

  private final int index;
  private final EventLoop eventLoop;
  private final ByteBufAllocator allocator;
  private final LongSupplier nanoClock;
  private final LongSupplier epochMicros;
  private final SplittableRandom random;
  private final WorkerTelemetry telemetry;
  private final EnumMap<Direction, Upstream> upstream = new EnumMap<>(Direction.class);
  private final EnumMap<Direction, Relays> relays = new EnumMap<>(Direction.class);
  private final EnumMap<Direction, ServerConnections> downstream = new EnumMap<>(Direction.class);
  private final AtomicInteger connections = new AtomicInteger();
  private final Filter.Answer answer = new Filter.Answer();
  private final OwnResponse ownResponse;
  private final Overload overload;
  private final HttpDate date = new HttpDate();
  private HttpRules rules = HttpRules.DEFAULT;

  /**
   * @param index from 0, the one by which clusters and trackers know this worker
   * @param channelType the client channel of the event loop's kind
   * @param nanoClock monotonic; the one that the clusters were given
   * @param seed differs from worker to worker and from process to process
   * @param overload what the process takes on
   */
  public Worker(
      int index,
      EventLoop eventLoop,
      Class<? extends Channel> channelType,
      ByteBufAllocator allocator,
      WorkerTelemetry telemetry,
      LongSupplier nanoClock,
      LongSupplier epochMicros,
      ConnectionLimits http1Limits,
      UpstreamLimits upstreamLimits,
      long seed,
      Overload overload) {
    this.overload = overload;
    this.index = index;
    this.eventLoop = eventLoop;
    this.allocator = allocator;
    this.telemetry = telemetry;
    this.nanoClock = nanoClock;
    this.epochMicros = epochMicros;
    this.random = new SplittableRandom(seed);
    this.ownResponse = new OwnResponse(allocator, this::date);
    for (Direction direction : Direction.values()) {
      var connections =
          new ServerConnections(direction, telemetry, http1Limits, nanoClock.getAsLong());
      downstream.put(direction, connections);
      relays.put(
          direction,
          new Relays(
              index,
              direction,
              connections,
              eventLoop,
              channelType,
              allocator,
              RelayLimits.DEFAULT,
              telemetry,
              nanoClock,
              epochMicros));
      upstream.put(
          direction,
          new Upstream(
              index,
              direction,
              eventLoop,
              channelType,
              allocator,
              upstreamLimits,
              telemetry,
              nanoClock,
              random));
    }
    eventLoop.scheduleAtFixedRate(
        this::housekeeping, HOUSEKEEPING_MILLIS, HOUSEKEEPING_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** From 0; any thread. */
  public int index() {
    return index;
  }

  /** Any thread. */
  public EventLoop eventLoop() {
    return eventLoop;
  }

  /** Any thread. */
  public ByteBufAllocator allocator() {
    return allocator;
  }

  public WorkerTelemetry telemetry() {
    return telemetry;
  }

  /** The callers' connections of one listener. */
  public ServerConnections downstream(Direction direction) {
    return Objects.requireNonNull(downstream.get(direction));
  }

  /** The pools that a direction's requests use. */
  public Upstream upstream(Direction direction) {
    return Objects.requireNonNull(upstream.get(direction));
  }

  /** What a direction's relays share. */
  public Relays relays(Direction direction) {
    return Objects.requireNonNull(relays.get(direction));
  }

  /** Before the first connection: what it says of itself, and whom it believes. */
  public void rules(HttpRules httpRules) {
    rules = httpRules;
  }

  HttpRules rules() {
    return rules;
  }

  /** The time of day as HTTP writes it. */
  byte[] date() {
    return date.at(epochMicros());
  }

  /** Secures connections to clusters that want it; before it serves; any thread. */
  public void secure(ClientContexts contexts) {
    upstream(Direction.OUTBOUND).secure(contexts);
    relays(Direction.OUTBOUND).secure(contexts);
  }

  /** How many callers' connections it serves, to find the least loaded one; any thread. */
  public AtomicInteger connections() {
    return connections;
  }

  /**
   * Before the first connection: tells callers to connect anew, so that they spread over instances
   * that came later.
   *
   * @param nanos a tenth more or less, so that not all come at once; 0: never
   */
  public void maxConnectionAge(long nanos) {
    downstream.values().forEach(connections -> connections.maxAge(nanos, random));
  }

  /** From now on every response of that direction ends its connection; any thread. */
  public void drain(Direction direction) {
    eventLoop.execute(() -> downstream(direction).drain());
  }

  /**
   * Done as soon as no request of that direction is under way; asked once at a time; any thread.
   */
  public CompletableFuture<Void> drained(Direction direction) {
    var done = new CompletableFuture<Void>();
    eventLoop.execute(() -> downstream(direction).whenIdle(() -> done.complete(null)));
    return done;
  }

  /** Grows with whatever comes from that direction's callers, and with what ends; any thread. */
  public CompletableFuture<Long> activity(Direction direction) {
    return CompletableFuture.supplyAsync(() -> downstream(direction).activity(), eventLoop);
  }

  /** Closes that direction's connections that serve no request, on both sides; any thread. */
  public void closeIdle(Direction direction) {
    eventLoop.execute(
        () -> {
          downstream(direction).closeIdle();
          upstream(direction).closeIdle();
        });
  }

  /** What a filter answers; used for one request after the other. */
  Filter.Answer answer() {
    return answer;
  }

  OwnResponse ownResponse() {
    return ownResponse;
  }

  /** What the process takes on; any thread. */
  public Overload overload() {
    return overload;
  }

  /** Closes every caller's connection of that direction, whatever it serves; any thread. */
  public void closeAll(Direction direction) {
    eventLoop.execute(() -> downstream(direction).closeAll());
  }

  /** By the worker's clock, which is monotonic; any thread. */
  public long nanoTime() {
    return nanoClock.getAsLong();
  }

  long epochMicros() {
    return epochMicros.getAsLong();
  }

  SplittableRandom random() {
    return random;
  }

  /** Closes idle connections, ends what has waited too long; every second. */
  void housekeeping() {
    long now = nanoClock.getAsLong();
    for (Direction direction : Direction.values()) {
      downstream(direction).tick(now);
      upstream(direction).housekeeping();
    }
  }
}
