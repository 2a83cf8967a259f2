package dev.weft.sidecar.appconfig;

import dev.weft.common.config.AppConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What our instance is configured with, and who wants to hear of changes. Control loop only. */
public final class AppValues {
  private final String id;
  private final Map<String, String> labels;
  private final Set<Runnable> watchers = new LinkedHashSet<>();
  private Map<String, ConfigValue> values = Map.of();
  private AppConfig config = AppConfig.UNKNOWN;

  /**
   * @param id of our instance, which decides what is released to it
   * @param labels of our instance, by which entries choose it
   */
  public AppValues(String id, Map<String, String> labels) {
    this.id = id;
    this.labels = Map.copyOf(labels);
  }

  /** Puts configuration in force. */
  public void update(AppConfig now) {
    if (now.equals(config)) {
      return;
    }
    config = now;
    var next = new TreeMap<String, ConfigValue>();
    for (AppConfig.Value value : now.of(id, labels).values()) {
      next.put(value.key(), ConfigValue.of(value));
    }
    values = next;
    for (Runnable watcher : new ArrayList<>(watchers)) {
      watcher.run();
    }
  }

  /** False: no control plane has said anything yet, and nothing was kept. */
  boolean known() {
    return config.known();
  }

  @Nullable ConfigValue get(String key) {
    return values.get(key);
  }

  /** In the order of their keys. */
  List<ConfigValue> all() {
    return List.copyOf(values.values());
  }

  void watch(Runnable changed) {
    watchers.add(changed);
  }

  void unwatch(Runnable changed) {
    watchers.remove(changed);
  }
}
