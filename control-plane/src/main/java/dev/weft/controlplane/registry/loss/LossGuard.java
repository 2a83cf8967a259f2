package dev.weft.controlplane.registry.loss;

import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides what of the store's word is believed, key by key.
 *
 * <p>Every removal by a control plane names its keys under a mark, in the same transaction: it is
 * believed. Others are, too, unless there are too many at once. Of a store that is another one, or
 * was set back, no absence is believed. For one thread.
 */
public final class LossGuard {
  /** More than this of a group must not vanish within {@link #WINDOW} without a mark. */
  private static final int BRAKE_PERCENT = 30;

  /** Fewer than this may always vanish: somebody has removed them by hand. */
  private static final int BRAKE_KEYS = 3;

  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final Set<String> groups;
  private final Set<String> documentGroups;
  private final String mark;
  private final LongSupplier nanoClock;
  private final LongSupplier utcMillis;
  private final Map<String, Entry> inForce = new HashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final TreeMap<String, Withheld> withheld = new TreeMap<>();
  private final Deque<Vanished> recent = new ArrayDeque<>();
  private String why = "";
  private long sinceMillis;
  private @Nullable Loss shown = Loss.NONE;

  private record Vanished(Entry entry, long atNanos) {}

  /**
   * @param groups the first parts of the keys that are guarded, each of which has a brake of its
   *     own
   * @param documentGroups those of them that somebody wrote by intent: what was deleted there is
   *     not shown again because of a store that was set back
   * @param mark the key under which removals are named, one key a line
   * @param nanoClock monotonic
   */
  public LossGuard(
      Set<String> groups,
      Set<String> documentGroups,
      String mark,
      LongSupplier nanoClock,
      LongSupplier utcMillis) {
    this.groups = Set.copyOf(groups);
    this.documentGroups = Set.copyOf(documentGroups);
    this.mark = mark;
    this.nanoClock = nanoClock;
    this.utcMillis = utcMillis;
  }

  /** What is withheld now. */
  public Loss loss() {
    Loss known = shown;
    if (known == null) {
      known = withheld.isEmpty() ? Loss.NONE : new Loss(why, sinceMillis, withheld);
      shown = known;
    }
    return known;
  }

  /** What is in force after a whole store was read, of guarded keys and others. */
  public List<Entry> adopt(Range range, Trust trust) {
    Map<String, Entry> before = new HashMap<>(inForce);
    Map<String, Entry> stored = new HashMap<>();
    List<Entry> result = new ArrayList<>();
    for (Entry entry : range.entries()) {
      if (isGuarded(entry.key())) {
        stored.put(entry.key(), entry);
      } else {
        result.add(entry);
      }
    }
    List<Withheld> earlier = List.copyOf(withheld.values());
    withheld.clear();
    List<Entry> missing = new ArrayList<>();
    for (Entry entry : before.values()) {
      Entry now = stored.get(entry.key());
      if (now == null) {
        missing.add(entry);
      } else if (trust == Trust.SET_BACK
          && now.modRevision() < entry.modRevision()
          && !now.value().equals(entry.value())) {
        withhold(new Withheld(entry.key(), entry, now));
      }
    }
    if (trust == Trust.SET_BACK) {
      for (Entry entry : stored.values()) {
        if (!before.containsKey(entry.key()) && documentGroups.contains(group(entry.key()))) {
          withhold(new Withheld(entry.key(), null, entry));
        }
      }
    }
    if (trust == Trust.SAME) {
      earlier.stream().filter(each -> each.stillSo(stored.get(each.key()))).forEach(this::withhold);
      missing.removeIf(entry -> withheld.containsKey(entry.key()));
    }
    Set<String> braked = trust == Trust.SAME ? braked(missing) : groups;
    for (Entry entry : missing) {
      if (braked.contains(group(entry.key()))) {
        withhold(new Withheld(entry.key(), entry, null));
      }
    }
    recent.clear();
    inForce.clear();
    counts.clear();
    for (Entry entry : stored.values()) {
      if (!withheld.containsKey(entry.key())) {
        putInForce(entry);
      }
    }
    for (Withheld each : withheld.values()) {
      if (each.known() != null) {
        putInForce(each.known());
      }
    }
    result.addAll(inForce.values());
    changed(trust.seen());
    return result;
  }

  /** What of a batch is to be applied to what is in force. */
  public List<Change> apply(WatchBatch batch) {
    List<Change> result = new ArrayList<>();
    List<Entry> vanished = new ArrayList<>();
    boolean touched = false;
    Set<String> meant = meant(batch);
    for (String key : meant) {
      Withheld held = withheld.get(key);
      if (held != null && held.stored() == null) {
        believeGone(key, result);
        touched = true;
      }
    }
    for (Change change : batch.changes()) {
      String key = change.key();
      if (!isGuarded(key)) {
        result.add(change);
      } else if (change instanceof Change.Put(Entry entry)) {
        touched |= withheld.remove(key) != null;
        putInForce(entry);
        result.add(change);
      } else if (meant.contains(key)) {
        touched |= withheld.containsKey(key);
        believeGone(key, result);
      } else {
        Withheld held = withheld.get(key);
        Entry entry = inForce.get(key);
        if (held != null) {
          lost(held);
          touched = true;
        } else if (entry != null) {
          vanished.add(entry);
        }
      }
    }
    touched |= judge(vanished, result);
    if (touched) {
      changed(Trust.SAME.seen());
    }
    return result;
  }

  /** Believes the store in everything; what is to be applied then. */
  public List<Change> accept() {
    List<Change> result = new ArrayList<>();
    for (Withheld each : List.copyOf(withheld.values())) {
      Entry stored = each.stored();
      if (stored == null) {
        believeGone(each.key(), result);
      } else {
        putInForce(stored);
        result.add(new Change.Put(stored));
      }
    }
    withheld.clear();
    changed("");
    return result;
  }

  /** Applies the brake to what has vanished without a mark; whether something is withheld now. */
  private boolean judge(List<Entry> vanished, List<Change> result) {
    if (vanished.isEmpty()) {
      return false;
    }
    long now = nanoClock.getAsLong();
    while (!recent.isEmpty() && now - recent.getFirst().atNanos() >= WINDOW.toNanos()) {
      recent.removeFirst();
    }
    List<Entry> all = new ArrayList<>(vanished);
    recent.forEach(each -> all.add(each.entry()));
    Set<String> braked = braked(all);
    for (Entry entry : vanished) {
      if (!braked.contains(group(entry.key()))) {
        believeGone(entry.key(), result);
        recent.addLast(new Vanished(entry, now));
      } else {
        withhold(new Withheld(entry.key(), entry, null));
      }
    }
    if (braked.isEmpty()) {
      return false;
    }
    // Those that went just before belong to it.
    for (Vanished each : recent) {
      Entry entry = each.entry();
      if (braked.contains(group(entry.key())) && !inForce.containsKey(entry.key())) {
        putInForce(entry);
        withhold(new Withheld(entry.key(), entry, null));
        result.add(new Change.Put(entry));
      }
    }
    recent.removeIf(each -> braked.contains(group(each.entry().key())));
    return true;
  }

  /** The groups of which too much is gone. */
  private Set<String> braked(Collection<Entry> gone) {
    Map<String, Integer> goneOf = new HashMap<>();
    Map<String, Integer> stillOf = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (Entry entry : gone) {
      if (seen.add(entry.key())) {
        goneOf.merge(group(entry.key()), 1, Integer::sum);
        stillOf.merge(group(entry.key()), inForce.containsKey(entry.key()) ? 1 : 0, Integer::sum);
      }
    }
    Set<String> braked = new HashSet<>();
    goneOf.forEach(
        (group, count) -> {
          int others = counts.getOrDefault(group, 0) - stillOf.getOrDefault(group, 0);
          if (count >= BRAKE_KEYS && count * 100L > (others + count) * (long) BRAKE_PERCENT) {
            braked.add(group);
          }
        });
    return braked;
  }

  private void withhold(Withheld held) {
    withheld.put(held.key(), held);
  }

  private void lost(Withheld held) {
    if (held.known() == null) {
      withheld.remove(held.key());
    } else {
      withhold(new Withheld(held.key(), held.known(), null));
    }
  }

  private void believeGone(String key, List<Change> result) {
    withheld.remove(key);
    if (inForce.remove(key) != null) {
      counts.merge(group(key), -1, Integer::sum);
      result.add(new Change.Delete(key));
    }
  }

  private void putInForce(Entry entry) {
    if (inForce.put(entry.key(), entry) == null) {
      counts.merge(group(entry.key()), 1, Integer::sum);
    }
  }

  private void changed(String seen) {
    shown = null;
    if (withheld.isEmpty()) {
      why = "";
    } else if (why.isEmpty()) {
      why = seen;
      sinceMillis = utcMillis.getAsLong();
    }
  }

  private Set<String> meant(WatchBatch batch) {
    for (Change change : batch.changes()) {
      if (change instanceof Change.Put(Entry entry) && entry.key().equals(mark)) {
        return new HashSet<>(entry.value().toStringUtf8().lines().toList());
      }
    }
    return Set.of();
  }

  private boolean isGuarded(String key) {
    return groups.contains(group(key));
  }

  private static String group(String key) {
    int slash = key.indexOf('/');
    return slash < 0 ? "" : key.substring(0, slash);
  }
}
