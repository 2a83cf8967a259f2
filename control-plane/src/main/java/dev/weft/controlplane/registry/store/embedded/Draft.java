package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.LeaseExpiredException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.Txn.Compare;
import dev.weft.controlplane.registry.store.Txn.Operation;
import dev.weft.controlplane.registry.store.TxnResult;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one group commit, on top of the published state. Each method is one step; it
 * changes all that it says or throws and changes nothing. For the journal's thread.
 */
final class Draft {
  private final State state;
  private final Leases leases;
  private final StoreFile file;
  private final Watches watches;
  private final Map<Row.Key, Row> rows = new LinkedHashMap<>();
  private final Map<String, Row.Key> newest = new HashMap<>();
  private long revision;
  private boolean dirty;
  private boolean compacted;

  Draft(State state, Leases leases, StoreFile file, Watches watches) {
    this.state = state;
    this.leases = leases;
    this.file = file;
    this.watches = watches;
    this.revision = state.revision();
  }

  TxnResult commit(Txn txn) {
    for (Compare compare : txn.compares()) {
      if (!holds(compare)) {
        return new TxnResult(false, revision);
      }
    }
    boolean changes = false;
    for (Operation operation : txn.operations()) {
      switch (operation) {
        case Operation.Put put -> {
          changes = true;
          if (put.lease() != null && !leases.alive(put.lease().id())) {
            throw new LeaseExpiredException(put.lease().id());
          }
        }
        case Operation.Delete delete -> changes |= find(delete.key()) != null;
      }
    }
    if (changes) {
      long next = revision + 1;
      for (Operation operation : txn.operations()) {
        switch (operation) {
          case Operation.Put put ->
              put(next, put.key(), put.value(), put.lease() == null ? 0 : put.lease().id());
          case Operation.Delete delete -> delete(next, delete.key());
        }
      }
      advance(next);
    }
    return new TxnResult(true, revision);
  }

  void grant(long leaseId, long ttlNanos) {
    file.putLease(leaseId, ttlNanos);
    dirty = true;
  }

  /** Ends a lease that is already out of the table. */
  void endLease(long leaseId) {
    TreeSet<String> keys = new TreeSet<>(state.keysOf(leaseId));
    keys.addAll(newest.keySet());
    keys.removeIf(key -> leaseOf(key) != leaseId);
    if (!keys.isEmpty()) {
      long next = revision + 1;
      keys.forEach(key -> delete(next, key));
      advance(next);
    }
    file.removeLease(leaseId);
    dirty = true;
  }

  void compact(long upTo) {
    if (upTo > revision) {
      throw new IllegalArgumentException(
          "cannot compact to revision " + upTo + ": the store is at " + revision);
    }
    if (upTo <= file.compacted()) {
      return;
    }
    long physical = watches.compact(upTo);
    file.compact(upTo, physical);
    compacted = true;
    dirty = true;
  }

  /** Makes the store's own key, which makes revision 1. */
  void create(String key, ByteString value) {
    put(1, key, value, 0);
    advance(1);
  }

  boolean dirty() {
    return dirty;
  }

  boolean compacted() {
    return compacted;
  }

  /** After the file is durable. */
  void publish() {
    state.publish(revision, rows);
    watches.advance(revision);
  }

  private boolean holds(Compare compare) {
    Found found = find(compare.key());
    return switch (compare) {
      case Compare.Absent _ -> found == null;
      case Compare.ModRevision(String _, long expected) ->
          found != null && found.modRevision() == expected;
      case Compare.Value(String _, ByteString value) ->
          found != null && found.value().equals(value);
    };
  }

  private record Found(long createRevision, long modRevision, ByteString value, long leaseId) {}

  private @Nullable Found find(String key) {
    Row.Key changed = newest.get(key);
    if (changed != null) {
      Row row = rows.get(changed);
      return row == null || row.deleted()
          ? null
          : new Found(row.createRevision(), changed.revision(), row.value(), row.leaseId());
    }
    State.Live live = state.get(key);
    return live == null
        ? null
        : new Found(
            live.entry().createRevision(),
            live.entry().modRevision(),
            live.entry().value(),
            live.leaseId());
  }

  private long leaseOf(String key) {
    Found found = find(key);
    return found == null ? 0 : found.leaseId();
  }

  private void put(long at, String key, ByteString value, long leaseId) {
    Found before = find(key);
    add(
        new Row.Key(at, key),
        new Row(before == null ? at : before.createRevision(), leaseId, value));
  }

  private void delete(long at, String key) {
    if (find(key) != null) {
      add(new Row.Key(at, key), Row.DELETED);
    }
  }

  private void add(Row.Key key, Row row) {
    file.put(key, row);
    rows.put(key, row);
    newest.put(key.key(), key);
  }

  private void advance(long to) {
    revision = to;
    file.revision(to);
    dirty = true;
  }
}
