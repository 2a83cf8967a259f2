package dev.weft.bench.report;

import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The figures as tables in plain text, and the goals as a table in Markdown. */
public final class Text {
  private Text() {}

  /** One row per measure, one column per contender: median and ratio to {@code reference}. */
  public static void print(Results results, String bench, String reference, PrintWriter out) {
    Map<String, Series> base = results.measures(bench, reference);
    Set<String> measures = new LinkedHashSet<>();
    out.printf(Locale.ROOT, "%n%-28s", bench);
    for (String contender : results.contenders(bench)) {
      out.printf(Locale.ROOT, "%20s", contender);
      measures.addAll(results.measures(bench, contender).keySet());
    }
    out.println();
    for (String measure : measures) {
      out.printf(Locale.ROOT, "%-28s", measure);
      for (String contender : results.contenders(bench)) {
        Series series = results.measures(bench, contender).get(measure);
        out.printf(Locale.ROOT, "%20s", series == null ? "-" : cell(series, base.get(measure)));
      }
      out.println();
    }
    out.println(
        "(medians of the rounds; in brackets the ratio to "
            + reference
            + ", round by round; absolute times mean little)");
    out.flush();
  }

  /** One line a goal: what was wanted, what was measured, met or missed. */
  public static void goals(Results results, List<Goal> goals, PrintWriter out) {
    out.printf(Locale.ROOT, "%n%-16s%-30s%-24s%-12s%n", "bench", "measure", "goal", "measured");
    for (Goal goal : goals) {
      Double measured = goal.measured(results);
      if (measured != null) {
        out.printf(
            Locale.ROOT,
            "%-16s%-30s%-24s%-12s%s%n",
            goal.bench(),
            goal.measure(),
            goal.text(),
            measured(goal, measured),
            goal.met(measured) ? "met" : "MISSED");
      }
    }
    out.flush();
  }

  /** One line a measure of Weft: what was measured, and beside it the goal where there is one. */
  public static void verdicts(Results results, String bench, List<Goal> goals, PrintWriter out) {
    out.printf(Locale.ROOT, "%n%-32s%12s %-6s%-12s%n", bench, "measured", "", "goal");
    results
        .measures(bench, Contenders.WEFT)
        .forEach(
            (measure, series) -> {
              String goal = "";
              String verdict = "";
              for (Goal each : goals) {
                if (each.bench().equals(bench) && each.measure().equals(measure)) {
                  goal = each.text();
                  verdict = each.met(series.median()) ? "met" : "MISSED";
                }
              }
              out.println(
                  String.format(
                          Locale.ROOT,
                          "%-32s%12s %-6s%-12s%s",
                          measure,
                          number(series.median()),
                          series.unit(),
                          goal,
                          verdict)
                      .stripTrailing());
            });
    out.flush();
  }

  /** The same as a table in Markdown, without what was not measured. */
  public static String markdown(Results results, List<Goal> goals) {
    var text =
        new StringBuilder("| bench | measure | goal | measured | |\n|---|---|---|---|---|\n");
    for (Goal goal : goals) {
      Double measured = goal.measured(results);
      if (measured != null) {
        text.append(
            "| %s | %s | %s | %s | %s |\n"
                .formatted(
                    goal.bench(),
                    goal.measure(),
                    goal.text(),
                    measured(goal, measured),
                    goal.met(measured) ? "met" : "**missed**"));
      }
    }
    return text.toString();
  }

  static String measured(Goal goal, double measured) {
    return goal.reference() == null
        ? number(measured)
        : String.format(Locale.ROOT, "%.2fx", measured);
  }

  /** Three digits that mean something, or whole. */
  static String number(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%,.1f" : "%,.0f", value);
  }

  private static String cell(Series series, @org.jspecify.annotations.Nullable Series base) {
    double value = series.median();
    return base == null || base.median() == 0
        ? number(value)
        : String.format(Locale.ROOT, "%s (%.2fx)", number(value), series.dividedBy(base));
  }
}
