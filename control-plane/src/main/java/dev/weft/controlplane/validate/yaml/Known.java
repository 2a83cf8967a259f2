package dev.weft.controlplane.validate.yaml;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The fields of a mapping.
 *
 * @param fields what is read
 * @param unsupported what the kind has but Weft does not do yet, and what to do instead
 * @param ignored what a server adds to objects that it exports; dropped
 */
public record Known(List<String> fields, Map<String, String> unsupported, Set<String> ignored) {
  public static Known of(String... fields) {
    return new Known(List.of(fields), Map.of(), Set.of());
  }

  /** Adds a field that is refused, saying what to do instead. */
  public Known refusing(String field, String instead) {
    var more = new TreeMap<>(unsupported);
    more.put(field, instead);
    return new Known(fields, more, ignored);
  }

  public Known ignoring(String... dropped) {
    var more = new TreeSet<>(ignored);
    more.addAll(List.of(dropped));
    return new Known(fields, unsupported, more);
  }
}
