package dev.weft.controlplane.limit;

/** So much at once, and so much again with time: a token bucket. Not for two threads at a time. */
public final class Allowance {
  private static final double NANOS = 1e9;

  private final double most;
  private final double perSecond;
  private double left;
  private long atNanos;

  /**
   * A full one.
   *
   * @param most what may be taken at once
   * @param perSecond what comes back
   */
  public Allowance(double most, double perSecond, long nowNanos) {
    this.most = most;
    this.perSecond = perSecond;
    this.left = most;
    this.atNanos = nowNanos;
  }

  /** Takes one, if there is one. */
  public boolean take(long nowNanos) {
    if (left(nowNanos) < 1) {
      return false;
    }
    left--;
    return true;
  }

  /** Takes that much whatever is left, to be made up for; a debt is no greater than a full one. */
  public void spend(double amount, long nowNanos) {
    left = Math.max(left(nowNanos) - amount, -most);
  }

  /** What is left; negative: a debt. */
  public double left(long nowNanos) {
    left = Math.min(most, left + Math.max(0, nowNanos - atNanos) / NANOS * perSecond);
    atNanos = nowNanos;
    return left;
  }

  /** How long until there is one; 0: there is. */
  public long nanosUntilNext(long nowNanos) {
    return (long) Math.ceil(Math.max(0, 1 - left(nowNanos)) / perSecond * NANOS);
  }

  /** Whether nothing was taken, as far as one can still tell. */
  public boolean full(long nowNanos) {
    return left(nowNanos) >= most;
  }
}
