package dev.weft.sidecar.upstream;

import dev.weft.sidecar.telemetry.Bound;

/**
 * Keeps retries a bounded share of the requests, so that they cannot become a storm: every request
 * puts a share of a retry into the bucket, every retry takes one out. What was put in over some
 * time may be used at once, since the requests that a crash interrupts come at once; and some
 * retries a second are always allowed. Per worker and cluster.
 */
final class RetryBudget {
  private static final double ALWAYS_PER_SECOND = 10;

  /** What can be saved up, whatever the load was. */
  private static final double MAX_SAVED = Bound.RETRIES_SAVED.value();

  private double tokens = 100;
  private long since;

  RetryBudget(long nowNanos) {
    since = nowNanos;
  }

  /** A request was begun. */
  void request(int percent) {
    tokens = Math.min(MAX_SAVED, tokens + percent / 100.0);
  }

  /** Whether a retry may be made now; then it counts. */
  boolean tryRetry(int percent, long nowNanos) {
    if (percent == 0) {
      return false;
    }
    double seconds = Math.max(0, nowNanos - since) / 1e9;
    since = nowNanos;
    tokens = Math.min(MAX_SAVED, tokens + seconds * ALWAYS_PER_SECOND);
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
