package dev.weft.bench.report;

import java.util.List;

/** The values of one measure of one contender in one bench, one a round. */
public record Series(String unit, List<Double> values) {
  public double median() {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
