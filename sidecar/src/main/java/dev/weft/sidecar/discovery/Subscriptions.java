package dev.weft.sidecar.discovery;

import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.sidecar.telemetry.Bound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which roots the sidecar wants: its own inbound configuration and declared dependencies for good,
 * what callers asked for as long as they use it. Bounded: the least recently used makes room, first
 * among those the mesh does not know. Control loop only.
 */
final class Subscriptions {
  /** What is in use right now must not be given up for something new. */
  private static final long MIN_IDLE_NANOS = Bound.HOST_KEPT.value();

  private final int max;
  private final long idleNanos;
  private final Map<ResourceName, Entry> entries = new LinkedHashMap<>();
  private final Set<ResourceName> toSubscribe = new LinkedHashSet<>();
  private final Set<ResourceName> toUnsubscribe = new LinkedHashSet<>();

  Subscriptions(int max, long idleNanos) {
    this.max = max;
    this.idleNanos = idleNanos;
  }

  /** What became of a demand. */
  enum Outcome {
    KNOWN,
    ADDED,
    FULL
  }

  void pin(ResourceName name) {
    entries.put(name, new Entry(true, 0));
    toSubscribe.add(name);
  }

  /**
   * A caller wants a root.
   *
   * @param found whether a subscribed root is a host that the mesh knows: all else makes room first
   * @param mayDrop whether a known one may make room, too: not while nothing could bring it back
   * @param dropped told which one made room
   */
  Outcome demand(
      ResourceName name,
      long now,
      Predicate<ResourceName> found,
      boolean mayDrop,
      Consumer<ResourceName> dropped) {
    if (entries.containsKey(name)) {
      return Outcome.KNOWN;
    }
    if (entries.size() >= max) {
      ResourceName victim = victim(now, found, mayDrop);
      if (victim == null) {
        return Outcome.FULL;
      }
      remove(victim);
      dropped.accept(victim);
    }
    entries.put(name, new Entry(false, now));
    toSubscribe.add(name);
    return Outcome.ADDED;
  }

  /** Takes over what was held before the start; the oldest fall out when there are too many. */
  void restore(ResourceName name, long now) {
    if (!entries.containsKey(name) && entries.size() < max) {
      entries.put(name, new Entry(false, now));
      toSubscribe.add(name);
    }
  }

  boolean wants(ResourceName name) {
    return entries.containsKey(name);
  }

  int size() {
    return entries.size();
  }

  /** Notes what was used since the last look and gives up what was not for the idle time. */
  List<ResourceName> sweep(long now, Predicate<ResourceName> usedSinceLastLook) {
    var idle = new ArrayList<ResourceName>();
    entries.forEach(
        (name, entry) -> {
          if (entry.pinned) {
            return;
          }
          if (usedSinceLastLook.test(name)) {
            entry.usedNanos = now;
          } else if (now - entry.usedNanos > idleNanos) {
            idle.add(name);
          }
        });
    idle.forEach(this::remove);
    return idle;
  }

  /** Everything wanted, in the order of importance; what waited to be said is said by this. */
  List<ResourceName> all() {
    toSubscribe.clear();
    toUnsubscribe.clear();
    return List.copyOf(entries.keySet());
  }

  List<ResourceName> takeSubscribes() {
    var taken = List.copyOf(toSubscribe);
    toSubscribe.clear();
    return taken;
  }

  List<ResourceName> takeUnsubscribes() {
    var taken = List.copyOf(toUnsubscribe);
    toUnsubscribe.clear();
    return taken;
  }

  boolean hasNews() {
    return !toSubscribe.isEmpty() || !toUnsubscribe.isEmpty();
  }

  private void remove(ResourceName name) {
    entries.remove(name);
    // What was never said needs no taking back.
    if (!toSubscribe.remove(name)) {
      toUnsubscribe.add(name);
    }
  }

  private @Nullable ResourceName victim(
      long now, Predicate<ResourceName> found, boolean mayDropFound) {
    ResourceName unknown = null;
    ResourceName known = null;
    long unknownUsed = Long.MAX_VALUE;
    long knownUsed = now - MIN_IDLE_NANOS;
    for (Map.Entry<ResourceName, Entry> one : entries.entrySet()) {
      Entry entry = one.getValue();
      if (entry.pinned) {
        continue;
      }
      if (!found.test(one.getKey())) {
        if (entry.usedNanos < unknownUsed) {
          unknown = one.getKey();
          unknownUsed = entry.usedNanos;
        }
      } else if (mayDropFound && entry.usedNanos < knownUsed) {
        known = one.getKey();
        knownUsed = entry.usedNanos;
      }
    }
    return unknown != null ? unknown : known;
  }

  private static final class Entry {
    final boolean pinned;
    long usedNanos;

    Entry(boolean pinned, long usedNanos) {
      this.pinned = pinned;
      this.usedNanos = usedNanos;
    }
  }
}
