package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig.OutlierConfig;
import java.util.random.RandomGenerator;

/**
 * Where one endpoint stands in outlier detection; control loop only. ADMITTED, then EJECTED for the
 * base time multiplied by how often it happened (plus up to a quarter, so that not every sidecar
 * comes back at once), then PROBING, where one request or the active check decides. How often it
 * happened is forgotten one by one, each after twice the base time without another ejection.
 */
final class Ejection {
  enum State {
    ADMITTED,
    EJECTED,
    PROBING
  }

  private final RandomGenerator random;
  private String reason = "";
  private State state = State.ADMITTED;
  private int times;
  private long sinceNanos;
  private long ejectedAtNanos;
  private long untilNanos;

  Ejection(RandomGenerator random, long nowNanos) {
    this.random = random;
    this.sinceNanos = nowNanos;
  }

  State state() {
    return state;
  }

  boolean admitted() {
    return state == State.ADMITTED;
  }

  /** When this state, or the last step of forgetting, began. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Why it was ejected last. */
  String reason() {
    return reason;
  }

  long ejectedAtNanos() {
    return ejectedAtNanos;
  }

  /** When an ejection ends. */
  long untilNanos() {
    return untilNanos;
  }

  int times() {
    return times;
  }

  void eject(OutlierConfig config, String why, long nowNanos) {
    reason = why;
    long base = Math.max(1, config.baseEjectionNanos());
    if (times == 0 || times < config.maxEjectionNanos() / base) {
      times++;
    }
    long duration = base * times;
    duration += random.nextLong(1 + duration / 4);
    state = State.EJECTED;
    sinceNanos = nowNanos;
    ejectedAtNanos = nowNanos;
    untilNanos = nowNanos + duration;
  }

  void probe(long nowNanos) {
    state = State.PROBING;
    sinceNanos = nowNanos;
  }

  void admit(long nowNanos) {
    state = State.ADMITTED;
    sinceNanos = nowNanos;
  }

  void forgive(OutlierConfig config, long nowNanos) {
    long step = 2 * config.baseEjectionNanos();
    if (times > 0 && nowNanos - sinceNanos >= step) {
      times--;
      sinceNanos += step;
    }
  }
}
