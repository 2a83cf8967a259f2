package dev.weft.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Every figure of a run, by bench, contender and measure, in the order in which they came. */
public final class Results {
  private static final Pattern ROW =
      Pattern.compile(
          "\\{\"bench\": \"([^\"]*)\", \"contender\": \"([^\"]*)\", \"measure\": \"([^\"]*)\", \"value\": [^,]*, \"unit\": \"([^\"]*)\", \"rounds\": \\[([^]]*)]\\}");

  private final Map<String, Map<String, Map<String, Series>>> byBench = new LinkedHashMap<>();

  public void add(String bench, String contender, String measure, double value, String unit) {
    byBench
        .computeIfAbsent(bench, name -> new LinkedHashMap<>())
        .computeIfAbsent(contender, name -> new LinkedHashMap<>())
        .computeIfAbsent(measure, name -> new Series(unit, new ArrayList<>()))
        .values()
        .add(value);
  }

  /** Forgets what is known of a bench, which is about to be measured anew. */
  public void forget(String bench) {
    byBench.remove(bench);
  }

  public List<String> benches() {
    return List.copyOf(byBench.keySet());
  }

  public List<String> contenders(String bench) {
    return List.copyOf(byBench.getOrDefault(bench, Map.of()).keySet());
  }

  public Map<String, Series> measures(String bench, String contender) {
    return Collections.unmodifiableMap(
        byBench.getOrDefault(bench, Map.of()).getOrDefault(contender, Map.of()));
  }

  /** The median, or null when it was not measured. */
  public @Nullable Double median(String bench, String contender, String measure) {
    Series series = measures(bench, contender).get(measure);
    return series == null ? null : series.median();
  }

  /**
   * How many times the reference's a measure is: the median of the rounds' own ratios where both
   * went the same rounds, because what a round costs changes with the machine's neighbours, and
   * contenders that take turns share that; else the ratio of the medians. Null when one of both was
   * not measured.
   */
  public @Nullable Double ratio(String bench, String contender, String measure, String reference) {
    Series own = measures(bench, contender).get(measure);
    Series base = measures(bench, reference).get(measure);
    return own == null || base == null ? null : own.dividedBy(base);
  }

  /**
   * Writes one JSON array of rows {bench, contender, measure, value, unit, rounds}; the value is
   * the median of the rounds.
   *
   * @throws IOException when the file cannot be written
   */
  public void writeJson(Path file) throws IOException {
    var lines = new ArrayList<String>();
    byBench.forEach(
        (bench, contenders) ->
            contenders.forEach(
                (contender, measures) ->
                    measures.forEach(
                        (measure, series) -> lines.add(row(bench, contender, measure, series)))));
    Files.writeString(file, "[\n  " + String.join(",\n  ", lines) + "\n]\n");
  }

  /**
   * Adds the rows of such a file.
   *
   * @throws IOException when it cannot be read
   */
  public void readJson(Path file) throws IOException {
    Matcher rows = ROW.matcher(Files.readString(file));
    while (rows.find()) {
      for (String value : rows.group(5).split(", ")) {
        add(rows.group(1), rows.group(2), rows.group(3), Double.parseDouble(value), rows.group(4));
      }
    }
  }

  // Names and units are our own: nothing in them is to be escaped.
  private static String row(String bench, String contender, String measure, Series series) {
    return "{\"bench\": \"%s\", \"contender\": \"%s\", \"measure\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"rounds\": %s}"
        .formatted(bench, contender, measure, series.median(), series.unit(), series.values());
  }
}
