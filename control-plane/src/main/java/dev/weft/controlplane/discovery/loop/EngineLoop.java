package dev.weft.controlplane.discovery.loop;

/**
 * The one thread that owns everything of the discovery engine, and its time. {@link #execute} and
 * {@link #schedule} may be called from any thread; a task that throws does not end the loop.
 */
public interface EngineLoop extends AutoCloseable {
  /** Runs the task on the loop, after those that were handed over before. */
  void execute(Runnable task);

  /** Runs the task on the loop, not before the delay in nanoseconds has passed. */
  void schedule(long delayNanos, Runnable task);

  /** Monotonic, with an arbitrary origin. */
  long nanoTime();

  /** UTC milliseconds since 1970. */
  long wallMillis();

  /** Runs nothing any more; what waits is dropped. */
  @Override
  void close();
}
