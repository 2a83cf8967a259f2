package dev.weft.cli.dashboards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of {@code docs/guides/metrics.md}, one for each program: every metric of Weft's with
 * its type, its labels and its help text. {@code WEFT_GOLDEN=refresh} in the environment writes
 * them anew.
 */
final class MetricsGuide {
  private static final Path GUIDE = Path.of("../docs/guides/metrics.md");
  private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"(?:[^\"\\\\]|\\\\.)*\"");
  private static final Pattern SUFFIX = Pattern.compile("_(bucket|count|sum)$");

  /** What a sidecar exports only when something has happened for the first time. */
  private static final Set<String> LATE =
      Set.of(
          "weft_upstream_rq_grpc_total",
          "weft_rq_response_flag_total",
          "weft_cluster_membership",
          "weft_tls_client_certificate_expiration_seconds",
          "weft_tls_inbound_certificate_expiration_seconds",
          "weft_tls_outbound_certificate_expiration_seconds");

  private final Map<String, Map<String, Metric>> programs = new TreeMap<>();

  /** One metric, as the text format declares it. */
  private static final class Metric {
    String type = "";
    String help = "";
    final Set<String> labels = new TreeSet<>();
  }

  private MetricsGuide() {}

  /**
   * What is exported.
   *
   * @param sidecars what each answers to a scrape
   * @param controlPlanes the same of replicas
   */
  static MetricsGuide of(List<String> sidecars, List<String> controlPlanes) {
    var guide = new MetricsGuide();
    guide.programs.put("sidecar", metrics(sidecars));
    guide.programs.put("control plane", metrics(controlPlanes));
    return guide;
  }

  /**
   * Fails while something has not happened yet, and where it never does.
   *
   * @param named the meters in the control plane's code
   */
  void assertComplete(Set<String> named) {
    var known = new TreeMap<String, Metric>();
    programs.values().forEach(known::putAll);
    assertThat(known).containsKeys(LATE.toArray(String[]::new));
    for (String name : named) {
      assertThat(known.keySet())
          .as("meter %s: has to be there from the start, or to happen in FaultyMesh", name)
          .anyMatch(each -> each.equals(name) || each.startsWith(name + '_'));
    }
    known.forEach((name, metric) -> assertThat(metric.help).as("help of " + name).isNotEmpty());
  }

  /** Fails when the guide says something else. */
  void assertWrittenDown() throws IOException {
    String guide = Files.readString(GUIDE);
    String right = guide;
    for (Map.Entry<String, Map<String, Metric>> program : programs.entrySet()) {
      String begin = "<!-- metrics of the " + program.getKey() + " -->\n";
      int from = right.indexOf(begin);
      int to = right.indexOf("<!-- end -->", from);
      assertThat(from).as("the guide has " + begin.strip()).isNotNegative();
      right = right.substring(0, from) + begin + table(program.getValue()) + right.substring(to);
    }
    if ("refresh".equals(System.getenv("WEFT_GOLDEN"))) {
      Files.writeString(GUIDE, right);
    } else {
      assertThat(guide).as(GUIDE + "; WEFT_GOLDEN=refresh writes it anew").isEqualTo(right);
    }
  }

  private static String table(Map<String, Metric> metrics) {
    var table = new StringBuilder("| metric | type | labels | what |\n|---|---|---|---|\n");
    metrics.forEach(
        (name, metric) ->
            table.append(
                "| `%s` | %s | %s | %s |\n"
                    .formatted(
                        name,
                        metric.type,
                        String.join(", ", metric.labels),
                        metric.help.replaceAll("\\.$", "").replace("|", "\\|"))));
    return table.toString();
  }

  private static Map<String, Metric> metrics(List<String> texts) {
    var all = new TreeMap<String, Metric>();
    for (String text : texts) {
      for (String line : text.lines().toList()) {
        String[] words = line.split(" ", 4);
        if (line.startsWith("# HELP ") && words.length == 4) {
          at(all, words[2]).help = words[3];
        } else if (line.startsWith("# TYPE ")) {
          at(all, words[2]).type = words[3];
        } else if (!line.startsWith("#") && line.contains("{")) {
          labels(all, line);
        }
      }
    }
    all.keySet().removeIf(name -> !name.startsWith("weft_") && !name.startsWith("process_"));
    return all;
  }

  private static Metric at(Map<String, Metric> all, String name) {
    return all.computeIfAbsent(name, n -> new Metric());
  }

  private static void labels(Map<String, Metric> all, String line) {
    String name = line.substring(0, line.indexOf('{'));
    Metric metric = all.get(name);
    if (metric == null) {
      metric = all.get(SUFFIX.matcher(name).replaceAll(""));
    }
    Matcher label = LABEL.matcher(line.substring(name.length(), line.lastIndexOf('}') + 1));
    while (metric != null && label.find()) {
      if (!label.group(1).equals("le")) {
        metric.labels.add(label.group(1));
      }
    }
  }
}
