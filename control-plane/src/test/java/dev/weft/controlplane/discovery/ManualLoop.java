package dev.weft.controlplane.discovery;

import dev.weft.controlplane.discovery.loop.EngineLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/** A loop that runs on the test's thread, when told, with a time of its own. */
final class ManualLoop implements EngineLoop {
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::order));
  private long now = 1_000_000_000L;
  private long order;

  private record Timer(long at, long order, Runnable task) {}

  @Override
  public synchronized void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public synchronized void schedule(long delayNanos, Runnable task) {
    order++;
    timers.add(new Timer(now + delayNanos, order, task));
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public long wallMillis() {
    return now / 1_000_000;
  }

  /** Runs everything that was handed over, and what follows from it. */
  void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** What is being done takes so long. */
  void take(Duration time) {
    now += time.toNanos();
  }

  /** Lets time pass, and runs what is due in it. */
  void pass(Duration time) {
    run();
    long end = now + time.toNanos();
    for (Timer next = timers.peek(); next != null && next.at() <= end; next = timers.peek()) {
      timers.poll();
      now = Math.max(now, next.at());
      next.task().run();
      run();
    }
    now = Math.max(now, end);
  }

  @Override
  public void close() {}
}
