package dev.weft.controlplane.validate.yaml;

import java.util.List;
import java.util.Map;

/** A document as it was read: values with the lines where they stand, counted from 1. */
public sealed interface YamlNode {
  int line();

  /** The value in an error message: scalars as they are written, strings in quotes. */
  String shown();

  enum ScalarType {
    STRING,
    INTEGER,
    FLOAT,
    BOOLEAN,
    NULL
  }

  record Scalar(int line, ScalarType type, String text) implements YamlNode {
    @Override
    public String shown() {
      return switch (type) {
        case STRING -> "\"" + Report.shorten(text) + "\"";
        case NULL -> "null";
        case INTEGER, FLOAT, BOOLEAN -> Report.shorten(text);
      };
    }
  }

  record Sequence(int line, List<YamlNode> items) implements YamlNode {
    @Override
    public String shown() {
      return "a list of " + items.size();
    }
  }

  /** The map may be changed while the document is being normalised. */
  record Mapping(int line, Map<String, Entry> entries) implements YamlNode {
    @Override
    public String shown() {
      return "a mapping";
    }
  }

  /** A field of a mapping with the line of its name. */
  record Entry(int line, YamlNode value) {}
}
