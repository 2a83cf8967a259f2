package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.snapshot.EncodedResource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What one sidecar subscribed to, and everything that this leads to: by what is current and by what
 * is in force there, so that what an older version still needs is kept up to date until it is gone.
 * Follows when it is told to. Owned by the engine thread.
 */
final class Closure {
  static final long NEVER = Long.MAX_VALUE;

  private final Set<ResourceKey> roots = new LinkedHashSet<>();
  private Set<ResourceKey> wanted = Set.of();
  private boolean stale;
  private long rootsChangedAt = NEVER;

  int roots() {
    return roots.size();
  }

  boolean wants(ResourceKey key) {
    return wanted.contains(key);
  }

  /** Whether it has to be followed anew. */
  boolean isStale() {
    return stale;
  }

  /** The revision at which roots were added that have not been followed yet, or NEVER. */
  long rootsChangedAt() {
    return rootsChangedAt;
  }

  void subscribe(Collection<ResourceKey> names, long revision) {
    if (roots.addAll(names)) {
      stale = true;
      rootsChangedAt = Math.min(rootsChangedAt, revision);
    }
  }

  void unsubscribe(Collection<ResourceKey> names) {
    if (roots.removeAll(Set.copyOf(names))) {
      stale = true;
    }
  }

  /** Something refers to other resources than it did. */
  void changed() {
    stale = true;
  }

  /** Follows the references from the roots; returns what is wanted newly or not any more. */
  List<ResourceKey> follow(Watchers watchers, Holdings holdings) {
    var reached = new LinkedHashSet<ResourceKey>();
    var open = new ArrayDeque<>(roots);
    var different = new ArrayList<ResourceKey>();
    while (!open.isEmpty()) {
      ResourceKey key = open.poll();
      if (reached.add(key)) {
        if (!wanted.contains(key)) {
          different.add(key);
        }
        EncodedResource current = watchers.current(key);
        if (current != null) {
          open.addAll(current.needs());
        }
        Holding holding = holdings.get(key);
        if (holding != null) {
          open.addAll(holding.needs());
        }
      }
    }
    for (ResourceKey key : wanted) {
      if (!reached.contains(key)) {
        different.add(key);
      }
    }
    wanted = reached;
    stale = false;
    rootsChangedAt = NEVER;
    return different;
  }

  /** Wants nothing any more; returns what it wanted. */
  Set<ResourceKey> clear() {
    Set<ResourceKey> before = wanted;
    wanted = Set.of();
    return before;
  }
}
