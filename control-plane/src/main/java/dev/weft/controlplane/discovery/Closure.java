package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.snapshot.EncodedResource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
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

  /**
   * How long new roots are followed in one go: each is compiled first, and a sidecar may bring
   * thousands. The others follow in later turns, so that nobody else waits for them.
   */
  private static final long TURN_NANOS = Duration.ofMillis(20).toNanos();

  private final Set<ResourceKey> roots = new LinkedHashSet<>();

  /** Roots that have not been followed yet. */
  private final Set<ResourceKey> arriving = new LinkedHashSet<>();

  private Set<ResourceKey> wanted = Set.of();
  private boolean stale;
  private long rootsChangedAt = NEVER;

  int roots() {
    return roots.size() + arriving.size();
  }

  boolean wants(ResourceKey key) {
    return wanted.contains(key);
  }

  /** Whether it has to be followed anew, or further. */
  boolean isStale() {
    return stale;
  }

  /** The revision at which roots were added that have not been followed yet, or NEVER. */
  long rootsChangedAt() {
    return rootsChangedAt;
  }

  void subscribe(Collection<ResourceKey> names, long revision) {
    boolean news = false;
    for (ResourceKey name : names) {
      news |= !roots.contains(name) && arriving.add(name);
    }
    if (news) {
      stale = true;
      rootsChangedAt = Math.min(rootsChangedAt, revision);
    }
  }

  void unsubscribe(Collection<ResourceKey> names) {
    Set<ResourceKey> gone = Set.copyOf(names);
    arriving.removeAll(gone);
    if (roots.removeAll(gone)) {
      stale = true;
    }
  }

  /** Something refers to other resources than it did. */
  void changed() {
    stale = true;
  }

  /**
   * Follows the references from the roots, of new ones as many as there is time for; returns what
   * is wanted newly or not any more.
   */
  List<ResourceKey> follow(Watchers watchers, Holdings holdings, EngineLoop loop) {
    var reached = new LinkedHashSet<ResourceKey>();
    var different = new ArrayList<ResourceKey>();
    reach(roots, reached, different, watchers, holdings);
    long end = loop.nanoTime() + TURN_NANOS;
    Iterator<ResourceKey> others = arriving.iterator();
    while (others.hasNext() && loop.nanoTime() - end <= 0) {
      ResourceKey root = others.next();
      others.remove();
      roots.add(root);
      reach(List.of(root), reached, different, watchers, holdings);
    }
    for (ResourceKey key : wanted) {
      if (!reached.contains(key)) {
        different.add(key);
      }
    }
    wanted = reached;
    stale = !arriving.isEmpty();
    rootsChangedAt = stale ? rootsChangedAt : NEVER;
    return different;
  }

  private void reach(
      Collection<ResourceKey> from,
      Set<ResourceKey> reached,
      List<ResourceKey> different,
      Watchers watchers,
      Holdings holdings) {
    var open = new ArrayDeque<>(from);
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
  }

  /** Wants nothing any more; returns what it wanted. */
  Set<ResourceKey> clear() {
    Set<ResourceKey> before = wanted;
    wanted = Set.of();
    return before;
  }
}
