package dev.weft.soak.fault;

import java.time.Duration;

/**
 * One thing that goes wrong.
 *
 * @param number counted from 1
 * @param target the name of a process, a zone, a link or a service
 * @param lasts how long until it is healed
 * @param quiet how long nothing happens after it was healed
 * @param amount 0 to 999; what it is of is the kind's own affair
 */
public record Fault(
    int number, FaultKind kind, String target, Duration lasts, Duration quiet, int amount) {
  /** For people. */
  public String describe() {
    String time = lasts.isZero() ? "" : String.format(" for %.1f s", lasts.toMillis() / 1000.0);
    return kind.words() + " " + target + time;
  }
}
