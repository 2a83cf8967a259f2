package dev.weft.controlplane.registry.liveness;

import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseListener;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchListener;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The given store, with its commits counted, ways to lose a lease or an answer, and watches held
 * back.
 */
final class ControlledStore implements Store {
  private static final String SESSIONS = "session/";

  private final Store store;
  private final AtomicInteger commits = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicBoolean nextAnswerIsLost = new AtomicBoolean();
  private final Object watches = new Object();
  private volatile boolean refusesSessions;
  private @Nullable Runnable losing;
  // Guarded by watches.
  private boolean heldBack;

  ControlledStore(Store store) {
    this.store = store;
  }

  int commits() {
    return commits.get();
  }

  /** The next commit is done, and fails for whoever made it. */
  void loseNextAnswer() {
    nextAnswerIsLost.set(true);
  }

  /** From now on no commit that puts a session is done. */
  void refuseSessions() {
    refusesSessions = true;
  }

  /** Whether no commit is under way. */
  boolean idle() {
    return underWay.get() == 0;
  }

  /** From now on watches are told nothing; what happens meanwhile they learn later. */
  void holdWatchesBack() {
    synchronized (watches) {
      heldBack = true;
    }
  }

  /** Watches are told what has happened, and from now on everything at once. */
  void letWatchesGoOn() {
    synchronized (watches) {
      heldBack = false;
      watches.notifyAll();
    }
  }

  private void awaitTurn() {
    synchronized (watches) {
      while (heldBack) {
        try {
          watches.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
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
    if (refusesSessions
        && txn.operations().stream().anyMatch(operation -> operation.key().startsWith(SESSIONS))) {
      return CompletableFuture.failedFuture(
          new StoreUnavailableException("no sessions are taken", false, null));
    }
    underWay.incrementAndGet();
    boolean lost = nextAnswerIsLost.getAndSet(false);
    return store
        .commit(txn)
        .thenCompose(
            result ->
                lost
                    ? CompletableFuture.<TxnResult>failedFuture(
                        new StoreUnavailableException("the answer was lost", true, null))
                    : CompletableFuture.completedFuture(result))
        .whenComplete((result, failure) -> underWay.decrementAndGet());
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    return store.watch(
        prefix,
        fromRevision,
        new WatchListener() {
          @Override
          public void onBatch(WatchBatch batch) {
            awaitTurn();
            listener.onBatch(batch);
          }

          @Override
          public void onEnd(StoreException reason) {
            listener.onEnd(reason);
          }

          @Override
          public void onInterrupted(StoreException reason) {
            listener.onInterrupted(reason);
          }

          @Override
          public void onResumed() {
            listener.onResumed();
          }
        });
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
    letWatchesGoOn();
    store.close();
  }
}
