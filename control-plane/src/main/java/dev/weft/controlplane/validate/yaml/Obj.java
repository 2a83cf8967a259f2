package dev.weft.controlplane.validate.yaml;

import dev.weft.controlplane.validate.yaml.YamlNode.Entry;
import dev.weft.controlplane.validate.yaml.YamlNode.Mapping;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mapping whose fields are known. Reading it reports every other field, and drops nulls (which
 * mean "absent", as in Kubernetes) and what is ignored, so that the document is normalised when it
 * has been decoded.
 */
public final class Obj {
  private final Place at;
  private final Mapping mapping;
  private final boolean readable;

  private Obj(Place at, @Nullable Mapping mapping) {
    this.at = at;
    this.mapping = mapping == null ? new Mapping(at.line(), new LinkedHashMap<>()) : mapping;
    this.readable = mapping != null;
  }

  public static Obj of(Place at, Known known) {
    if (!(at.node() instanceof Mapping mapping)) {
      at.wrong("a mapping");
      return new Obj(at, null);
    }
    mapping.entries().keySet().removeAll(known.ignored());
    mapping
        .entries()
        .values()
        .removeIf(
            entry -> entry.value() instanceof Scalar scalar && scalar.type() == ScalarType.NULL);
    mapping.entries().forEach((name, entry) -> check(at, known, name, entry));
    return new Obj(at, mapping);
  }

  private static void check(Place at, Known known, String name, Entry entry) {
    if (known.fields().contains(name)
        || (at.report().lenient() && !known.unsupported().containsKey(name))) {
      return;
    }
    Place field = at.child(name, entry.line(), entry.value());
    String all = String.join(", ", known.fields());
    String instead = known.unsupported().get(name);
    String hint = NearMisses.hint(name, known.fields());
    String message =
        instead != null
            ? "is not supported yet: " + instead
            : "unknown field" + (hint.isEmpty() ? "." : hint) + " Known here: " + all;
    at.report()
        .error(
            entry.line(),
            field.path(),
            entry.value().shown(),
            instead != null ? instead : "one of " + all,
            message);
  }

  public Place at() {
    return at;
  }

  /** False when the value was no mapping, which has been reported. */
  public boolean readable() {
    return readable;
  }

  public boolean has(String field) {
    return mapping.entries().containsKey(field);
  }

  /** The field's value, or null when it is absent. */
  public @Nullable Place get(String field) {
    Entry entry = mapping.entries().get(field);
    return entry == null ? null : at.child(field, entry.line(), entry.value());
  }

  /** The field's value, or null after reporting that it is absent. */
  public @Nullable Place require(String field, String expected) {
    Place place = get(field);
    if (place == null && readable) {
      at.missing(field, expected);
    }
    return place;
  }

  /** Writes a default into the document. */
  public void fill(String field, String value) {
    mapping
        .entries()
        .putIfAbsent(field, new Entry(at.line(), new Scalar(at.line(), ScalarType.STRING, value)));
  }

  public void drop(String field) {
    mapping.entries().remove(field);
  }

  public int integer(String field, int min, int max, int absent) {
    Place place = get(field);
    Integer value = place == null ? null : place.integer(min, max);
    return value == null ? absent : value;
  }

  /** A duration from {@code min} up; null when absent or wrong. */
  public @Nullable Duration duration(String field, Duration min) {
    Place place = get(field);
    return place == null ? null : place.duration(min);
  }

  public long nanos(String field, Duration min, long absent) {
    Duration duration = duration(field, min);
    return duration == null ? absent : duration.toNanos();
  }

  /** The items of a list; none when absent. */
  public List<Place> items(String field, int max) {
    Place place = get(field);
    return place == null ? new ArrayList<>() : place.items(0, max);
  }
}
