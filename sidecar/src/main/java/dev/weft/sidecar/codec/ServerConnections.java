package dev.weft.sidecar.codec;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The callers' connections of one worker and one listener: counts them, ends idle ones and says
 * when responses are to end them (drain). Worker thread only.
 */
public final class ServerConnections {
  /** How long the caller of a closed connection may take to read its last answer. */
  public static final long LINGER_NANOS = Bound.LINGER.value();

  private final Direction direction;
  private final WorkerTelemetry telemetry;
  private final ConnectionLimits limits;
  private final List<ServerConnection> open = new ArrayList<>();
  private int activeRequests;
  private int leaving;
  private long activity;
  private boolean draining;
  private @Nullable Runnable whenIdle;
  private long now;
  private long maxAgeNanos;
  private RandomGenerator random = new SplittableRandom();
  // Beside the list of open ones; 0: told already, or never.
  private long[] retireAt = new long[16];

  public ServerConnections(
      Direction direction, WorkerTelemetry telemetry, ConnectionLimits limits, long nanoTime) {
    this.direction = direction;
    this.telemetry = telemetry;
    this.limits = limits;
    this.now = nanoTime;
  }

  /** Bounds of each of them. */
  public ConnectionLimits limits() {
    return limits;
  }

  /** The time of the last tick. */
  public long now() {
    return now;
  }

  /** Ends what has been idle, or has not sent a whole head, for too long; about once a second. */
  public void tick(long nanoTime) {
    now = nanoTime;
    for (int i = open.size() - 1; i >= 0; i--) {
      // One that ends may take others with it.
      if (i < open.size()) {
        retireIfOld(i);
        open.get(i).tick(nanoTime);
      }
    }
  }

  /** Before the first connection: how old one gets, give or take a tenth; 0: no limit. */
  public void maxAge(long nanos, RandomGenerator jitter) {
    maxAgeNanos = nanos;
    random = jitter;
  }

  /** From now on every response ends its connection. */
  public void drain() {
    draining = true;
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).drain();
    }
  }

  /**
   * Runs the task once, as soon as no request is under way and no connection is taking leave of its
   * caller; that may be at once.
   */
  public void whenIdle(Runnable task) {
    if (activeRequests + leaving == 0) {
      task.run();
    } else {
      whenIdle = task;
    }
  }

  /** Closes the connections that serve no request. */
  public void closeIdle() {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).closeIfIdle();
    }
  }

  /** Closes every connection, whatever it serves: the time for that is over. */
  public void closeAll() {
    for (int i = open.size() - 1; i >= 0; i--) {
      telemetry.count(WorkerCounter.DOWNSTREAM_CX_DRAIN_CLOSE, direction);
      open.get(i).closeNow();
    }
  }

  public boolean isDraining() {
    return draining;
  }

  public int activeRequests() {
    return activeRequests;
  }

  /** Grows with each connection and request that comes, and with each request that ends. */
  public long activity() {
    return activity;
  }

  public int openConnections() {
    return open.size();
  }

  /** A connection of which it is known what it speaks. */
  public void opened(ServerConnection connection) {
    add(connection);
    telemetry.count(WorkerCounter.DOWNSTREAM_CX_TOTAL, direction);
    telemetry.add(WorkerCounter.DOWNSTREAM_CX_ACTIVE, direction, 1);
  }

  /** One of those that were opened speaks HTTP/2. */
  public void openedHttp2() {
    telemetry.count(WorkerCounter.DOWNSTREAM_CX_HTTP2_TOTAL, direction);
  }

  public void closed(ServerConnection connection) {
    remove(connection);
    telemetry.add(WorkerCounter.DOWNSTREAM_CX_ACTIVE, direction, -1);
  }

  /** A connection of which it is not known yet what it speaks. */
  public void entered(ServerConnection connection) {
    add(connection);
    telemetry.add(WorkerCounter.DOWNSTREAM_PRE_CX_ACTIVE, direction, 1);
  }

  /** It is known now, or the connection is gone. */
  public void left(ServerConnection connection) {
    remove(connection);
    telemetry.add(WorkerCounter.DOWNSTREAM_PRE_CX_ACTIVE, direction, -1);
  }

  private void retireIfOld(int place) {
    if (retireAt[place] != 0 && now - retireAt[place] >= 0) {
      retireAt[place] = 0;
      reached(Bound.CONNECTION_AGE);
      open.get(place).drain();
    }
  }

  private void add(ServerConnection connection) {
    activity++;
    int place = open.size();
    connection.place(place);
    open.add(connection);
    if (place == retireAt.length) {
      retireAt = Arrays.copyOf(retireAt, place * 2);
    }
    retireAt[place] = 0;
    if (maxAgeNanos > 0) {
      long tenth = maxAgeNanos / 10;
      retireAt[place] = now + maxAgeNanos - tenth + random.nextLong(1 + 2 * tenth);
    }
  }

  private void remove(ServerConnection connection) {
    ServerConnection last = open.removeLast();
    if (last.place() != connection.place()) {
      retireAt[connection.place()] = retireAt[open.size()];
      last.place(connection.place());
      open.set(connection.place(), last);
    }
  }

  public void requestStarted() {
    activeRequests++;
    activity++;
    telemetry.add(WorkerCounter.DOWNSTREAM_RQ_ACTIVE, direction, 1);
  }

  public void requestEnded() {
    activeRequests--;
    activity++;
    telemetry.add(WorkerCounter.DOWNSTREAM_RQ_ACTIVE, direction, -1);
    runIfIdle();
  }

  /** A connection has said that it ends, and waits until its caller has heard it. */
  public void leaveStarted() {
    leaving++;
  }

  /** Its caller has heard it, or will not. */
  public void leaveEnded() {
    leaving--;
    runIfIdle();
  }

  private void runIfIdle() {
    Runnable task = whenIdle;
    if (task != null && activeRequests + leaving == 0) {
      whenIdle = null;
      task.run();
    }
  }

  public void reached(Bound bound) {
    telemetry.reached(bound, direction);
  }

  /** A connection that came without TLS to a listener that wants it. */
  public void plaintextRefused() {
    telemetry.count(WorkerCounter.DOWNSTREAM_TLS_PLAINTEXT, direction);
  }

  public void count(WorkerCounter counter) {
    telemetry.count(counter, direction);
  }

  public void protocolError() {
    telemetry.count(WorkerCounter.DOWNSTREAM_CX_PROTOCOL_ERROR, direction);
  }

  /** A connection is passed on as bytes: it is under way for as long as it is open. */
  public void relayStarted() {
    activeRequests++;
    telemetry.count(WorkerCounter.TCP_CX_TOTAL, direction);
    telemetry.add(WorkerCounter.TCP_CX_ACTIVE, direction, 1);
  }

  public void relayEnded() {
    activeRequests--;
    telemetry.add(WorkerCounter.TCP_CX_ACTIVE, direction, -1);
    runIfIdle();
  }

  public void tunnelStarted() {
    telemetry.count(WorkerCounter.DOWNSTREAM_TUNNEL_TOTAL, direction);
    telemetry.add(WorkerCounter.DOWNSTREAM_TUNNEL_ACTIVE, direction, 1);
  }

  /** A connection is refused that no rule of the kernel's has sent here. */
  public void notRedirected() {
    telemetry.count(WorkerCounter.DOWNSTREAM_CX_NOT_REDIRECTED, direction);
  }

  public void tunnelEnded() {
    telemetry.add(WorkerCounter.DOWNSTREAM_TUNNEL_ACTIVE, direction, -1);
  }

  public void idleTimeout(Bound which) {
    reached(which);
    telemetry.count(WorkerCounter.DOWNSTREAM_CX_IDLE_TIMEOUT, direction);
  }
}
