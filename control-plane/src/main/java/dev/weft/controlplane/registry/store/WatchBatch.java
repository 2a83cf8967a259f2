package dev.weft.controlplane.registry.store;

import java.util.List;

/**
 * Changes that happened together. Whoever applies it to what they were told before holds the prefix
 * exactly as it was in the store at {@link #revision}. Normally these are all changes of one
 * revision; after a compaction that overtook the watch, the difference over all the revisions in
 * between. Immutable.
 *
 * @param revision the revision of the store after these changes
 * @param changes by key, each key once, never empty
 */
public record WatchBatch(long revision, List<Change> changes) {
  /** One changed key. */
  public sealed interface Change {
    /** The key that changed. */
    String key();

    /** The key has this value now. */
    record Put(Entry entry) implements Change {
      @Override
      public String key() {
        return entry.key();
      }
    }

    /** The key is gone. */
    record Delete(String key) implements Change {}
  }

  /** Copies the changes. */
  public WatchBatch {
    changes = List.copyOf(changes);
  }
}
