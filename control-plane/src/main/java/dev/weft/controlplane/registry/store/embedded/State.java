package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * What is acknowledged: the newest value of every key, in memory. Written by the journal's thread,
 * read by any; a read sees the state between two revisions, never a part of one.
 */
final class State {
  /** A key that exists, and the lease it is under (0 for none). */
  record Live(Entry entry, long leaseId) {}

  /** The entries under a prefix at a revision. */
  record View(long revision, List<Entry> entries) {}

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final TreeMap<String, Live> live = new TreeMap<>();
  private long revision;

  View range(String prefix) {
    lock.readLock().lock();
    try {
      List<Entry> entries = new ArrayList<>();
      // Keys are printable ASCII: the character after the last of it ends every prefix.
      for (Live each : live.subMap(prefix, prefix + '\u007f').values()) {
        entries.add(each.entry());
      }
      return new View(revision, entries);
    } finally {
      lock.readLock().unlock();
    }
  }

  long revision() {
    lock.readLock().lock();
    try {
      return revision;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** For the journal's thread. */
  @Nullable Live get(String key) {
    return live.get(key);
  }

  /** For the journal's thread. */
  List<String> keysOf(long leaseId) {
    List<String> keys = new ArrayList<>();
    for (Live each : live.values()) {
      if (each.leaseId() == leaseId) {
        keys.add(each.entry().key());
      }
    }
    return keys;
  }

  /**
   * Takes over rows of the file, in order, and the revision they lead to. For the journal's thread.
   */
  void publish(long newRevision, Map<Row.Key, Row> rows) {
    lock.writeLock().lock();
    try {
      rows.forEach(
          (key, row) -> {
            if (row.deleted()) {
              live.remove(key.key());
            } else {
              live.put(key.key(), new Live(row.entry(key), row.leaseId()));
            }
          });
      revision = newRevision;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
