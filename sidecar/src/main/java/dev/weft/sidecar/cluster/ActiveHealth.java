package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;

/**
 * What active checks say of one endpoint; control loop only. A newcomer takes traffic at once: its
 * own sidecar has found it ready before it was announced. The first check decides by itself, in
 * both directions, since nothing else is known; from then on the thresholds count.
 */
final class ActiveHealth {
  enum State {
    UNCHECKED,
    HEALTHY,
    UNHEALTHY
  }

  private State state = State.UNCHECKED;
  private int run;
  private String lastFailure = "";

  State state() {
    return state;
  }

  boolean failing() {
    return state == State.UNHEALTHY;
  }

  /** Why the last failed check failed; empty if none did since it is healthy. */
  String lastFailure() {
    return lastFailure;
  }

  /** Returns whether the state has changed. */
  boolean onResult(boolean healthy, String failure, HealthCheckConfig config) {
    if (!healthy) {
      lastFailure = failure;
    }
    State told = healthy ? State.HEALTHY : State.UNHEALTHY;
    if (state == told) {
      run = 0;
      return false;
    }
    run++;
    int needed = healthy ? config.healthyThreshold() : config.unhealthyThreshold();
    if (state != State.UNCHECKED && run < needed) {
      return false;
    }
    state = told;
    run = 0;
    if (healthy) {
      lastFailure = "";
    }
    return true;
  }

  /** Checks are not configured any more. Returns whether the state has changed. */
  boolean reset() {
    boolean changed = failing();
    state = State.UNCHECKED;
    run = 0;
    lastFailure = "";
    return changed;
  }
}
