package dev.weft.common.config;

import dev.weft.common.head.HeadEdits;
import java.util.List;

/**
 * One route: what it matches and what happens then. Times in nanoseconds; 0 is no limit.
 *
 * @param backends at least one, of which at least one has a weight above 0 unless all requests are
 *     to be answered 500
 * @param perTryCoversResponse whether {@code perTryTimeoutNanos} lasts until the last byte of an
 *     attempt's response, not until its head
 * @param streamIdleTimeoutNanos how long no byte may move in either direction; {@link
 *     #DEFAULT_IDLE}: the sidecar's default
 */
public record RouteConfig(
    String name,
    List<Origin> origins,
    MatchConfig match,
    List<BackendConfig> backends,
    HeadEdits requestEdits,
    HeadEdits responseEdits,
    long requestTimeoutNanos,
    long perTryTimeoutNanos,
    boolean perTryCoversResponse,
    long streamIdleTimeoutNanos,
    RetryConfig retry,
    RouteFilterConfig filters) {
  /** A stream idle timeout that nobody has set. */
  public static final long DEFAULT_IDLE = -1;

  public RouteConfig {
    origins = List.copyOf(origins);
    backends = List.copyOf(backends);
  }
}
