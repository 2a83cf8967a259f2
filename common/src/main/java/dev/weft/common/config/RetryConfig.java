package dev.weft.common.config;

import java.util.EnumSet;
import java.util.Set;

/**
 * When and how often an attempt is made again (design, section 5). Idempotence is required for
 * every reason but {@link RetryOn#CONNECT_FAILURE}.
 *
 * @param attempts after the first, 0 to 10
 * @param budgetPercent retries as a share of requests, 0 to 100, saved up over a while and counted
 *     per worker and cluster; 0: none
 * @param grpcStatuses a bit for each status of a gRPC call for which it is made again, whatever the
 *     method: who names one says that the calls are safe
 * @param statuses HTTP statuses for which it is made again, whatever the method, for that reason
 * @param minBackoffNanos what is waited at least before every further attempt, the first one too
 */
public record RetryConfig(
    int attempts,
    Set<RetryOn> on,
    int budgetPercent,
    long baseBackoffNanos,
    long maxBackoffNanos,
    int grpcStatuses,
    Set<Integer> statuses,
    long minBackoffNanos) {
  /** Two further attempts where nothing was delivered or the request is idempotent; 20% budget. */
  public static final RetryConfig DEFAULT =
      new RetryConfig(
          2,
          EnumSet.of(RetryOn.CONNECT_FAILURE, RetryOn.RESET, RetryOn.GATEWAY_ERROR),
          20,
          5_000_000L,
          50_000_000L,
          0);

  public static final RetryConfig NEVER =
      new RetryConfig(0, EnumSet.noneOf(RetryOn.class), 0, 0, 0, 0);

  public RetryConfig {
    on = Set.copyOf(on);
    statuses = Set.copyOf(statuses);
  }

  /** A policy that names no HTTP status, and may try again at once. */
  public RetryConfig(
      int attempts,
      Set<RetryOn> on,
      int budgetPercent,
      long baseBackoffNanos,
      long maxBackoffNanos,
      int grpcStatuses) {
    this(attempts, on, budgetPercent, baseBackoffNanos, maxBackoffNanos, grpcStatuses, Set.of(), 0);
  }

  public enum RetryOn {
    CONNECT_FAILURE,
    RESET,
    GATEWAY_ERROR,
    SERVER_ERROR,
    PER_TRY_TIMEOUT
  }
}
