package dev.weft.controlplane.api;

import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.controlplane.registry.store.WatchListener;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one call straight from the store's history. Runs on the store's virtual threads; a receiver
 * that is slow holds up its own watch of the store, nothing else.
 */
final class StoreFeed<E> implements WatchListener {
  private final ServerCallStreamObserver<E> call;
  private final Events<E> events;
  private final Function<Throwable, StatusRuntimeException> failures;
  private final Runnable onOver;

  // Guarded by this.
  private @Nullable Watch watch;
  private boolean over;

  /** Whether whoever counts it knows that it is over. */
  private boolean told;

  /** What a change of the store is to the receiver. */
  interface Events<E> {
    /** Null for what the receiver did not ask for, and for what cannot be read. */
    @Nullable E of(Change change, long revision);
  }

  /**
   * @param onOver called once, when it is over
   */
  StoreFeed(
      ServerCallStreamObserver<E> call,
      Events<E> events,
      Function<Throwable, StatusRuntimeException> failures,
      Runnable onOver) {
    this.onOver = onOver;
    this.call = call;
    this.events = events;
    this.failures = failures;
    call.setOnReadyHandler(this::ready);
    call.setOnCancelHandler(this::end);
  }

  /** Sends every change from a revision on. Does not block. */
  void follow(Store store, String prefix, long fromRevision) {
    Watch started = store.watch(prefix, fromRevision, this);
    synchronized (this) {
      if (!over) {
        watch = started;
        return;
      }
    }
    started.close();
  }

  /** Waits until the receiver takes it; false when there is none any more. */
  synchronized boolean send(E event) {
    try {
      while (!over && !call.isReady()) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    if (!over) {
      call.onNext(event);
    }
    return !over;
  }

  /** Ends the call, unless it has ended. */
  void fail(Throwable failure) {
    synchronized (this) {
      if (!over) {
        over = true;
        call.onError(failures.apply(failure));
      }
    }
    tell();
  }

  private void tell() {
    synchronized (this) {
      if (told) {
        return;
      }
      told = true;
    }
    onOver.run();
  }

  @Override
  public void onBatch(WatchBatch batch) {
    for (Change change : batch.changes()) {
      E event = events.of(change, batch.revision());
      if (event != null && !send(event)) {
        return;
      }
    }
  }

  @Override
  public void onEnd(StoreException reason) {
    fail(reason);
  }

  private synchronized void ready() {
    notifyAll();
  }

  private void end() {
    Watch last;
    synchronized (this) {
      over = true;
      last = watch;
      notifyAll();
    }
    if (last != null) {
      last.close();
    }
    tell();
  }
}
