package dev.weft.cli.registry;

import dev.weft.cli.output.Summary;
import dev.weft.cli.output.Table;
import dev.weft.cli.output.Times;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstanceOverride;
import dev.weft.proto.registry.v1.InstancePort;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Instances as people read them. */
final class InstanceTable {
  private static final List<String> HEADINGS =
      List.of(
          "NAMESPACE",
          "SERVICE",
          "INSTANCE",
          "ADDRESS",
          "PORTS",
          "STATE",
          "WEIGHT",
          "LABELS",
          "SOURCE",
          "REVISION");
  private static final List<String> MORE =
      List.of("ZONE", "REGISTERED", "BY", "CHANGED", "BY", "OVERRIDE");

  private final boolean wide;
  private final Table table;

  /**
   * @param wide with where it is, who brought it and changed it, and what an operator says
   */
  InstanceTable(boolean wide) {
    this.wide = wide;
    List<String> headings = new ArrayList<>(HEADINGS);
    if (wide) {
      headings.addAll(MORE);
    }
    table = new Table(headings.toArray(String[]::new));
  }

  void add(Instance instance) {
    List<Object> cells =
        new ArrayList<>(
            List.of(
                instance.getNamespace(),
                instance.getService(),
                instance.getId(),
                instance.getAddress(),
                ports(instance),
                state(instance),
                weight(instance),
                Summary.labels(instance.getLabelsMap()),
                instance.getSource(),
                instance.getRevision()));
    if (wide) {
      cells.addAll(
          Arrays.asList(
              instance.getLocality().getZone(),
              Times.age(instance.getRegisteredAtMillis()),
              instance.getRegisteredBy(),
              Times.age(instance.getChangedAtMillis()),
              instance.getChangedBy(),
              override(instance)));
    }
    table.row(cells.toArray());
  }

  void print(PrintWriter out) {
    table.print(out);
  }

  static String ports(Instance instance) {
    return instance.getPortsList().stream()
        .map(port -> addressed(port) + "->" + port.getPort())
        .collect(Collectors.joining(","));
  }

  /** An endpoint of Kubernetes names the port of its Service. */
  private static String addressed(InstancePort port) {
    return port.getServicePort() == 0 ? port.getName() : Integer.toString(port.getServicePort());
  }

  static String state(Instance instance) {
    String reason = instance.getReadinessReason();
    return instance.getReadiness() + (reason.isEmpty() ? "" : " (" + reason + ")");
  }

  private static String weight(Instance instance) {
    return instance.getOverride().getWeight() == 0
        ? Integer.toString(instance.getWeight())
        : instance.getWeight() + " (own " + instance.getOverride().getOwnWeight() + ")";
  }

  private static String override(Instance instance) {
    if (!instance.hasOverride()) {
      return "";
    }
    InstanceOverride override = instance.getOverride();
    List<String> said = new ArrayList<>();
    if (override.getDrained()) {
      said.add(
          override.getMaintenanceZone().isEmpty()
              ? "drained"
              : "maintenance of zone " + override.getMaintenanceZone());
    }
    if (override.getWeight() != 0) {
      said.add("weight " + override.getWeight());
    }
    String what = String.join(", ", said);
    return override.getReason().isEmpty() ? what : what + ": " + override.getReason();
  }
}
