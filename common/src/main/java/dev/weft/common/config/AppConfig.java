package dev.weft.common.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the applications of a service are configured with. Immutable.
 *
 * @param entries of one key the closest first
 */
public record AppConfig(String name, List<Entry> entries) {
  /** Nothing was received yet. */
  public static final AppConfig UNKNOWN = new AppConfig("", List.of());

  public AppConfig {
    entries = List.copyOf(entries);
  }

  /** False: nothing was received yet. */
  public boolean known() {
    return !name.isEmpty();
  }

  /**
   * One value of a key, for some of the instances.
   *
   * @param labels what an instance must have all of; empty: every one
   * @param release another value that a share of them has; null: there is none
   */
  public record Entry(
      String key,
      Map<String, String> labels,
      String contentType,
      String value,
      @Nullable Release release,
      Origin origin) {
    public Entry {
      labels = Map.copyOf(labels);
    }
  }

  /**
   * A value on its way to all instances.
   *
   * @param percent 0 to 100
   */
  public record Release(int percent, String value) {}

  /** What one instance has of a key. */
  public record Value(String key, String contentType, String text, Origin origin) {}

  /** What the instance of that id with these labels has, by key, in the order of the entries. */
  public Map<String, Value> of(String id, Map<String, String> labels) {
    var values = new LinkedHashMap<String, Value>();
    for (Entry entry : entries) {
      if (!values.containsKey(entry.key()) && has(labels, entry.labels())) {
        Release release = entry.release();
        String text =
            release != null && ReleaseShare.has(entry.key(), id, release.percent())
                ? release.value()
                : entry.value();
        values.put(entry.key(), new Value(entry.key(), entry.contentType(), text, entry.origin()));
      }
    }
    return values;
  }

  private static boolean has(Map<String, String> labels, Map<String, String> wanted) {
    for (Map.Entry<String, String> one : wanted.entrySet()) {
      if (!one.getValue().equals(labels.get(one.getKey()))) {
        return false;
      }
    }
    return true;
  }
}
