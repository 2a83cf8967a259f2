package dev.weft.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Everything on one HTML page that needs nothing else: goals at a glance, a chart per measure. */
public final class Page {
  /** What is drawn, where it was measured, in this order; the last is how it is called. */
  private static final List<List<String>> CHARTS =
      List.of(
          List.of(Measures.CPU, "CPU per request", "us"),
          List.of(Measures.CPU_HANDSHAKE, "CPU per handshake", "us"),
          List.of(Measures.BYTES_PER_CPU, "bytes per CPU second", "MB"),
          List.of(Measures.RATE, "requests per second", ""),
          List.of(Measures.P50, "p50 at saturation", "us"),
          List.of(Measures.P99, "p99 at saturation", "us"),
          List.of(Measures.P50_OWN, "p50 at 70% of its own maximum", "us"),
          List.of(Measures.P99_OWN, "p99 at 70% of its own maximum", "us"),
          List.of(Measures.P50_ENVOY, "p50 at 70% of Envoy's maximum", "us"),
          List.of(Measures.P99_ENVOY, "p99 at 70% of Envoy's maximum", "us"),
          List.of(Measures.RSS_IDLE, "resident memory, idle", "MB"),
          List.of(Measures.RSS_LOAD, "resident memory, under load", "MB"),
          List.of(Measures.BYTES_PER_CONNECTION, "memory per idle connection", "bytes"),
          List.of(Measures.START, "start to listening", "ms"),
          List.of(Measures.ALLOCATED, "heap allocated per request", "bytes"));

  private static final List<String> MORE_IS_BETTER = List.of(Measures.RATE, Measures.BYTES_PER_CPU);

  private Page() {}

  /**
   * The page.
   *
   * @param titles by bench, for people
   */
  public static String html(Results results, List<Goal> goals, Map<String, String> titles) {
    var page = new StringBuilder(HEAD);
    page.append("<header><h1>Weft, beside its peers</h1>");
    page.append(
        "<p>One processor for the proxy under test, another for load and origin; contenders take turns in one run. Bars are medians of the rounds. Only ratios within one chart mean anything.</p>");
    page.append(summary(results, goals)).append("</header><main>");
    page.append(goals(results, goals));
    for (String bench : results.benches()) {
      page.append(
          "<section><h2 id=\"%1$s\">%2$s</h2>"
              .formatted(bench, escape(titles.getOrDefault(bench, bench))));
      page.append("<div class=\"grid\">");
      for (List<String> chart : CHARTS) {
        page.append(chart(results, goals, bench, chart.get(0), chart.get(1), chart.get(2)));
      }
      page.append("</div></section>");
    }
    return page.append("</main></body></html>\n").toString();
  }

  private static String summary(Results results, List<Goal> goals) {
    int met = 0;
    int measured = 0;
    for (Goal goal : goals) {
      Double value = goal.measured(results);
      if (value != null) {
        measured++;
        met += goal.met(value) ? 1 : 0;
      }
    }
    double share = measured == 0 ? 0 : (double) met / measured;
    double around = 2 * Math.PI * 42;
    return String.format(
        Locale.ROOT,
        """
        <svg class="ring" viewBox="0 0 100 100" role="img" aria-label="%1$d of %2$d goals met">
        <circle cx="50" cy="50" r="42" class="track"/>
        <circle cx="50" cy="50" r="42" class="share" stroke-dasharray="%3$.1f %4$.1f" transform="rotate(-90 50 50)"/>
        <text x="50" y="49" class="big">%1$d/%2$d</text><text x="50" y="65" class="small">goals met</text></svg>
        """,
        met,
        measured,
        share * around,
        around);
  }

  /** Each goal a bar: its end is what was measured, the line at two thirds is the goal. */
  private static String goals(Results results, List<Goal> goals) {
    var rows = new StringBuilder();
    for (Goal goal : goals) {
      Double measured = goal.measured(results);
      if (measured == null) {
        continue;
      }
      boolean met = goal.met(measured);
      double ratio =
          goal.atMost() ? measured / goal.limit() : goal.limit() / Math.max(measured, 1e-9);
      double width = Math.min(98, ratio * 66.7);
      rows.append(
          String.format(
              Locale.ROOT,
              """
              <tr class="%s"><td><a href="#%s">%s</a></td><td>%s</td><td>%s</td><td class="n">%s</td>
              <td><svg class="gauge" viewBox="0 0 100 10" preserveAspectRatio="none"><rect y="2" width="%.1f" height="6" rx="1"/>
              <line x1="66.7" x2="66.7" y1="0" y2="10"/></svg></td><td class="verdict">%s</td></tr>
              """,
              met ? "met" : "missed",
              goal.bench(),
              goal.bench(),
              title(goal.measure()),
              escape(goal.text().replace("<= ", "≤ ").replace(">= ", "≥ ")),
              Text.measured(goal, measured),
              width,
              met ? "met" : "missed"));
    }
    return """
        <section><h2>Goals</h2><table><thead><tr><th>bench</th><th>measure</th><th>goal</th><th class="n">measured</th>
        <th>shorter is better; the line is the goal</th><th></th></tr></thead><tbody>
        """
        + rows
        + "</tbody></table></section>";
  }

  private static String title(String measure) {
    for (List<String> chart : CHARTS) {
      if (chart.get(0).equals(measure)) {
        return chart.get(1);
      }
    }
    return measure;
  }

  private record Bar(String name, double value) {}

  private static String chart(
      Results results, List<Goal> goals, String bench, String measure, String title, String unit) {
    var bars = new ArrayList<Bar>();
    for (String contender : results.contenders(bench)) {
      Double value = results.median(bench, contender, measure);
      if (value != null) {
        bars.add(new Bar(contender, value));
      }
    }
    if (bars.isEmpty()) {
      return "";
    }
    double most = bars.stream().mapToDouble(Bar::value).max().orElse(1);
    var lines = new StringBuilder();
    double limit = limit(results, goals, bench, measure);
    most = Math.max(Math.max(most, Double.isNaN(limit) ? 0 : limit), 1e-9);
    int row = 0;
    for (Bar bar : bars) {
      int y = row++ * 26;
      double width = 230 * bar.value() / most;
      lines.append(
          String.format(
              Locale.ROOT,
              "<text x=\"96\" y=\"%d\" class=\"name\">%s</text><rect x=\"104\" y=\"%d\" width=\"%.1f\" height=\"17\" rx=\"3\" class=\"%s\"/><text x=\"%.1f\" y=\"%d\" class=\"value\">%s</text>",
              y + 13,
              bar.name(),
              y,
              Math.max(width, 1.5),
              bar.name().startsWith(Contenders.WEFT) ? "own" : bar.name(),
              104 + Math.max(width, 1.5) + 6,
              y + 13,
              Text.number(bar.value())));
    }
    int height = bars.size() * 26;
    if (!Double.isNaN(limit)) {
      double x = 104 + 230 * limit / most;
      lines.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"-4\" y2=\"%2$d\" class=\"goal\"><title>goal: %3$s</title></line>",
              x,
              height - 4,
              Text.number(limit)));
    }
    return String.format(
        Locale.ROOT,
        """
        <figure><figcaption>%s <span>%s%s</span></figcaption>
        <svg viewBox="0 -6 400 %d" role="img" aria-label="%s">%s</svg></figure>
        """,
        title,
        unit,
        MORE_IS_BETTER.contains(measure)
            ? (unit.isEmpty() ? "more is better" : ", more is better")
            : "",
        height + 6,
        title,
        lines);
  }

  /** The strictest goal of that measure in its own unit, or NaN. */
  private static double limit(Results results, List<Goal> goals, String bench, String measure) {
    double strictest = Double.NaN;
    for (Goal goal : goals) {
      if (!goal.bench().equals(bench) || !goal.measure().equals(measure)) {
        continue;
      }
      Double base =
          goal.reference() == null
              ? Double.valueOf(1)
              : results.median(bench, goal.reference(), measure);
      if (base != null) {
        double limit = goal.limit() * base;
        boolean stricter =
            Double.isNaN(strictest) || (goal.atMost() ? limit < strictest : limit > strictest);
        strictest = stricter ? limit : strictest;
      }
    }
    return strictest;
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }

  private static final String HEAD =
      """
      <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Weft, beside its peers</title>
      <meta name="viewport" content="width=device-width, initial-scale=1"><style>
      :root{--bg:#fbfaf8;--card:#fff;--ink:#23262d;--soft:#6d7380;--line:#e6e3dd;--own:#0f8f7e;--peer:#b9c0cc;--haproxy:#7f9bd1;
      --nginx:#93b98b;--envoy:#c99bc6;--relay:#cfc7b8;--good:#0f8f7e;--bad:#d2603a;--goal:#d2603a}
      @media(prefers-color-scheme:dark){:root{--bg:#16181d;--card:#1e2128;--ink:#e8e9ec;--soft:#979daa;--line:#2d313a;--own:#2cc4ae;
      --peer:#5a6270;--haproxy:#5f7fbd;--nginx:#6d9a66;--envoy:#a577a3;--relay:#7d776b;--good:#2cc4ae;--bad:#ec7f5a;--goal:#ec7f5a}}
      *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
      header{max-width:1180px;margin:0 auto;padding:44px 28px 8px;display:grid;grid-template-columns:1fr 130px;column-gap:32px;align-items:center}
      h1{font-size:34px;letter-spacing:-.02em;margin:0}header p{color:var(--soft);max-width:64ch;margin:8px 0 0;grid-column:1}
      .ring{grid-column:2;grid-row:1/3;width:130px}.track{fill:none;stroke:var(--line);stroke-width:9}
      .share{fill:none;stroke:var(--good);stroke-width:9;stroke-linecap:round}
      .big{font-size:19px;font-weight:650;text-anchor:middle;fill:var(--ink)}.small{font-size:9px;text-anchor:middle;fill:var(--soft)}
      main{max-width:1180px;margin:0 auto;padding:8px 28px 60px}section{margin-top:34px}h2{font-size:19px;letter-spacing:-.01em;margin:0 0 12px}
      .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:14px}
      figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px 10px}
      figcaption{font-weight:600;font-size:14px;margin-bottom:10px}figcaption span{font-weight:400;color:var(--soft)}
      figure svg{width:100%;height:auto;display:block;overflow:visible}
      .name{font-size:12px;text-anchor:end;fill:var(--soft)}.value{font-size:12px;fill:var(--ink);font-variant-numeric:tabular-nums}
      rect{fill:var(--peer)}.own{fill:var(--own)}.haproxy{fill:var(--haproxy)}.nginx{fill:var(--nginx)}.envoy,.envoy-mesh{fill:var(--envoy)}.relay{fill:var(--relay)}
      .goal{stroke:var(--goal);stroke-width:1.6;stroke-dasharray:4 3}
      table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden;font-size:14px}
      th{text-align:left;font-weight:500;color:var(--soft);font-size:12px}th,td{padding:7px 12px;border-bottom:1px solid var(--line)}tr:last-child td{border:0}
      .n{text-align:right;font-variant-numeric:tabular-nums}td a{color:inherit;text-decoration:none;font-weight:600}
      .gauge{width:100%;min-width:180px;height:12px;display:block}.met .gauge rect{fill:var(--good)}.missed .gauge rect{fill:var(--bad)}
      .gauge line{stroke:var(--ink);stroke-width:.7;opacity:.55}.met .verdict{color:var(--good)}.missed .verdict{color:var(--bad);font-weight:600}
      </style></head><body>
      """;
}
