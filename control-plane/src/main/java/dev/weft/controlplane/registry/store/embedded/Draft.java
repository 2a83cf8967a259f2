package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.LeaseExpiredException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.Txn.Compare;
import dev.weft.controlplane.registry.store.Txn.Operation;
import dev.weft.controlplane.registry.store.TxnResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one group, on top of the published state. Each method is one step; it changes all
 * that it says, or throws and changes nothing. For the journal's thread.
 */
final class Draft {
  private final State state;
  private final Leases leases;
  private final Watches watches;
  private final List<Op> ops = new ArrayList<>();
  private final Map<String, Op.Put> newest = new HashMap<>();
  private long revision;
  private long compacted;
  private long bytes;

  Draft(State state, Leases leases, Watches watches) {
    this.state = state;
    this.leases = leases;
    this.watches = watches;
    this.revision = state.revision();
    this.compacted = state.compacted();
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
      revision++;
      for (Operation operation : txn.operations()) {
        switch (operation) {
          case Operation.Put put ->
              put(put.key(), put.value(), put.lease() == null ? 0 : put.lease().id());
          case Operation.Delete delete -> delete(delete.key());
        }
      }
    }
    return new TxnResult(true, revision);
  }

  void grant(long leaseId, long ttlNanos) {
    ops.add(new Op.Granted(leaseId, ttlNanos));
  }

  /** Ends a lease and removes its keys. */
  void endLease(long leaseId) {
    TreeSet<String> keys = new TreeSet<>(state.keysOf(leaseId));
    keys.addAll(newest.keySet());
    keys.removeIf(key -> leaseOf(key) != leaseId);
    if (!keys.isEmpty()) {
      revision++;
      keys.forEach(this::delete);
    }
    ops.add(new Op.Ended(leaseId));
  }

  void compact(long upTo) {
    if (upTo > revision) {
      throw new IllegalArgumentException(
          "cannot compact to revision " + upTo + ": the store is at " + revision);
    }
    if (upTo > compacted) {
      compacted = upTo;
      ops.add(new Op.Compacted(upTo, watches.compact(upTo)));
    }
  }

  /** Makes the store's own key, at revision 1. */
  void create(String key, ByteString value) {
    revision++;
    put(key, value, 0);
  }

  /** What is to be durable; empty if nothing changed. */
  List<Op> ops() {
    return ops;
  }

  long revision() {
    return revision;
  }

  /** About how many bytes the operations have. */
  long bytes() {
    return bytes;
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
    Op.Put changed = newest.get(key);
    if (changed != null) {
      Row row = changed.row();
      return row.deleted()
          ? null
          : new Found(row.createRevision(), changed.key().revision(), row.value(), row.leaseId());
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

  private void put(String key, ByteString value, long leaseId) {
    Found before = find(key);
    add(key, new Row(before == null ? revision : before.createRevision(), leaseId, value));
  }

  private void delete(String key) {
    if (find(key) != null) {
      add(key, Row.DELETED);
    }
  }

  private void add(String key, Row row) {
    Op.Put put = new Op.Put(new Row.Key(revision, key), row);
    ops.add(put);
    newest.put(key, put);
    bytes += key.length() + row.value().size();
  }
}
