package dev.weft.controlplane.discovery.pace;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams of those who have said who they are, by {@code NAMESPACE/ID}: pods of two namespaces
 * may have one name. Owned by the engine thread.
 *
 * @param <S> a stream
 */
public final class NodeIndex<S> {
  private final TreeMap<String, S> streams = new TreeMap<>();

  /** What a node is called. */
  public static String name(String namespace, String id) {
    return namespace + '/' + id;
  }

  public @Nullable S get(String name) {
    return streams.get(name);
  }

  public void put(String name, S stream) {
    streams.put(name, stream);
  }

  /** Removes it if it is that stream. */
  public void remove(String name, S stream) {
    streams.remove(name, stream);
  }

  /** In the order of their names. */
  public Collection<S> all() {
    return streams.values();
  }

  /** Those that are called so, with their namespace or without it. */
  public List<S> find(String idOrName) {
    S exact = streams.get(idOrName);
    if (exact != null) {
      return List.of(exact);
    }
    return streams.entrySet().stream()
        .filter(each -> each.getKey().endsWith('/' + idOrName))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** The names of all that are. */
  public Set<String> names() {
    return Set.copyOf(streams.keySet());
  }
}
