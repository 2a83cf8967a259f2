package dev.weft.sidecar.lb;

/**
 * How much of its weight an endpoint has that is new or back: from a least share to all of it, in
 * proportion to the time. Immutable.
 *
 * @param windowNanos how long it grows; 0: it is whole at once
 * @param minPercent with which share it begins, 1 to 100
 */
public record SlowStart(long windowNanos, int minPercent) {
  /** What a whole weight becomes where one of the list is not whole: shares need finer steps. */
  public static final int WHOLE = 1000;

  /** In how many steps a weight grows, at most. */
  private static final int STEPS = 64;

  /** Whether an endpoint of that age has not its whole weight yet. */
  public boolean growing(long ageNanos) {
    return windowNanos > 0 && ageNanos < windowNanos;
  }

  /** Of {@link #WHOLE}, at least 1. */
  public int share(long ageNanos) {
    if (!growing(ageNanos)) {
      return WHOLE;
    }
    long grown = Math.max(0, ageNanos) / Math.max(1, windowNanos / WHOLE);
    return (int) Math.min(WHOLE, Math.max(grown, minPercent * WHOLE / 100));
  }

  /** After which time it is worth while to look again. */
  public long stepNanos() {
    return windowNanos / STEPS;
  }
}
