package dev.weft.bench.cluster;

import java.util.Arrays;
import java.util.Collection;

/** Times in milliseconds, in order. */
public record Percentiles(double[] sorted) {
  static Percentiles of(Collection<Double> millis) {
    double[] all = millis.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(all);
    return new Percentiles(all);
  }

  /**
   * The least time that so many of a hundred do not exceed.
   *
   * @throws IllegalStateException when nothing was measured
   */
  public double at(int percent) {
    if (sorted.length == 0) {
      throw new IllegalStateException("nothing was measured");
    }
    int rank = (sorted.length * percent + 99) / 100;
    return sorted[Math.max(rank, 1) - 1];
  }

  public double median() {
    return at(50);
  }

  public int count() {
    return sorted.length;
  }
}
