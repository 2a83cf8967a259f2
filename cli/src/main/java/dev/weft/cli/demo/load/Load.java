package dev.weft.cli.demo.load;

import dev.weft.cli.demo.app.HttpCaller;
import dev.weft.cli.demo.app.HttpCaller.Answer;
import dev.weft.cli.demo.app.HttpCaller.CallFailed;
import dev.weft.cli.demo.process.Await;
import java.io.OutputStream;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A load generator: a number of connections to {@code frontend}, each with a thread, each sending
 * idempotent requests one after the other at a steady pace. It never retries and counts everything.
 */
public final class Load implements AutoCloseable {
  private static final int CONNECTIONS = 8;
  private static final int MAX_FAILURES_KEPT = 50;

  private final Supplier<HttpCaller> frontend;
  private final List<Thread> threads = new ArrayList<>();
  private volatile long gapNanos;
  private volatile boolean stopped;

  // Guarded by this.
  private final Map<String, Long> versions = new TreeMap<>();
  private final Map<String, Long> instances = new TreeMap<>();
  private final List<String> failures = new ArrayList<>();
  private long ok;
  private long failedBefore;
  private long failedAfter;

  /** Begins at once to call a port of the loopback with that many requests a second in all. */
  public Load(int port, int perSecond) {
    this(() -> new HttpCaller(port), perSecond);
  }

  /** The same with a port of a host, whose address is looked up for each connection. */
  public Load(String host, int port, int perSecond) {
    this(() -> new HttpCaller(host, port), perSecond);
  }

  private Load(Supplier<HttpCaller> frontend, int perSecond) {
    this.frontend = frontend;
    pace(perSecond);
    for (int i = 0; i < CONNECTIONS; i++) {
      threads.add(Thread.ofPlatform().daemon().name("load-" + i).start(this::run));
    }
  }

  /** Changes the pace of all connections together. */
  public void pace(int perSecond) {
    gapNanos = TimeUnit.SECONDS.toNanos(1) * CONNECTIONS / perSecond;
  }

  /** Everything so far. */
  public synchronized Counts counts() {
    return new Counts(
        ok,
        failedBefore,
        failedAfter,
        new TreeMap<>(versions),
        new TreeMap<>(instances),
        List.copyOf(failures));
  }

  private void run() {
    try (HttpCaller caller = frontend.get()) {
      long due = System.nanoTime();
      while (!stopped) {
        call(caller);
        // After a stall the pace goes on from now: there is nothing to catch up with.
        due = Math.max(due + gapNanos, System.nanoTime() - gapNanos);
        long wait = due - System.nanoTime();
        if (wait > 0) {
          Await.pause(Duration.ofNanos(wait));
        }
      }
    }
  }

  private void call(HttpCaller caller) {
    try {
      Answer answer = caller.get("frontend", "/items");
      caller.takeBody(OutputStream.nullOutputStream());
      if (answer.status() == 200) {
        succeeded(answer);
      } else {
        failed(false, "status " + answer.status() + ": " + answer.error());
      }
    } catch (CallFailed e) {
      failed(e.responseHadBegun(), String.valueOf(e.getMessage()));
    }
  }

  private synchronized void succeeded(Answer answer) {
    ok++;
    versions.merge(answer.version(), 1L, Long::sum);
    instances.merge(answer.instance(), 1L, Long::sum);
  }

  private synchronized void failed(boolean begun, String why) {
    if (stopped) {
      return;
    }
    if (begun) {
      failedAfter++;
    } else {
      failedBefore++;
    }
    if (failures.size() < MAX_FAILURES_KEPT) {
      failures.add(
          LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS) + " " + why);
    }
  }

  @Override
  public void close() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
