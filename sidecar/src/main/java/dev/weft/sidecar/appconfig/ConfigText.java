package dev.weft.sidecar.appconfig;

import java.util.List;

/** Bodies of answers and events, as JSON on one line. Pure. */
final class ConfigText {
  private ConfigText() {}

  /** A failure as RFC 9457 has it. */
  static String problem(int status, String title, String detail) {
    return "{\"type\":\"about:blank\",\"title\":"
        + quoted(title)
        + ",\"status\":"
        + status
        + ",\"detail\":"
        + quoted(detail)
        + "}\n";
  }

  /** Which keys there are; the values are asked for one by one. */
  static String list(List<ConfigValue> values) {
    var text = new StringBuilder("{\"entries\":[");
    for (ConfigValue value : values) {
      text.append(text.length() > 12 ? "," : "").append('{');
      head(text, value).append('}');
    }
    return text.append("]}\n").toString();
  }

  static String entry(ConfigValue value) {
    var text = new StringBuilder("{");
    return head(text, value)
        .append(",\"value\":")
        .append(quoted(value.text()))
        .append('}')
        .toString();
  }

  static String removed(String key) {
    return "{\"key\":" + quoted(key) + "}";
  }

  private static StringBuilder head(StringBuilder text, ConfigValue value) {
    return text.append("\"key\":")
        .append(quoted(value.key()))
        .append(",\"contentType\":")
        .append(quoted(value.contentType()))
        .append(",\"etag\":")
        .append(quoted(value.etag()))
        .append(",\"revision\":")
        .append(value.revision());
  }

  private static String quoted(String text) {
    var quoted = new StringBuilder(text.length() + 16).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c < 0x20) {
            quoted.append("\\u00").append(Character.forDigit(c >> 4, 16));
            quoted.append(Character.forDigit(c & 15, 16));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
