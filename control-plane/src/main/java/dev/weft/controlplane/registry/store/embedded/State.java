package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is acknowledged, in memory: the rows of history by (revision, key), the newest value of
 * every key, the leases. It is what the log says, operation by operation. Written by the journal's
 * thread, read by any; a read sees whole revisions only.
 */
final class State {
  private static final long ROW_BYTES = 64;

  /** A key that exists, and the lease it is under (0 for none). */
  record Live(Entry entry, long leaseId) {}

  /** The entries under a prefix at a revision. */
  record View(long revision, List<Entry> entries) {}

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final TreeMap<Row.Key, Row> rows = new TreeMap<>();
  private final TreeMap<String, Live> live = new TreeMap<>();
  private final Map<Long, Long> leaseTtlNanos = new HashMap<>();
  private long revision;
  private long compacted;
  private long bytes;

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

  /** Up to where history is forgotten. */
  long compacted() {
    lock.readLock().lock();
    try {
      return compacted;
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Visits rows in order; nothing changes meanwhile.
   *
   * @param from the first revision
   * @param to the last revision
   * @param visitor returns whether to go on
   * @return up to where history is forgotten
   */
  long scan(long from, long to, BiPredicate<Row.Key, Row> visitor) {
    lock.readLock().lock();
    try {
      for (Map.Entry<Row.Key, Row> each :
          rows.subMap(new Row.Key(from, ""), new Row.Key(to + 1, "")).entrySet()) {
        if (!visitor.test(each.getKey(), each.getValue())) {
          break;
        }
      }
      return compacted;
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

  /** For the journal's thread. */
  Map<Long, Long> leaseTtlNanos() {
    return Map.copyOf(leaseTtlNanos);
  }

  /** About how many bytes a log of all this has. For the journal's thread. */
  long bytes() {
    return bytes;
  }

  /** Takes over what became durable. For the journal's thread. */
  void apply(List<Op> ops) {
    lock.writeLock().lock();
    try {
      ops.forEach(this::apply);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void apply(Op op) {
    switch (op) {
      case Op.Put(Row.Key key, Row row) -> {
        rows.put(key, row);
        bytes += size(key, row);
        if (row.deleted()) {
          live.remove(key.key());
        } else {
          live.put(key.key(), new Live(row.entry(key), row.leaseId()));
        }
        revision = key.revision();
      }
      case Op.Revision(long at) -> revision = at;
      case Op.Granted(long leaseId, long ttlNanos) -> leaseTtlNanos.put(leaseId, ttlNanos);
      case Op.Ended(long leaseId) -> leaseTtlNanos.remove(leaseId);
      case Op.Compacted(long logical, long physical) -> {
        compacted = logical;
        trim(physical);
      }
      case Op.Complete() -> {
        // Of interest to the reader of the log only.
      }
    }
  }

  private void trim(long physical) {
    Map<String, Row.Key> newest = new HashMap<>();
    List<Row.Key> gone = new ArrayList<>();
    rows.headMap(new Row.Key(physical + 1, ""))
        .forEach(
            (key, row) -> {
              Row.Key before =
                  row.deleted() ? newest.remove(key.key()) : newest.put(key.key(), key);
              if (before != null) {
                gone.add(before);
              }
              if (row.deleted()) {
                gone.add(key);
              }
            });
    for (Row.Key key : gone) {
      Row row = rows.remove(key);
      bytes -= row == null ? 0 : size(key, row);
    }
  }

  private static long size(Row.Key key, Row row) {
    return ROW_BYTES + key.key().length() + row.value().size();
  }

  /** Gives operations that lead to this state. For the journal's thread. */
  void write(Consumer<Op> to) {
    rows.forEach((key, row) -> to.accept(new Op.Put(key, row)));
    leaseTtlNanos.forEach((id, ttlNanos) -> to.accept(new Op.Granted(id, ttlNanos)));
    to.accept(new Op.Compacted(compacted, 0));
    to.accept(new Op.Revision(revision));
  }
}
