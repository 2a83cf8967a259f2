package dev.weft.bench.report;

import java.util.List;
import java.util.stream.IntStream;

/** The values of one measure of one contender in one bench, one a round. */
public record Series(String unit, List<Double> values) {
  public double median() {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** As {@link Results#ratio} says; infinite where the other is nothing. */
  double dividedBy(Series other) {
    if (values.size() != other.values.size()) {
      return median() / other.median();
    }
    List<Double> ratios =
        IntStream.range(0, values.size())
            .mapToObj(round -> values.get(round) / other.values.get(round))
            .toList();
    return new Series("", ratios).median();
  }
}
