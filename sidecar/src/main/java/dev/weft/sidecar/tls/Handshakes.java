package dev.weft.sidecar.tls;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Bounds and counts one worker's handshakes with callers. A handshake is the dearest thing that a
 * stranger can make a proxy do, so more than a bound are not begun at once. Worker only.
 */
public final class Handshakes {
  private static final System.Logger LOG = Logs.of(Handshakes.class);
  private static final long SAID_AT_MOST_EVERY_NANOS = 1_000_000_000L;

  final WorkerTelemetry telemetry;
  final Direction direction;
  final long timeoutMillis;
  private final int max;
  private int active;
  private long lastSaid;
  private long unsaid;

  /** With the default bounds. */
  public Handshakes(WorkerTelemetry telemetry, Direction direction) {
    this(telemetry, direction, Bound.TLS_HANDSHAKES.intValue(), Bound.TLS_HANDSHAKE_TIME.millis());
  }

  Handshakes(WorkerTelemetry telemetry, Direction direction, int max, long timeoutMillis) {
    this.telemetry = telemetry;
    this.direction = direction;
    this.max = max;
    this.timeoutMillis = timeoutMillis;
  }

  boolean tryBegin() {
    if (active >= max) {
      telemetry.reached(Bound.TLS_HANDSHAKES, direction);
      count(WorkerCounter.DOWNSTREAM_TLS_OVERFLOW);
      return false;
    }
    active++;
    telemetry.add(WorkerCounter.DOWNSTREAM_TLS_HANDSHAKE_ACTIVE, direction, 1);
    return true;
  }

  void end() {
    active--;
    telemetry.add(WorkerCounter.DOWNSTREAM_TLS_HANDSHAKE_ACTIVE, direction, -1);
  }

  /** Counts a failure, and says why in the log: of many in one second only the first. */
  void failed(@Nullable SocketAddress caller, Throwable cause) {
    if (Reasons.isTimeout(cause)) {
      telemetry.reached(Bound.TLS_HANDSHAKE_TIME, direction);
      count(WorkerCounter.DOWNSTREAM_TLS_TIMEOUT);
    } else {
      count(WorkerCounter.DOWNSTREAM_TLS_ERROR);
    }
    long now = System.nanoTime();
    if (now - lastSaid < SAID_AT_MOST_EVERY_NANOS && lastSaid != 0) {
      unsaid++;
      return;
    }
    LOG.log(
        System.Logger.Level.INFO,
        "TLS handshake with {0} ({1}) failed: {2}{3}",
        caller,
        direction.label(),
        Reasons.of(cause, "the caller"),
        unsaid == 0 ? "" : " (and " + unsaid + " more since the last such line)");
    lastSaid = now;
    unsaid = 0;
  }

  void count(WorkerCounter counter) {
    telemetry.count(counter, direction);
  }
}
