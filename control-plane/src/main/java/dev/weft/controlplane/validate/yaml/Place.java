package dev.weft.controlplane.validate.yaml;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import dev.weft.controlplane.validate.yaml.YamlNode.Sequence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A value of a document and where it stands. Its readers return null after reporting an error, so
 * that decoding goes on and a person sees everything that is wrong at once.
 */
public record Place(Report report, @Nullable Place parent, String name, int line, YamlNode node) {
  private static final Duration LONGEST = Duration.ofNanos(Syntax.MAX_NANOS);

  public static Place root(Report report, YamlNode node) {
    return new Place(report, null, "", node.line(), node);
  }

  public Place child(String field, int fieldLine, YamlNode value) {
    return new Place(report, this, field, fieldLine, value);
  }

  /** The same value, reported on elsewhere: an object of its own within a document. */
  public Place reportedOn(Report other) {
    return new Place(other, parent, name, line, node);
  }

  public String path() {
    String before = parent == null ? "" : parent.path();
    return before.isEmpty() || name.startsWith("[") ? before + name : before + "." + name;
  }

  /** This value is wrong. */
  public void wrong(String expected) {
    wrong(expected, "");
  }

  /** This value is wrong; {@code hint} is appended to the message. */
  public void wrong(String expected, String hint) {
    String shown = node.shown();
    report.error(line, path(), shown, expected, "is " + shown + ", expected " + expected + hint);
  }

  /** A field that ought to be here is not. */
  public void missing(String field, String expected) {
    String path = path().isEmpty() ? field : path() + "." + field;
    report.error(line, path, "", expected, "is missing, expected " + expected);
  }

  public void warn(String message) {
    report.warning(line, path(), node.shown(), "", message);
  }

  /** A string. */
  public @Nullable String string() {
    if (node instanceof Scalar scalar && scalar.type() == ScalarType.STRING) {
      return scalar.text();
    }
    boolean quoted = node instanceof Scalar scalar && scalar.type() != ScalarType.NULL;
    wrong("a string", quoted ? " (put it in quotes)" : "");
    return null;
  }

  /** A string that is one of these. */
  public @Nullable String oneOf(Collection<String> known) {
    String text = string();
    if (text != null && !known.contains(text)) {
      wrong(list(known), NearMisses.hint(text, known));
      return null;
    }
    return text;
  }

  /** True or false. */
  public @Nullable Boolean bool() {
    if (node instanceof Scalar scalar && scalar.type() == ScalarType.BOOLEAN) {
      return scalar.text().equalsIgnoreCase("true");
    }
    wrong("true or false");
    return null;
  }

  /** A whole number from {@code min} to {@code max}. */
  public @Nullable Integer integer(int min, int max) {
    if (node instanceof Scalar scalar
        && scalar.type() == ScalarType.INTEGER
        && scalar.text().length() <= 11
        && scalar.text().matches("0|-?[1-9][0-9]*")) {
      long value = Long.parseLong(scalar.text());
      if (value >= min && value <= max) {
        return (int) value;
      }
    }
    wrong("a whole number from " + min + " to " + max);
    return null;
  }

  /** A duration from {@code min} to a day. */
  public @Nullable Duration duration(Duration min) {
    Duration duration =
        node instanceof Scalar scalar && scalar.type() == ScalarType.STRING
            ? GatewayDurations.parse(scalar.text())
            : null;
    if (duration == null) {
      wrong("a duration such as 100ms, 2s or 1m30s");
    } else if (duration.compareTo(min) < 0 || duration.compareTo(LONGEST) > 0) {
      wrong("a duration from " + GatewayDurations.text(min) + " to 24h");
      return null;
    }
    return duration;
  }

  /** The items of a list of {@code min} to {@code max}; none when it is not one. */
  public List<Place> items(int min, int max) {
    if (!(node instanceof Sequence sequence)) {
      wrong("a list");
      return List.of();
    }
    int size = sequence.items().size();
    if (size < min || size > max) {
      wrong(min == 0 ? "a list of at most " + max : "a list of " + min + " to " + max);
      return List.of();
    }
    var items = new ArrayList<Place>(size);
    for (int i = 0; i < size; i++) {
      YamlNode item = sequence.items().get(i);
      items.add(child("[" + i + "]", item.line(), item));
    }
    return items;
  }

  /** Strings by name, as labels are. */
  public Map<String, String> strings(int most) {
    if (!(node instanceof Mapping mapping)) {
      wrong("a mapping of strings");
      return Map.of();
    }
    if (mapping.entries().size() > most) {
      wrong("at most " + most + " entries");
    }
    var strings = new LinkedHashMap<String, String>();
    mapping
        .entries()
        .forEach(
            (key, entry) -> {
              String text = child("[" + key + "]", entry.line(), entry.value()).string();
              if (text != null) {
                strings.put(key, text);
              }
            });
    return strings;
  }

  public boolean isString() {
    return node instanceof Scalar scalar && scalar.type() == ScalarType.STRING;
  }

  /** Reports this value if it occurred before. */
  public boolean unique(Set<String> seen, String value) {
    if (seen.add(value)) {
      return true;
    }
    String shown = node instanceof Scalar ? node.shown() : value;
    String expected = "a value that occurs once in its list";
    report.error(line, path(), shown, expected, "is " + shown + ", expected " + expected);
    return false;
  }

  public static Set<String> seen() {
    return new HashSet<>();
  }

  /** {@code A, B or C}. */
  public static String list(Collection<String> known) {
    var names = List.copyOf(known);
    return names.size() == 1
        ? names.getFirst()
        : String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
  }
}
