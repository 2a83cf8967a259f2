package dev.weft.controlplane.discovery.loop;

import java.lang.System.Logger.Level;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A real thread and the system's clocks. */
public final class EngineThread implements EngineLoop {
  private static final System.Logger LOG = System.getLogger(EngineThread.class.getName());

  private final ScheduledThreadPoolExecutor executor =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("weft-discovery").daemon(true).factory());

  public EngineThread() {
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(() -> run(task));
    } catch (RejectedExecutionException e) {
      // Closed: nobody is interested any more.
    }
  }

  @Override
  public void schedule(long delayNanos, Runnable task) {
    try {
      executor.schedule(() -> run(task), delayNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // Closed: nobody is interested any more.
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a task of the discovery engine failed", e);
    }
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public void close() {
    executor.shutdown();
  }
}
