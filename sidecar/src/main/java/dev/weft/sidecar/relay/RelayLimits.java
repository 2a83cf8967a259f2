package dev.weft.sidecar.relay;

import dev.weft.sidecar.telemetry.Bound;

/**
 * Bounds of a relay.
 *
 * @param idleTimeoutNanos for which neither side may send nothing; a cluster's policy goes before
 */
public record RelayLimits(long idleTimeoutNanos) {
  /** An hour, as the field has it: pools of database connections are idle for long. */
  public static final RelayLimits DEFAULT = new RelayLimits(Bound.TCP_IDLE.value());
}
