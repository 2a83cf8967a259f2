package dev.weft.controlplane.validate.yaml;

import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import dev.weft.controlplane.validate.yaml.YamlNode.Sequence;
import java.util.TreeMap;

/**
 * A normalised document as JSON, with sorted keys: equal content is equal text, so that a document
 * that was applied before can be recognised.
 */
public final class CanonicalJson {
  private CanonicalJson() {}

  public static String write(YamlNode node) {
    var json = new StringBuilder();
    append(json, node);
    return json.toString();
  }

  private static void append(StringBuilder json, YamlNode node) {
    switch (node) {
      case Scalar scalar -> {
        if (scalar.type() == ScalarType.STRING) {
          append(json, scalar.text());
        } else if (scalar.type() == ScalarType.NULL) {
          json.append("null");
        } else {
          json.append(scalar.text());
        }
      }
      case Sequence sequence -> {
        json.append('[');
        String separator = "";
        for (YamlNode item : sequence.items()) {
          json.append(separator);
          append(json, item);
          separator = ",";
        }
        json.append(']');
      }
      case Mapping mapping -> {
        json.append('{');
        String separator = "";
        for (var entry : new TreeMap<>(mapping.entries()).entrySet()) {
          json.append(separator);
          append(json, entry.getKey());
          json.append(':');
          append(json, entry.getValue().value());
          separator = ",";
        }
        json.append('}');
      }
    }
  }

  private static void append(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          // NEL, LS, PS and the byte order mark would be read back as line breaks or not at all.
          if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff) {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }
}
