package dev.weft.cli.dashboards;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A dashboard of Grafana, as far as it asks Prometheus. */
record Dashboard(
    String file, String uid, String title, List<Variable> variables, List<Panel> panels) {
  static final Path FOLDER = Path.of("../deploy/k8s/dashboards");

  /**
   * A variable whose values are those of a label.
   *
   * @param query {@code label_values(SERIES, LABEL)}
   * @param regex which values are taken, between slashes; empty: all
   */
  record Variable(String name, String query, String regex, boolean all) {}

  /** A panel that is no row. */
  record Panel(int id, String title, String description, List<Query> queries) {}

  /** A query of a panel, and the legend of its series. */
  record Query(String where, String expr, String legend) {}

  /** Every dashboard that there is. */
  static List<Dashboard> all() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      var all = new ArrayList<Dashboard>();
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).sorted().toList()) {
        all.add(read(file));
      }
      return all;
    }
  }

  private static Dashboard read(Path file) throws IOException {
    JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    var variables = new ArrayList<Variable>();
    for (JsonElement each : json.getAsJsonObject("templating").getAsJsonArray("list")) {
      JsonObject variable = each.getAsJsonObject();
      if (text(variable, "type").equals("query")) {
        variables.add(
            new Variable(
                text(variable, "name"),
                text(variable, "query"),
                text(variable, "regex"),
                variable.has("includeAll") && variable.get("includeAll").getAsBoolean()));
      }
    }
    String title = text(json, "title");
    var panels = new ArrayList<Panel>();
    for (JsonElement each : json.getAsJsonArray("panels")) {
      JsonObject panel = each.getAsJsonObject();
      if (!text(panel, "type").equals("row")) {
        panels.add(panel(title, panel));
      }
    }
    return new Dashboard(
        String.valueOf(file.getFileName()), text(json, "uid"), title, variables, panels);
  }

  private static Panel panel(String dashboard, JsonObject panel) {
    String title = text(panel, "title");
    var queries = new ArrayList<Query>();
    JsonArray targets = panel.getAsJsonArray("targets");
    for (JsonElement each : targets) {
      JsonObject target = each.getAsJsonObject();
      queries.add(
          new Query(
              dashboard + ", " + title + ", " + text(target, "refId"),
              text(target, "expr"),
              text(target, "legendFormat")));
    }
    return new Panel(panel.get("id").getAsInt(), title, text(panel, "description"), queries);
  }

  private static String text(JsonObject object, String field) {
    return object.has(field) ? object.get(field).getAsString() : "";
  }
}
