package dev.weft.controlplane.registry;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseListener;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.Txn.Operation;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A store in which every removal of a control plane says in the same transaction what it removes,
 * so that all replicas can tell it from an accident. Threads are those of the store.
 */
public final class RemovalMarks implements Store {
  private final Store store;

  /** Closes the store when it is closed. */
  public RemovalMarks(Store store) {
    this.store = store;
  }

  @Override
  public CompletableFuture<TxnResult> commit(Txn txn) {
    List<String> removed = new ArrayList<>();
    for (Operation operation : txn.operations()) {
      String key = operation.key();
      if (operation instanceof Operation.Delete && Keyspace.isGuarded(key)) {
        removed.add(key);
      }
    }
    ByteString mark = ByteString.copyFromUtf8(String.join("\n", removed));
    boolean full =
        txn.operations().size() == Txn.MAX_OPERATIONS
            || txn.bytes() + Keyspace.REMOVED.length() + mark.size() > Txn.MAX_BYTES;
    if (removed.isEmpty() || full) {
      return store.commit(txn);
    }
    List<Operation> operations = new ArrayList<>(txn.operations());
    operations.add(new Operation.Put(Keyspace.REMOVED, mark, null));
    return store.commit(new Txn(txn.compares(), operations));
  }

  @Override
  public String identity() {
    return store.identity();
  }

  @Override
  public CompletableFuture<Range> range(String prefix) {
    return store.range(prefix);
  }

  @Override
  public CompletableFuture<Range> rangeAt(String prefix, long revision) {
    return store.rangeAt(prefix, revision);
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    return store.watch(prefix, fromRevision, listener);
  }

  @Override
  public CompletableFuture<Lease> grantLease(Duration ttl, LeaseListener listener) {
    return store.grantLease(ttl, listener);
  }

  @Override
  public CompletableFuture<Void> compact(long revision) {
    return store.compact(revision);
  }

  @Override
  public void close() {
    store.close();
  }
}
