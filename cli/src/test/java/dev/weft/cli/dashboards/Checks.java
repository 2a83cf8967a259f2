package dev.weft.cli.dashboards;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weft.cli.dashboards.Dashboard.Query;
import dev.weft.cli.dashboards.Dashboard.Variable;
import dev.weft.testkit.PrometheusServer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks Prometheus what dashboards ask, and says what is wrong with the answers. */
final class Checks {
  /** What Grafana puts in for {@code $__rate_interval}: a few times the interval of scrapes. */
  private static final String INTERVAL = "20s";

  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*), ([a-z_]+)\\)");
  private static final Pattern IN_LEGEND = Pattern.compile("\\{\\{\\s*([a-z_]+)\\s*}}");
  private static final Pattern VARIABLE = Pattern.compile("\\$(?!__)\\{?([a-z_]+)}?");

  private final PrometheusServer prometheus;

  Checks(PrometheusServer prometheus) {
    this.prometheus = prometheus;
  }

  /** What is wrong with a dashboard; empty: every query has an answer with series. */
  List<String> problems(Dashboard dashboard) {
    var problems = new ArrayList<String>();
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (Variable variable : dashboard.variables()) {
      List<String> found = values(variable, values);
      if (found.isEmpty()) {
        problems.add(
            dashboard.title()
                + ", variable "
                + variable.name()
                + " has no value: "
                + variable.query());
      }
      values.put(variable.name(), found);
    }
    dashboard.panels().stream()
        .flatMap(panel -> panel.queries().stream())
        .forEach(query -> problems.addAll(problems(query, values)));
    return problems;
  }

  /**
   * What is wrong with a query.
   *
   * @param values of the variables: with one of them it has to have series
   */
  List<String> problems(Query query, Map<String, List<String>> values) {
    List<String> problems = unknownNames(query.where(), query.expr());
    if (!problems.isEmpty()) {
      return problems;
    }
    String last = "";
    for (String expression : substituted(query.expr(), values)) {
      last = answerProblem(expression, query.legend());
      if (last.isEmpty()) {
        return List.of();
      }
    }
    return List.of(query.where() + ": " + last + ": " + query.expr());
  }

  /** Names in an expression that nothing scraped has. */
  List<String> unknownNames(String where, String expression) {
    PromQl names = PromQl.of(expression);
    Set<String> metrics = new TreeSet<>(names.metrics());
    metrics.removeAll(strings("/api/v1/label/__name__/values", Map.of()));
    Set<String> labels = new TreeSet<>(names.labels());
    labels.removeAll(strings("/api/v1/labels", Map.of()));
    var problems = new ArrayList<String>();
    metrics.forEach(name -> problems.add(where + ": there is no metric " + name));
    labels.forEach(name -> problems.add(where + ": there is no label " + name));
    return problems;
  }

  /** Why an expression is refused; empty: it is not. */
  String error(String expression) {
    JsonObject answer = ask("/api/v1/query", Map.of("query", expression));
    return answer.get("status").getAsString().equals("success")
        ? ""
        : answer.get("error").getAsString();
  }

  private String answerProblem(String expression, String legend) {
    JsonObject answer = ask("/api/v1/query", Map.of("query", expression));
    if (!answer.get("status").getAsString().equals("success")) {
      return "refused, " + answer.get("error").getAsString();
    }
    JsonArray series = answer.getAsJsonObject("data").getAsJsonArray("result");
    for (JsonElement each : series) {
      JsonObject one = each.getAsJsonObject();
      boolean number = !one.getAsJsonArray("value").get(1).getAsString().equals("NaN");
      if (number && hasLabels(one.getAsJsonObject("metric"), legend)) {
        return "";
      }
    }
    return series.isEmpty()
        ? "no series"
        : "of " + series.size() + " series none has a number and what the legend wants";
  }

  private static boolean hasLabels(JsonObject labels, String legend) {
    Matcher wanted = IN_LEGEND.matcher(legend);
    while (wanted.find()) {
      if (!labels.has(wanted.group(1))) {
        return false;
      }
    }
    return true;
  }

  private List<String> values(Variable variable, Map<String, List<String>> known) {
    Matcher call = LABEL_VALUES.matcher(variable.query());
    if (!call.matches()) {
      throw new AssertionError(
          variable.query() + " is more than this test knows: label_values(SERIES, LABEL)");
    }
    var all = new LinkedHashSet<String>();
    for (String series : substituted(call.group(1), known)) {
      all.addAll(strings("/api/v1/label/" + call.group(2) + "/values", Map.of("match[]", series)));
    }
    if (!variable.regex().isEmpty()) {
      Pattern taken = Pattern.compile(variable.regex().substring(1, variable.regex().length() - 1));
      all.removeIf(value -> !taken.matcher(value).find());
    }
    // All of them at once is what is shown first.
    return variable.all() && !all.isEmpty() ? List.of(".*") : List.copyOf(all);
  }

  /** The expression with each combination of values that are put in. */
  private static List<String> substituted(String expression, Map<String, List<String>> values) {
    List<String> all = List.of(expression.replace("$__rate_interval", INTERVAL));
    for (Map.Entry<String, List<String>> variable : values.entrySet()) {
      var next = new ArrayList<String>();
      for (String each : all) {
        if (VARIABLE.matcher(each).results().noneMatch(r -> r.group(1).equals(variable.getKey()))) {
          next.add(each);
          continue;
        }
        for (String value : variable.getValue()) {
          next.add(each.replace("$" + variable.getKey(), value));
        }
      }
      all = next;
    }
    return all;
  }

  private Set<String> strings(String path, Map<String, String> parameters) {
    var all = new TreeSet<String>();
    for (JsonElement each : ask(path, parameters).getAsJsonArray("data")) {
      all.add(each.getAsString());
    }
    return all;
  }

  private JsonObject ask(String path, Map<String, String> parameters) {
    return JsonParser.parseString(prometheus.get(path, parameters)).getAsJsonObject();
  }
}
