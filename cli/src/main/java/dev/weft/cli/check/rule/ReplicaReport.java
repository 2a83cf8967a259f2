package dev.weft.cli.check.rule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a replica of the control plane says of itself. Immutable.
 *
 * @param pod its name
 * @param problem why it does not answer; empty when it does
 * @param ready what {@code /ready} says, in lines
 * @param metrics what {@code /metrics} says, summed up over labels
 */
public record ReplicaReport(
    String pod, String problem, List<String> ready, Map<String, Double> metrics) {
  /** Copies list and map. */
  public ReplicaReport {
    ready = List.copyOf(ready);
    metrics = Map.copyOf(metrics);
  }

  /** Of a replica that answers. */
  public static ReplicaReport of(String pod, String ready, String metrics) {
    return new ReplicaReport(pod, "", ready.lines().toList(), sums(metrics));
  }

  /** Of one that does not. */
  public static ReplicaReport silent(String pod, String problem) {
    return new ReplicaReport(pod, problem, List.of(), Map.of());
  }

  /** Whether a metric is 1 or more. */
  boolean has(String metric) {
    return metrics.getOrDefault(metric, 0.0) >= 1;
  }

  /** What follows that word on lines of {@link #ready}. */
  List<String> said(String word) {
    return ready.stream()
        .filter(line -> line.startsWith(word))
        .map(line -> line.substring(word.length()).strip())
        .toList();
  }

  /** Prometheus' text: a sample a line, its value last. */
  private static Map<String, Double> sums(String text) {
    var sums = new HashMap<String, Double>();
    for (String line : text.lines().toList()) {
      int name = line.indexOf('{');
      int space = line.lastIndexOf(' ');
      if (!line.startsWith("#") && space > 0) {
        try {
          double value = Double.parseDouble(line.substring(space + 1));
          sums.merge(line.substring(0, name < 0 ? space : name), value, Double::sum);
        } catch (NumberFormatException e) {
          // Not a sample.
        }
      }
    }
    return sums;
  }
}
