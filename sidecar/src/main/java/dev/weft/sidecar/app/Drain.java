package dev.weft.sidecar.app;

import dev.weft.sidecar.listener.ProxyListener;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.registration.Registrar;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Logs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The polite leave, once: out of the registry, while everything is served on and every answer says
 * {@code Connection: close}; when the subscribers know, no more is accepted and what is under way
 * is finished; what the application still calls is served to the last. Blocks its caller.
 */
final class Drain {
  private static final System.Logger LOG = Logs.of(Drain.class);
  private static final long AWAIT_SUBSCRIBERS_MILLIS = Bound.LEAVE_TIME.millis();

  private final Sidecar sidecar;
  private boolean done;

  Drain(Sidecar sidecar) {
    this.sidecar = sidecar;
  }

  synchronized void run() {
    if (done) {
      return;
    }
    done = true;
    long start = System.nanoTime();
    sidecar.readiness().drain();
    for (Worker worker : sidecar.workers()) {
      worker.drain(Direction.INBOUND);
    }
    Registrar registrar = sidecar.registrar();
    if (registrar != null) {
      var left = new CompletableFuture<String>();
      sidecar
          .control()
          .execute(
              () -> registrar.leave(AWAIT_SUBSCRIBERS_MILLIS, outcome -> left.complete(outcome)));
      String outcome = await(left, AWAIT_SUBSCRIBERS_MILLIS + 2500);
      LOG.log(
          System.Logger.Level.INFO,
          "left the registry: {0}",
          outcome == null ? "no answer in time" : outcome);
    }
    long limitMillis = TimeUnit.SECONDS.toMillis(sidecar.options().drainSeconds());
    boolean whole = end(sidecar.listeners().inbound(), Direction.INBOUND, limitMillis);
    for (Worker worker : sidecar.workers()) {
      worker.drain(Direction.OUTBOUND);
    }
    whole &= end(sidecar.listeners().outbound(), Direction.OUTBOUND, limitMillis);
    LOG.log(
        System.Logger.Level.INFO,
        "drained in {0} ms{1}",
        String.valueOf(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)),
        whole ? "" : ", but requests were still under way");
  }

  private boolean end(@Nullable ProxyListener listener, Direction direction, long limitMillis) {
    if (listener == null) {
      return true;
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
    boolean quiet = awaitQuiet(direction, limitMillis / 2);
    listener.close();
    TcpListeners ports = sidecar.listeners().tcp();
    if (direction == Direction.OUTBOUND && ports != null) {
      ports.close();
    }
    long before = activity(direction);
    boolean whole = awaitDrained(direction, deadline);
    if (whole && (!quiet || activity(direction) != before)) {
      // Who waited for an answer may send its next request on another connection that it keeps.
      var _ = awaitQuiet(direction, millisUntil(deadline));
      whole = awaitDrained(direction, deadline);
    }
    if (!whole) {
      sidecar.telemetry().reached(Bound.DRAIN_TIME);
    }
    for (Worker worker : sidecar.workers()) {
      worker.closeIdle(direction);
      if (!whole) {
        worker.closeAll(direction);
      }
    }
    return whole;
  }

  private boolean awaitDrained(Direction direction, long deadline) {
    List<CompletableFuture<Void>> each = new ArrayList<>();
    for (Worker worker : sidecar.workers()) {
      each.add(worker.drained(direction));
    }
    var all =
        CompletableFuture.allOf(each.toArray(CompletableFuture[]::new)).thenApply(nothing -> "");
    return await(all, millisUntil(deadline)) != null;
  }

  private static long millisUntil(long deadline) {
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
  }

  /**
   * Waits until nothing has come or ended for a while. Who has been told to go away needs a moment
   * to hear it, and what waits to be accepted when a listener closes is lost.
   */
  private boolean awaitQuiet(Direction direction, long limitMillis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
    long before = activity(direction);
    while (System.nanoTime() - deadline < 0) {
      try {
        TimeUnit.NANOSECONDS.sleep(Bound.DRAIN_QUIET.value());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      long now = activity(direction);
      if (now == before) {
        return true;
      }
      before = now;
    }
    return false;
  }

  private long activity(Direction direction) {
    return sidecar.workers().stream().mapToLong(worker -> worker.activity(direction).join()).sum();
  }

  private static @Nullable String await(CompletableFuture<String> future, long millis) {
    try {
      return future.get(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException | TimeoutException e) {
      return null;
    }
  }
}
