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
  /** Of a link that is silent one way, whether it is so for what comes back. */
  boolean back() {
    return amount % 2 == 1;
  }

  /** For people. */
  public String describe() {
    String way =
        kind != FaultKind.LINK_ONE_WAY ? "" : back() ? ", what comes back," : ", what goes there,";
    String time = lasts.isZero() ? "" : String.format(" for %.1f s", lasts.toMillis() / 1000.0);
    return kind.words() + " " + target + way + time;
  }
}
