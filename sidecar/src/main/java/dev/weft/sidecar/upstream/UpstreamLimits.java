package dev.weft.sidecar.upstream;

import dev.weft.sidecar.codec.Http1Limits;
import dev.weft.sidecar.telemetry.Bound;

/**
 * Bounds of a worker's upstream side that no cluster's policy sets.
 *
 * @param idleTimeoutNanos after which a pooled connection is closed: less than servers usually
 *     wait, so that we close first
 */
public record UpstreamLimits(Http1Limits http1, long idleTimeoutNanos) {
  public static final UpstreamLimits DEFAULT =
      new UpstreamLimits(Http1Limits.DEFAULT, Bound.UPSTREAM_IDLE.value());
}
