package dev.weft.cli.dashboards;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The alerts, what {@code docs/runbooks} says of them, and the guides that list what there is.
 * Pure, but for {@link #read}.
 *
 * @param alerts the text of {@code alerts.yaml}
 * @param runbooks the text of each file of the runbooks, by its name
 * @param metrics the guide of metrics, which is held to what is exported
 * @param limits the guide of limits, which is held to the code
 */
record Runbooks(String alerts, Map<String, String> runbooks, String metrics, String limits) {
  static final Path DOCS = Path.of("../docs");
  private static final String INDEX = "README.md";
  private static final List<String> PARTS =
      List.of("**It means**", "**Meanwhile**", "**Look**", "**Do**", "**It ends**");
  private static final Pattern SECTION = Pattern.compile("(?ms)^## (Weft\\w+)\\n(.*?)(?=^## |\\z)");
  private static final Pattern METRIC_ROW =
      Pattern.compile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| ([^|]*) \\|");
  private static final Pattern LIMIT_ROW = Pattern.compile("(?m)^\\| `?([a-z0-9-]+)`? \\|");
  private static final Pattern LIMIT_MATCHER =
      Pattern.compile("(weft_\\w+)\\{[^}]*\\blimit=~?\"([^\"]*)\"");
  private static final Pattern NAMED = Pattern.compile("`(weft_[a-z_]+)`");

  /** What Prometheus adds to each series by the scrape configuration. */
  private static final Set<String> OF_THE_SCRAPE = Set.of("namespace", "pod");

  /** Those of the repository. */
  static Runbooks read() throws IOException {
    var files = new TreeMap<String, String>();
    try (Stream<Path> all = Files.list(DOCS.resolve("runbooks"))) {
      for (Path file : all.toList()) {
        files.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return new Runbooks(
        Files.readString(Dashboard.FOLDER.resolve("alerts.yaml")),
        files,
        Files.readString(DOCS.resolve("guides/metrics.md")),
        Files.readString(DOCS.resolve("guides/limits.md")));
  }

  /** What does not agree, one line each. */
  List<String> problems() {
    var problems = new ArrayList<String>();
    List<AlertRule> rules = AlertRule.read(alerts);
    Set<String> names = rules.stream().map(AlertRule::name).collect(Collectors.toSet());
    for (AlertRule rule : rules) {
      section(rule, problems);
      expression(rule, problems);
    }
    var seen = new TreeSet<String>();
    runbooks.forEach(
        (file, text) -> {
          Matcher section = SECTION.matcher(text);
          while (section.find()) {
            if (!names.contains(section.group(1))) {
              problems.add(file + ": there is no alert " + section.group(1));
            }
            if (!seen.add(section.group(1))) {
              problems.add(file + ": another section " + section.group(1));
            }
          }
          Matcher metric = NAMED.matcher(text);
          while (metric.find()) {
            if (!labelsByMetric().containsKey(metric.group(1))) {
              problems.add(file + ": there is no metric " + metric.group(1));
            }
          }
        });
    return problems;
  }

  private void section(AlertRule rule, List<String> problems) {
    String name = rule.name();
    String anchor = "#" + name.toLowerCase(Locale.ROOT);
    String file =
        runbooks.keySet().stream()
            .filter(each -> section(each, name) != null)
            .findFirst()
            .orElse("");
    String section = section(file, name);
    if (section == null) {
      problems.add(name + " has no section in docs/runbooks");
      return;
    }
    if (!rule.runbook().equals("docs/runbooks/" + file + anchor)) {
      problems.add(name + ": its annotation runbook has to be docs/runbooks/" + file + anchor);
    }
    String heading = "\n*" + rule.severity() + ", after " + rule.lasting() + "*\n";
    if (!section.startsWith(heading)) {
      problems.add(name + ": its section has to begin with " + heading.strip());
    }
    for (String part : PARTS) {
      if (!section.contains("\n" + part)) {
        problems.add(name + ": its section has no " + part);
      }
    }
    String row = "| [" + name + "](" + file + anchor + ") | " + rule.severity() + " | ";
    if (!runbooks.getOrDefault(INDEX, "").contains(row)) {
      problems.add(name + " is not in the list of " + INDEX + ": " + row);
    }
  }

  private @Nullable String section(String file, String name) {
    Matcher section = SECTION.matcher(runbooks.getOrDefault(file, ""));
    while (section.find()) {
      if (section.group(1).equals(name)) {
        return section.group(2);
      }
    }
    return null;
  }

  private void expression(AlertRule rule, List<String> problems) {
    Map<String, Set<String>> known = labelsByMetric();
    PromQl names = PromQl.of(rule.expr());
    var labels = new TreeSet<>(OF_THE_SCRAPE);
    for (String metric : names.metrics()) {
      if (known.containsKey(metric)) {
        labels.addAll(known.get(metric));
      } else {
        problems.add(rule.name() + ": there is no metric " + metric);
      }
    }
    for (String label : names.labels()) {
      if (!labels.contains(label)) {
        problems.add(rule.name() + ": none of its metrics has the label " + label);
      }
    }
    Matcher limit = LIMIT_MATCHER.matcher(rule.expr());
    while (limit.find()) {
      String prefix = limit.group(1).startsWith("weft_peer_") ? "peer-" : "";
      for (String each : limit.group(2).split("\\|")) {
        if (!knownLimits().contains(prefix + each)) {
          problems.add(rule.name() + ": there is no limit " + prefix + each);
        }
      }
    }
  }

  /** As series: of a histogram, its parts. */
  private Map<String, Set<String>> labelsByMetric() {
    var known = new HashMap<String, Set<String>>();
    Matcher row = METRIC_ROW.matcher(metrics);
    while (row.find()) {
      Set<String> labels =
          Stream.of(row.group(3).split(","))
              .map(String::strip)
              .filter(each -> !each.isEmpty())
              .collect(Collectors.toCollection(TreeSet::new));
      known.put(row.group(1), labels);
      if (row.group(2).equals("histogram")) {
        known.put(row.group(1) + "_count", labels);
        known.put(row.group(1) + "_sum", labels);
        var buckets = new TreeSet<>(labels);
        buckets.add("le");
        known.put(row.group(1) + "_bucket", buckets);
      }
    }
    return known;
  }

  private Set<String> knownLimits() {
    return LIMIT_ROW.matcher(limits).results().map(r -> r.group(1)).collect(Collectors.toSet());
  }
}
