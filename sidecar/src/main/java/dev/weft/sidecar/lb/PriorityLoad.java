package dev.weft.sidecar.lb;

import java.util.Arrays;

/**
 * Which share of the requests each priority takes, by Envoy's formula. A priority's health is its
 * healthy weight over its weight, times the overprovisioning factor, at most 1. In their order each
 * takes what its health allows of what is left; if all together have less than 1, each is scaled up
 * alike. Immutable; made by the control loop, read by every worker.
 *
 * <p>Panic: where that sum is less than 1, a priority of which less than the threshold is healthy
 * uses all of its endpoints; where all are in panic, each takes the share of its weight.
 */
public final class PriorityLoad {
  /** Shares are cut to multiples of one over this. */
  private static final long SCALE = 1L << 32;

  private final double[] shares;
  private final boolean[] panic;

  /** Up to which number, drawn from {@link #SCALE}, a priority has the request. */
  private final long[] upTo;

  private PriorityLoad(double[] shares, boolean[] panic) {
    this.shares = shares;
    this.panic = panic;
    this.upTo = new long[shares.length];
    double sum = 0;
    int last = 0;
    for (int i = 0; i < shares.length; i++) {
      sum += shares[i];
      upTo[i] = Math.round(sum * SCALE);
      last = shares[i] > 0 ? i : last;
    }
    // What rounding has left over goes to somebody who takes requests.
    Arrays.fill(upTo, last, upTo.length, SCALE);
  }

  /**
   * Of priorities with these endpoints.
   *
   * @param healthy by priority, their weight
   * @param total by priority, the weight of all
   * @param overprovisioningPercent at least 100
   * @param panicThresholdPercent 0: no panic
   */
  public static PriorityLoad of(
      long[] healthy, long[] total, int overprovisioningPercent, int panicThresholdPercent) {
    int size = healthy.length;
    double[] health = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      health[i] =
          total[i] == 0
              ? 0
              : Math.min(1, healthy[i] * (overprovisioningPercent / 100.0) / total[i]);
      sum += health[i];
    }
    boolean[] panic = new boolean[size];
    boolean allPanic = size > 0;
    for (int i = 0; i < size; i++) {
      panic[i] = sum < 1 && healthy[i] * 100 < total[i] * panicThresholdPercent;
      allPanic &= panic[i] || total[i] == 0;
    }
    return new PriorityLoad(
        allPanic && sum < 1 && panicThresholdPercent > 0 ? byWeight(total) : taken(health, sum),
        panic);
  }

  private static double[] taken(double[] health, double sum) {
    double[] shares = new double[health.length];
    if (sum == 0) {
      // Nobody: the first is asked, and has none.
      Arrays.fill(shares, 0, Math.min(1, shares.length), 1);
      return shares;
    }
    double left = 1;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = Math.max(0, Math.min(left, health[i] / Math.min(1, sum)));
      left -= shares[i];
    }
    return shares;
  }

  private static double[] byWeight(long[] total) {
    long all = Math.max(1, Arrays.stream(total).sum());
    return Arrays.stream(total).mapToDouble(weight -> (double) weight / all).toArray();
  }

  /** Of all requests, 0 to 1. */
  public double share(int priority) {
    return shares[priority];
  }

  /** Whether all of its endpoints are used, since too few are healthy to be believed. */
  public boolean panic(int priority) {
    return panic[priority];
  }

  /** The priority of the next request. */
  public int draw(ClusterLoad cluster) {
    return at(cluster.nextBelow(SCALE));
  }

  /** The priority of a client's requests, where that decides: the same as long as shares are. */
  public int ofClient(Tried tried) {
    return at(ByClientAddress.mix(tried.client()) >>> 32);
  }

  private int at(long drawn) {
    for (int i = 0; i < upTo.length - 1; i++) {
      if (drawn < upTo[i]) {
        return i;
      }
    }
    return upTo.length - 1;
  }
}
