package dev.weft.cli;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls that are made again and again, each some time after its own end, and that can be let rest.
 * On threads of their own; the methods are for one.
 */
final class PacedCalls implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final ScheduledExecutorService threads;
  private final Queue<String> failures;
  private final AtomicLong underWay = new AtomicLong();
  private volatile boolean going = true;

  /**
   * @param threads how many calls there are at most
   * @param failures where it is told that a call threw
   */
  PacedCalls(int threads, Queue<String> failures) {
    this.threads = Executors.newScheduledThreadPool(threads);
    this.failures = failures;
  }

  /** From now on, as often as that after its end. */
  void every(long millis, Runnable call) {
    var _ = threads.scheduleWithFixedDelay(() -> once(call), 0, millis, TimeUnit.MILLISECONDS);
  }

  /** None begins any more; none is under way when it returns. */
  void rest() {
    going = false;
    await().atMost(PATIENCE).until(() -> underWay.get() == 0);
  }

  void goOn() {
    going = true;
  }

  private void once(Runnable call) {
    // Before the look at the flag: whoever lets them rest then sees this one.
    underWay.incrementAndGet();
    try {
      if (going) {
        call.run();
      }
    } catch (RuntimeException e) {
      // A schedule would end without a word.
      if (!threads.isShutdown()) {
        failures.add(e.toString());
      }
    } finally {
      underWay.decrementAndGet();
    }
  }

  /** Returns when all threads have ended. */
  @Override
  public void close() {
    threads.shutdownNow();
    await().atMost(PATIENCE).until(threads::isTerminated);
  }
}
