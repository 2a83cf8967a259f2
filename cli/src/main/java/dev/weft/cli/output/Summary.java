package dev.weft.cli.output;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a document says, in one line. */
public final class Summary {
  private Summary() {}

  public static String of(String kind, @Nullable Object document) {
    return switch (kind) {
      case "Service" -> service(document);
      case "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute" -> route(document);
      case "TrafficPolicy" -> names("to ", Yaml.listAt(document, "spec", "targetRefs"));
      case "ConfigEntry" ->
          Yaml.at(document, "spec", "key")
              + (Yaml.at(document, "spec", "scope") instanceof Map<?, ?> scope ? scope(scope) : "");
      default -> "";
    };
  }

  private static String scope(Map<?, ?> scope) {
    StringBuilder shown = new StringBuilder();
    if (scope.get("mesh") instanceof Boolean mesh && mesh) {
      shown.append(" of the mesh");
    } else if (scope.get("service") instanceof String service) {
      shown.append(" of ").append(service);
    }
    if (scope.get("instances") instanceof Map<?, ?> instances && !instances.isEmpty()) {
      shown.append(" where ").append(labels(instances));
    }
    return shown.toString();
  }

  private static String service(@Nullable Object document) {
    String ports =
        Yaml.listAt(document, "spec", "ports").stream()
            .map(port -> Yaml.at(port, "port").toString())
            .collect(Collectors.joining(",", "ports ", ""));
    return Yaml.at(document, "spec", "selector") instanceof Map<?, ?> selector
        ? ports + " of " + labels(selector)
        : ports;
  }

  private static String route(@Nullable Object document) {
    String rules =
        Yaml.listAt(document, "spec", "rules").stream()
            .map(
                rule ->
                    Yaml.listAt(rule, "backendRefs").stream()
                        .map(Summary::backend)
                        .collect(Collectors.joining(" ")))
            .collect(Collectors.joining("; "));
    return names("", Yaml.listAt(document, "spec", "parentRefs")) + " -> " + rules;
  }

  private static String backend(Object backend) {
    Object weight = Yaml.at(backend, "weight");
    String name = Yaml.at(backend, "name").toString();
    return weight.toString().isEmpty() ? name : name + "=" + weight;
  }

  private static String names(String prefix, List<?> references) {
    return references.stream()
        .map(reference -> Yaml.at(reference, "name").toString())
        .collect(Collectors.joining(",", prefix, ""));
  }

  /** Labels in the order of their names: "app=catalog,version=v1". */
  public static String labels(Map<?, ?> labels) {
    Map<String, String> sorted = new TreeMap<>();
    labels.forEach((name, value) -> sorted.put(String.valueOf(name), String.valueOf(value)));
    return sorted.entrySet().stream()
        .map(label -> label.getKey() + "=" + label.getValue())
        .collect(Collectors.joining(","));
  }
}
