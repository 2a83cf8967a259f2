package dev.weft.controlplane.validate;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Writes YAML that every reader understands alike: what is not plainly a word is quoted, because
 * kubectl reads YAML 1.1, where a bare {@code on} is a boolean.
 */
final class PlainYaml {
  private static final Pattern WORD = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./-]*");
  private static final Pattern READ_OTHERWISE =
      Pattern.compile("(?i)y|yes|n|no|on|off|true|false|null");

  private PlainYaml() {}

  static String write(Map<String, ?> document) {
    var out = new StringBuilder();
    mapping(out, document, 0);
    return out.toString();
  }

  private static void mapping(StringBuilder out, Map<?, ?> mapping, int indent) {
    mapping.forEach(
        (key, value) -> {
          out.append(" ".repeat(indent)).append(scalar(key)).append(':');
          value(out, value, indent + 2);
        });
  }

  private static void value(StringBuilder out, Object value, int indent) {
    if (value instanceof Map<?, ?> mapping && !mapping.isEmpty()) {
      out.append('\n');
      mapping(out, mapping, indent);
    } else if (value instanceof List<?> list && list.stream().anyMatch(Map.class::isInstance)) {
      out.append('\n');
      for (Object item : list) {
        var lines = new StringBuilder();
        mapping(lines, (Map<?, ?>) item, indent + 2);
        lines.setCharAt(indent, '-');
        out.append(lines);
      }
    } else {
      out.append(' ').append(flow(value)).append('\n');
    }
  }

  private static String flow(Object value) {
    return switch (value) {
      case Map<?, ?> mapping when mapping.isEmpty() -> "{}";
      case List<?> list ->
          "[" + String.join(", ", list.stream().map(PlainYaml::scalar).toList()) + "]";
      default -> scalar(value);
    };
  }

  private static String scalar(Object value) {
    String text = value.toString();
    boolean plain =
        !(value instanceof String)
            || (WORD.matcher(text).matches() && !READ_OTHERWISE.matcher(text).matches());
    return plain ? text : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
