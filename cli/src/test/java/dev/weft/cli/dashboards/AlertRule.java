package dev.weft.cli.dashboards;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A rule of {@code alerts.yaml}.
 *
 * @param lasting how long it has to last before it fires, as Prometheus writes it
 * @param runbook the path of its section, from the top of the repository; empty: it names none
 */
record AlertRule(String name, String expr, String lasting, String severity, String runbook) {
  /** Those of a file's text, in its order. */
  static List<AlertRule> read(String yaml) {
    var rules = new ArrayList<AlertRule>();
    Object file = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    for (Object group : list(file, "groups")) {
      for (Object rule : list(group, "rules")) {
        rules.add(
            new AlertRule(
                text(rule, "alert"),
                text(rule, "expr"),
                text(rule, "for").isEmpty() ? "0s" : text(rule, "for"),
                text(field(rule, "labels"), "severity"),
                text(field(rule, "annotations"), "runbook")));
      }
    }
    return rules;
  }

  private static Object field(Object object, String name) {
    Object value = object instanceof Map<?, ?> map ? map.get(name) : null;
    return value == null ? "" : value;
  }

  private static String text(Object object, String field) {
    return field(object, field).toString();
  }

  private static List<?> list(Object object, String field) {
    return field(object, field) instanceof List<?> list ? list : List.of();
  }
}
