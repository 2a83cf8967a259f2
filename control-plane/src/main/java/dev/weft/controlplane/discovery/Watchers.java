package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.snapshot.EncodedResource;
import dev.weft.controlplane.snapshot.ResourceTable;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which streams want which resource. What nobody wants any more is forgotten. Owned by the engine
 * thread.
 */
final class Watchers {
  private final ResourceTable table;
  private final Map<ResourceKey, Set<NodeStream>> streams = new HashMap<>();
  private Consumer<ResourceKey> touched = _ -> {};

  Watchers(ResourceTable table) {
    this.table = table;
  }

  /** The newest good content; null when there is none. */
  @Nullable EncodedResource current(ResourceKey key) {
    return table.get(key);
  }

  /** Who is told of each resource that a stream comes to want, or wants no more. */
  void listener(Consumer<ResourceKey> listener) {
    touched = listener;
  }

  void add(ResourceKey key, NodeStream stream) {
    streams.computeIfAbsent(key, _ -> new LinkedHashSet<>()).add(stream);
    touched.accept(key);
  }

  void remove(ResourceKey key, NodeStream stream) {
    Set<NodeStream> watching = streams.get(key);
    if (watching != null && watching.remove(stream)) {
      touched.accept(key);
      if (watching.isEmpty()) {
        streams.remove(key);
        table.forget(key);
      }
    }
  }

  Set<NodeStream> of(ResourceKey key) {
    return streams.getOrDefault(key, Set.of());
  }

  /** What somebody wants. */
  Set<ResourceKey> wanted() {
    return streams.keySet();
  }

  /** How many resources somebody wants. */
  int size() {
    return streams.size();
  }
}
