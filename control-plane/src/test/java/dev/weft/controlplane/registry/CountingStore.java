package dev.weft.controlplane.registry;

import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseListener;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchListener;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The given store, with its commits counted, and a way to lose a lease. */
final class CountingStore implements Store {
  private final Store store;
  private final AtomicInteger commits = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();
  private @Nullable Runnable losing;

  CountingStore(Store store) {
    this.store = store;
  }

  int commits() {
    return commits.get();
  }

  /** Whether no commit is under way. */
  boolean idle() {
    return underWay.get() == 0;
  }

  /** Ends the lease that was granted last, as a store does that has not heard of it in time. */
  void loseLease() {
    if (losing != null) {
      losing.run();
    }
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
  public CompletableFuture<TxnResult> commit(Txn txn) {
    commits.incrementAndGet();
    underWay.incrementAndGet();
    return store.commit(txn).whenComplete((result, failure) -> underWay.decrementAndGet());
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    return store.watch(prefix, fromRevision, listener);
  }

  @Override
  public CompletableFuture<Lease> grantLease(Duration ttl, LeaseListener listener) {
    return store
        .grantLease(ttl, listener)
        .thenApply(
            lease -> {
              losing =
                  () -> {
                    lease.revoke().join();
                    listener.onLost(lease);
                  };
              return lease;
            });
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
