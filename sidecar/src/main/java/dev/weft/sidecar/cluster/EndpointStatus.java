package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.sidecar.lb.SlowStart;
import java.util.Map;

/**
 * An endpoint for people to read ({@code /clusters}).
 *
 * @param reason why it is not {@link Health#HEALTHY}; else empty
 * @param ejectedForNanos how long an ejection lasts still; 0 if there is none
 * @param timesEjected what the next ejection's time is multiplied with, less one
 * @param inflight attempts under way, over all workers
 * @param weightPercent how much of its weight it has: less than 100 in a slow start
 * @param ewmaNanos peak-sensitive moving average of latency, the workers' mean; -1 if unknown
 */
public record EndpointStatus(
    EndpointConfig config,
    Health health,
    String reason,
    long ejectedForNanos,
    int timesEjected,
    int inflight,
    int weightPercent,
    long ewmaNanos,
    Map<Stat, Long> totals) {
  /** What a picker makes of the endpoint. */
  public enum Health {
    HEALTHY,
    /** Takes traffic, not checked yet. */
    UNCHECKED,
    /** Fails active checks; never picked. */
    UNHEALTHY,
    /** Picked only when nobody else is left. */
    EJECTED,
    /** One request, or the next active check, will decide. */
    PROBING
  }

  public EndpointStatus {
    totals = Map.copyOf(totals);
  }

  static EndpointStatus of(EndpointTracker endpoint, ClusterConfig config, long nowNanos) {
    boolean checked = config.healthCheck() != null;
    ActiveHealth active = endpoint.activeHealth();
    Ejection ejection = endpoint.ejection();
    Health health = health(active, ejection, checked);
    String reason =
        switch (health) {
          case HEALTHY -> "";
          case UNCHECKED -> "no active check has ended yet";
          case UNHEALTHY -> "active check: " + active.lastFailure();
          case EJECTED -> ejection.reason();
          case PROBING ->
              checked
                  ? "was ejected; the next active check decides"
                  : "was ejected; one request decides";
        };
    return new EndpointStatus(
        endpoint.config(),
        health,
        reason,
        health == Health.EJECTED ? Math.max(0, ejection.untilNanos() - nowNanos) : 0,
        ejection.times(),
        endpoint.inflight(),
        PickerFactory.slowStart(config).share(endpoint.ageNanos(nowNanos)) * 100 / SlowStart.WHOLE,
        endpoint.displayLatencyNanos(),
        endpoint.totals());
  }

  private static Health health(ActiveHealth active, Ejection ejection, boolean checked) {
    if (active.failing()) {
      return Health.UNHEALTHY;
    }
    return switch (ejection.state()) {
      case EJECTED -> Health.EJECTED;
      case PROBING -> Health.PROBING;
      case ADMITTED ->
          checked && active.state() == ActiveHealth.State.UNCHECKED
              ? Health.UNCHECKED
              : Health.HEALTHY;
    };
  }
}
