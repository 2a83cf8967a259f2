package dev.weft.sidecar.upstream;

import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Counts one request's attempts and says whether another may follow. Reused; one worker. */
final class Attempts {
  private RetryConfig retry = RetryConfig.NEVER;
  private int count;
  private int retries;
  private int seen;
  private boolean resent;
  private boolean underWay;
  private boolean exhausted;

  void begin() {
    retry = RetryConfig.NEVER;
    count = 0;
    retries = 0;
    seen = 0;
    resent = false;
    underWay = false;
    exhausted = false;
  }

  void policy(RetryConfig config) {
    retry = config;
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

  /** How many attempts before this one a server may have seen. */
  int seen() {
    return seen;
  }

  /** Whether the policy wanted another attempt that was not to be had. */
  boolean exhausted() {
    return exhausted;
  }

  /** Whether the policy has any retry at all. */
  boolean retries() {
    return retry.attempts() > 0;
  }

  /** Which reason of a policy a response's status is, if any. */
  @Nullable RetryOn reasonOf(int status, boolean undelivered) {
    if (undelivered) {
      return RetryOn.CONNECT_FAILURE;
    }
    if (status < 500) {
      return null;
    }
    boolean gateway = status >= 502 && status <= 504;
    return gateway && retry.on().contains(RetryOn.GATEWAY_ERROR)
        ? RetryOn.GATEWAY_ERROR
        : RetryOn.SERVER_ERROR;
  }

  /** Whether the policy retries for that reason, as far as the request itself is concerned. */
  boolean wants(@Nullable RetryOn reason, boolean undelivered, HeadView request) {
    return reason != null
        && retry.on().contains(reason)
        && (undelivered || Methods.isIdempotent(request));
  }

  /** Whether the policy retries for that status: whoever names one says that calls are safe. */
  boolean wantsGrpc(int grpcStatus) {
    return grpcStatus > 0 && (retry.grpcStatuses() & 1 << grpcStatus) != 0;
  }

  /** Whether the policy retries for that HTTP status, for the same reason. */
  boolean wantsStatus(int status) {
    return !retry.statuses().isEmpty() && retry.statuses().contains(status);
  }

  /**
   * Whether one more retry is left, of the policy and of the budget; if so, it counts.
   *
   * @param undelivered whether no server can have seen the attempt
   */
  boolean tryRetry(
      Upstream upstream, RetryBudget budget, boolean inTime, boolean undelivered, long nowNanos) {
    if (retries >= retry.attempts() || !inTime) {
      if (inTime && retries > 0) {
        upstream.reached(Bound.RETRIES);
      }
      exhausted = count > 1;
      return false;
    }
    if (!budget.tryRetry(retry.budgetPercent(), nowNanos)) {
      upstream.count(WorkerCounter.UPSTREAM_RQ_RETRY_OVERFLOW);
      upstream.reached(Bound.RETRY_BUDGET);
      exhausted = count > 1;
      return false;
    }
    retries++;
    seen += undelivered ? 0 : 1;
    return true;
  }

  /**
   * Whether the request may be sent again, once and beside the retry policy, after a kept
   * connection turned out to be closed (RFC 9112, section 9.3.1) or its peer has said that it did
   * not look at it (RFC 9113, section 8.7).
   *
   * @param undelivered whether it provably was not: then the method does not matter
   */
  boolean mayResend(boolean undelivered, HeadView request) {
    boolean may = !resent && (undelivered || Methods.isIdempotent(request));
    resent = true;
    return may;
  }

  /**
   * How long to wait before the retry that was just counted: no longer than it has to for the
   * first, since another endpoint is likely to be well; then half to whole of a doubling back-off.
   */
  long backoffNanos(RandomGenerator random) {
    if (retries <= 1) {
      return retry.minBackoffNanos();
    }
    long doubled = retry.baseBackoffNanos() << Math.min(retries - 2, 16);
    long most = Math.max(1, Math.min(doubled, retry.maxBackoffNanos()));
    return Math.max(retry.minBackoffNanos(), most / 2 + random.nextLong(most / 2 + 1));
  }
}
