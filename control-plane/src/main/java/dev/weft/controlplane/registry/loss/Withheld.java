package dev.weft.controlplane.registry.loss;

import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Txn;
import org.jspecify.annotations.Nullable;

/**
 * A key of which the store says something that is not believed. Immutable.
 *
 * @param key which
 * @param known what stays in force; null: nothing, the store shows again what was deleted
 * @param stored what the store holds; null: nothing
 */
public record Withheld(String key, @Nullable Entry known, @Nullable Entry stored) {
  /** Whether the store says of the key what it said when this was withheld. */
  boolean stillSo(@Nullable Entry now) {
    return now == null
        ? stored == null
        : stored != null && stored.modRevision() == now.modRevision();
  }

  /** Has a transaction happen only while the store says what it said when this was withheld. */
  public void require(Txn.Builder txn) {
    if (stored == null) {
      txn.ifAbsent(key);
    } else {
      txn.ifModRevision(key, stored.modRevision());
    }
  }

  /** Makes the store hold what is in force. */
  public void restore(Txn.Builder txn) {
    require(txn);
    if (known == null) {
      txn.delete(key);
    } else {
      txn.put(key, known.value());
    }
  }
}
