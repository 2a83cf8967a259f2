package dev.weft.controlplane.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of the keys that claim a name owns it. Normally one key claims a name; when two sources (or
 * two services, for an instance's id) do, every replica must choose the same one: Kubernetes before
 * apply before self, then the newer. Owned by the registry thread.
 */
final class Candidates<V> {
  private final Map<String, List<Candidate<V>>> byName = new HashMap<>();

  record Candidate<V>(String key, String source, long revision, V value) {}

  void put(String name, Candidate<V> candidate) {
    List<Candidate<V>> others = without(name, candidate.key());
    if (others.isEmpty()) {
      byName.put(name, List.of(candidate));
    } else {
      others.add(candidate);
      others.sort(Candidates::order);
      byName.put(name, others);
    }
  }

  void remove(String name, String key) {
    List<Candidate<V>> others = without(name, key);
    if (others.isEmpty()) {
      byName.remove(name);
    } else {
      byName.put(name, others);
    }
  }

  /** The owner of a name; null when nothing claims it. */
  @Nullable Candidate<V> owner(String name) {
    List<Candidate<V>> all = byName.get(name);
    return all == null ? null : all.getFirst();
  }

  /** Those that claim the name in vain. */
  List<Candidate<V>> losers(String name) {
    List<Candidate<V>> all = byName.get(name);
    return all == null ? List.of() : all.subList(1, all.size());
  }

  private List<Candidate<V>> without(String name, String key) {
    List<Candidate<V>> others = new ArrayList<>();
    for (Candidate<V> candidate : byName.getOrDefault(name, List.of())) {
      if (!candidate.key().equals(key)) {
        others.add(candidate);
      }
    }
    return others;
  }

  private static int order(Candidate<?> a, Candidate<?> b) {
    int rank = Integer.compare(rank(a.source()), rank(b.source()));
    return rank != 0 ? rank : Long.compare(b.revision(), a.revision());
  }

  private static int rank(String source) {
    return switch (source) {
      case Keyspace.KUBERNETES -> 0;
      case Keyspace.APPLY -> 1;
      default -> 2;
    };
  }
}
