package dev.weft.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects every round's figures per contender and measure; prints medians beside the ratio to a
 * reference.
 */
final class Report {
  private final String bench;
  private final Map<String, Map<String, Series>> byContender = new LinkedHashMap<>();

  Report(String bench) {
    this.bench = bench;
  }

  private record Series(String unit, List<Double> values) {
    double median() {
      double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
  }

  void add(String contender, String measure, double value, String unit) {
    byContender
        .computeIfAbsent(contender, name -> new LinkedHashMap<>())
        .computeIfAbsent(measure, name -> new Series(unit, new ArrayList<>()))
        .values()
        .add(value);
  }

  /**
   * A table: one row per measure, one column per contender, median and ratio to {@code reference}.
   */
  void print(PrintWriter out, String reference) {
    Map<String, Series> base = byContender.getOrDefault(reference, Map.of());
    out.printf("%n%-22s", bench);
    byContender.keySet().forEach(name -> out.printf("%24s", name));
    out.println();
    for (String measure : byContender.values().iterator().next().keySet()) {
      out.printf("%-22s", measure);
      for (Map<String, Series> measures : byContender.values()) {
        Series series = measures.get(measure);
        if (series == null) {
          out.printf("%24s", "-");
          continue;
        }
        Series reference0 = base.get(measure);
        String ratio =
            reference0 == null || reference0.median() == 0
                ? ""
                : " (%.2fx)".formatted(series.median() / reference0.median());
        out.printf("%24s", "%,.1f%s".formatted(series.median(), ratio));
      }
      out.println();
    }
    out.println(
        "(medians of the rounds; in brackets the ratio to "
            + reference
            + "; absolute times mean little)");
    out.flush();
  }

  /** One JSON array of rows {bench, contender, measure, value, unit}; the values are medians. */
  void writeJson(Path file) throws IOException {
    var rows = new ArrayList<String>();
    byContender.forEach(
        (contender, measures) ->
            measures.forEach(
                (measure, series) ->
                    rows.add(
                        "  {\"bench\": \"%s\", \"contender\": \"%s\", \"measure\": \"%s\", \"value\": %s, \"unit\": \"%s\"}"
                            .formatted(
                                bench, contender, measure, series.median(), series.unit()))));
    Files.write(file, Arrays.asList("[", String.join(",\n", rows), "]"));
  }
}
