package dev.weft.controlplane.registry.store;

import java.util.List;

/**
 * The keys under a prefix, as they were together at one revision. Immutable.
 *
 * @param identity the store that was read; see {@link Store#identity}
 * @param revision the revision of the store when it was read: a watch goes on from the one after it
 * @param entries by key, ascending
 */
public record Range(String identity, long revision, List<Entry> entries) {
  /** Copies the entries. */
  public Range {
    entries = List.copyOf(entries);
  }
}
