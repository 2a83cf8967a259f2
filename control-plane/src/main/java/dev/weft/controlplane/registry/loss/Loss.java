package dev.weft.controlplane.registry.loss;

import dev.weft.controlplane.registry.store.Txn;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the store says and this replica does not believe. Immutable.
 *
 * @param why what was seen, for a person; empty when nothing is withheld
 * @param sinceMillis when it began, in UTC milliseconds since 1970
 * @param byKey what is withheld
 */
public record Loss(String why, long sinceMillis, SortedMap<String, Withheld> byKey) {
  /** Nothing is withheld. */
  public static final Loss NONE = new Loss("", 0, new TreeMap<>());

  /** Copies the entries. */
  public Loss {
    byKey = Collections.unmodifiableSortedMap(new TreeMap<>(byKey));
  }

  /** Whether nothing is withheld. */
  public boolean isEmpty() {
    return byKey.isEmpty();
  }

  /** How many keys are withheld. */
  public int size() {
    return byKey.size();
  }

  /** What is withheld. */
  public Collection<Withheld> entries() {
    return byKey.values();
  }

  /** What is withheld of a key; null: nothing. */
  public @Nullable Withheld of(String key) {
    return byKey.get(key);
  }

  /**
   * Has a transaction happen only while the store says of a key what it said when the view was
   * made.
   *
   * @param revision at which the view says that the key was written
   */
  public void requireUnchanged(Txn.Builder txn, String key, long revision) {
    Withheld withheld = of(key);
    if (withheld == null) {
      txn.ifModRevision(key, revision);
    } else {
      withheld.require(txn);
    }
  }

  /** What a person should know, in one line. */
  public String message() {
    Map<String, Integer> counts = new TreeMap<>();
    for (Withheld each : byKey.values()) {
      counts.merge(each.key().substring(0, each.key().indexOf('/')), 1, Integer::sum);
    }
    StringBuilder kinds = new StringBuilder();
    counts.forEach(
        (group, count) -> kinds.append(kinds.isEmpty() ? "" : ", ").append(named(group, count)));
    return why
        + ": what was known of "
        + kinds
        + " stays in force; 'weft registry restore' writes it back, 'weft registry"
        + " restore --accept' has it that the store is right";
  }

  private static String named(String group, int count) {
    return count
        + switch (group) {
          case "registry" -> count == 1 ? " instance" : " instances";
          case "endpoints" -> count == 1 ? " slice of endpoints" : " slices of endpoints";
          case "policy" -> count == 1 ? " document" : " documents";
          case "override" -> count == 1 ? " override" : " overrides";
          default -> " of " + group;
        };
  }
}
