package dev.weft.soak.load;

import java.util.Locale;

/**
 * Whether a load was what it was to be. A request that is held back since too many are under way
 * has not failed; but when most of them are, nothing has been shown. Pure.
 *
 * @param due requests that should have been sent
 * @param heldBack those of them that were not
 */
public record Pressure(long due, long heldBack) {
  /**
   * Of a whole run. A thousand may be under way, which at the usual rate is all that comes in six
   * seconds: three minutes of faults held back none.
   */
  private static final double MET = 0.95;

  /** Of the time of one fault. */
  private static final double STALLED = 0.5;

  /** What has come since. */
  public Pressure since(Pressure before) {
    return new Pressure(due - before.due, heldBack - before.heldBack);
  }

  /** Whether nearly everything was sent. */
  public boolean met() {
    return heldBack <= due * (1 - MET);
  }

  /** Whether most was not sent. */
  public boolean stalled() {
    return heldBack > due * STALLED;
  }

  /** For people. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "%,d of %,d requests were held back, since those before them had no answer",
        heldBack,
        due);
  }
}
