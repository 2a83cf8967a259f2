package dev.weft.sidecar.upstream;

import dev.weft.common.config.RetryConfig;
import java.util.random.RandomGenerator;

/** Counts one request's attempts and says whether another may follow. Reused; one worker. */
final class Attempts {
  private int count;
  private int retries;
  private boolean resent;
  private boolean underWay;
  private boolean exhausted;

  void begin() {
    count = 0;
    retries = 0;
    resent = false;
    underWay = false;
    exhausted = false;
  }

  void next() {
    count++;
    underWay = true;
  }

  /** True once per attempt: the first time that its end is told. */
  boolean end() {
    boolean was = underWay;
    underWay = false;
    return was;
  }

  int count() {
    return count;
  }

  boolean exhausted() {
    return exhausted;
  }

  void exhaust() {
    exhausted = count > 1;
  }

  /**
   * Whether the request may be sent again after a kept-alive connection turned out to be closed:
   * once, beside the retry policy, on a new connection.
   */
  boolean mayResend() {
    boolean may = !resent;
    resent = true;
    return may;
  }

  /** Whether the retry that was just counted is the first. */
  boolean firstRetry() {
    return retries == 1;
  }

  boolean mayRetry(RetryConfig retry) {
    return retries < retry.attempts();
  }

  /** Counts a retry and says how long to wait for it: half to whole of a doubling back-off. */
  long backoffNanos(RetryConfig retry, RandomGenerator random) {
    long doubled = retry.baseBackoffNanos() << Math.min(retries, 16);
    retries++;
    long most = Math.max(1, Math.min(doubled, retry.maxBackoffNanos()));
    return most / 2 + random.nextLong(most / 2 + 1);
  }
}
