package dev.weft.sidecar.upstream;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.telemetry.Bound;

/**
 * Bounds of a worker's upstream side that no cluster's policy sets.
 *
 * @param idleTimeoutNanos after which a connection without a request is closed: less than a peer's
 *     sidecar and most servers of HTTP/2 wait, so that we close first
 * @param appIdleTimeoutNanos the same for HTTP/1.1 towards an application, of which many wait 5 s;
 *     what the application's {@code Keep-Alive} header says comes first
 * @param maxStreams under way at once on one HTTP/2 connection, if its peer allows as many
 */
public record UpstreamLimits(
    ConnectionLimits http1,
    Http2Limits http2,
    long idleTimeoutNanos,
    long appIdleTimeoutNanos,
    int maxStreams) {
  public static final UpstreamLimits DEFAULT = of(ConnectionLimits.DEFAULT, Http2Limits.DEFAULT);

  /** With the heads and the windows of callers' connections as the measure of our own. */
  public static UpstreamLimits of(ConnectionLimits http1, Http2Limits http2) {
    return new UpstreamLimits(
        http1,
        http2.towardsEndpoint(),
        Bound.UPSTREAM_IDLE.value(),
        Bound.UPSTREAM_APP_IDLE.value(),
        Bound.UPSTREAM_STREAMS.intValue());
  }
}
