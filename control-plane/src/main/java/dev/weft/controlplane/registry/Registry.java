package dev.weft.controlplane.registry;

import dev.weft.controlplane.registry.RegistryStatus.State;
import dev.weft.controlplane.registry.loss.Loss;
import dev.weft.controlplane.registry.loss.Trust;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreClosedException;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreReplacedException;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.controlplane.registry.store.WatchListener;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Watches the store and publishes one immutable {@link RegistryView} per revision, in order.
 *
 * <p>While the store is away the last view stays in force and {@link #status} says so. When the
 * store turns out to be another one, everything is read anew and the listeners are told the exact
 * difference. What such a store lacks, or what vanished from it all at once, stays in the view and
 * is a {@link #loss} until an operator has said what is meant.
 *
 * <p>Threads: it owns one, the registry thread, on which it applies changes and calls its
 * listeners. Every method may be called from any thread and none blocks.
 */
public final class Registry implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Registry.class.getName());
  private static final long MIN_RETRY_MILLIS = 100;
  private static final long MAX_RETRY_MILLIS = 5_000;

  private final Store store;
  private final PolicyReader reader;
  private final ScheduledExecutorService thread;
  private final AtomicLong viewsPublished = new AtomicLong();
  private final AtomicLong resyncs = new AtomicLong();
  private volatile RegistryView view = RegistryView.EMPTY;
  private volatile RegistryStatus status =
      new RegistryStatus(State.CONNECTING, "the store has not been read yet");
  private final List<Runnable> statusListeners = new CopyOnWriteArrayList<>();

  // Owned by the registry thread.
  private final List<RegistryListener> listeners = new ArrayList<>();
  private final PriorityQueue<Awaiting> awaiting =
      new PriorityQueue<>(Comparator.comparingLong(Awaiting::revision));
  private final Recovery recovery;
  private ViewBuilder builder;
  private @Nullable Watch watch;
  private boolean replaced;
  private int generation;
  private long retryMillis = MIN_RETRY_MILLIS;
  private boolean closed;

  private record Awaiting(long revision, CompletableFuture<Boolean> future) {}

  /** A registry that does nothing before {@link #start}. The store stays its owner's to close. */
  public Registry(Store store, PolicyReader reader) {
    this.store = store;
    this.reader = reader;
    this.builder = new ViewBuilder(reader);
    this.recovery = new Recovery(store);
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("weft-registry").daemon(true).factory());
  }

  /** Begins to read and watch. Completes, synced, with the first view; retries until then. */
  public CompletableFuture<RegistryView> start() {
    CompletableFuture<RegistryView> first = new CompletableFuture<>();
    addListener(change -> first.complete(change.view()));
    run(this::resync);
    return first;
  }

  /** The newest view; one of revision 0 without anything before the store was read. */
  public RegistryView current() {
    return view;
  }

  public RegistryStatus status() {
    return status;
  }

  /** What the store has lost and is not believed to be gone. */
  public Loss loss() {
    return recovery.loss();
  }

  /**
   * Adds a listener. If there is a view already, it is first told that view as a change from
   * nothing.
   */
  public void addListener(RegistryListener listener) {
    run(
        () -> {
          listeners.add(listener);
          if (view != RegistryView.EMPTY) {
            tell(listener, ViewDiff.full(RegistryView.EMPTY, view));
          }
        });
  }

  /** Is told, on the registry thread, that {@link #status} has changed. */
  public void addStatusListener(Runnable listener) {
    statusListeners.add(listener);
  }

  /**
   * Waits for the view to reach a revision, e.g. that of one's own write.
   *
   * @return false when the time has passed first
   */
  public CompletableFuture<Boolean> awaitRevision(long revision, Duration timeout) {
    if (view.revision() >= revision) {
      return CompletableFuture.completedFuture(true);
    }
    CompletableFuture<Boolean> reached = new CompletableFuture<>();
    run(
        () -> {
          if (view.revision() >= revision) {
            reached.complete(true);
          } else {
            awaiting.add(new Awaiting(revision, reached));
          }
        });
    // Continued elsewhere, so that no waiter holds up the registry thread.
    return reached
        .completeOnTimeout(false, timeout.toNanos(), TimeUnit.NANOSECONDS)
        .whenCompleteAsync(
            (done, failed) -> {
              if (!Boolean.TRUE.equals(done)) {
                run(() -> awaiting.removeIf(each -> each.future().isDone()));
              }
            },
            Thread::startVirtualThread);
  }

  /** Views published so far, for metrics. */
  public long viewsPublished() {
    return viewsPublished.get();
  }

  /** Times that everything was read anew, the first included, for metrics. */
  public long resyncs() {
    return resyncs.get();
  }

  /** Ends the watch and the registry thread. The last view stays readable. */
  @Override
  public void close() {
    run(
        () -> {
          closed = true;
          endWatch();
          awaiting.forEach(each -> each.future().complete(false));
          awaiting.clear();
        });
    thread.shutdown();
  }

  private void resync() {
    if (closed) {
      return;
    }
    endWatch();
    int mine = ++generation;
    store
        .range("")
        .whenComplete(
            (range, failure) ->
                run(
                    () -> {
                      if (mine == generation && !closed) {
                        if (failure == null) {
                          adopt(range);
                        } else {
                          retry(failure);
                        }
                      }
                    }));
  }

  private void retry(Throwable failure) {
    Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    if (cause instanceof StoreClosedException) {
      return;
    }
    String why = String.valueOf(cause == null ? failure : cause.getMessage());
    interrupted(why);
    LOG.log(Level.WARNING, "cannot read the store, trying again in {0} ms: {1}", retryMillis, why);
    long jittered = retryMillis / 2 + ThreadLocalRandom.current().nextLong(retryMillis / 2 + 1);
    retryMillis = Math.min(MAX_RETRY_MILLIS, retryMillis * 2);
    try {
      thread.schedule(this::resync, jittered, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // Closed meanwhile.
    }
  }

  private void adopt(Range range) {
    retryMillis = MIN_RETRY_MILLIS;
    ViewBuilder fresh = new ViewBuilder(reader);
    recovery.adopt(range, trust(range)).forEach(fresh::put);
    replaced = false;
    builder = fresh;
    resyncs.incrementAndGet();
    if (!view.storeId().isEmpty() && !view.storeId().equals(range.identity())) {
      LOG.log(
          Level.WARNING,
          "the store is another one now ({0}, was {1}): everything was read anew at revision {2}",
          range.identity(),
          view.storeId(),
          range.revision());
    }
    RegistryChange change = fresh.publish(range.identity(), range.revision(), view, true);
    // Whoever is told of the view, or sees it, may ask for the status: that must not lag behind.
    view = change.view();
    setStatus(RegistryStatus.SYNCED);
    publish(change);
    watch = store.watch("", range.revision() + 1, new Follower(generation));
  }

  private Trust trust(Range range) {
    if (!view.storeId().isEmpty() && !view.storeId().equals(range.identity())) {
      return Trust.REPLACED;
    }
    return replaced || range.revision() < view.revision() ? Trust.SET_BACK : Trust.SAME;
  }

  private void apply(WatchBatch batch) {
    if (batch.changes().stream().anyMatch(Registry::endsTheStore)) {
      interrupted("the store was emptied");
      resync();
      return;
    }
    for (Change change : recovery.apply(batch)) {
      switch (change) {
        case Change.Put(var entry) -> builder.put(entry);
        case Change.Delete(String key) -> builder.delete(key);
      }
    }
    publish(builder.publish(view.storeId(), batch.revision(), view, false));
  }

  private static boolean endsTheStore(Change change) {
    return change instanceof Change.Delete(String key) && key.equals(Keyspace.STORE_ID);
  }

  private void publish(RegistryChange change) {
    view = change.view();
    viewsPublished.incrementAndGet();
    for (RegistryListener listener : listeners) {
      tell(listener, change);
    }
    for (Awaiting next = awaiting.peek();
        next != null && next.revision() <= change.view().revision();
        next = awaiting.peek()) {
      awaiting.remove();
      next.future().complete(true);
    }
  }

  private static void tell(RegistryListener listener, RegistryChange change) {
    try {
      listener.onChange(change);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a listener failed at revision " + change.view().revision(), e);
    }
  }

  private void interrupted(String why) {
    setStatus(
        new RegistryStatus(view == RegistryView.EMPTY ? State.CONNECTING : State.INTERRUPTED, why));
  }

  private void setStatus(RegistryStatus now) {
    if (!now.equals(status)) {
      status = now;
      statusListeners.forEach(Runnable::run);
    }
  }

  private void endWatch() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }

  private void run(Runnable task) {
    try {
      // The executor would keep an error to itself, and everybody would wait without knowing why.
      thread.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException | Error e) {
              LOG.log(Level.ERROR, "the registry thread failed", e);
              throw e;
            }
          });
    } catch (RejectedExecutionException e) {
      // Closed: nobody is interested any more.
    }
  }

  /** Hands what the store tells to the registry thread, one batch at a time. */
  private final class Follower implements WatchListener {
    private final int mine;

    Follower(int mine) {
      this.mine = mine;
    }

    @Override
    public void onBatch(WatchBatch batch) {
      CompletableFuture<Void> applied = new CompletableFuture<>();
      handOver(
          () -> {
            apply(batch);
            applied.complete(null);
          },
          applied);
      // Bounds what waits: the store's own thread for this watch is virtual and may block.
      applied.join();
    }

    @Override
    public void onEnd(StoreException reason) {
      if (!(reason instanceof StoreClosedException)) {
        handOver(
            () -> {
              LOG.log(Level.WARNING, "reading the registry anew: {0}", reason.getMessage());
              replaced |= reason instanceof StoreReplacedException;
              interrupted(String.valueOf(reason.getMessage()));
              resync();
            },
            new CompletableFuture<>());
      }
    }

    @Override
    public void onInterrupted(StoreException reason) {
      handOver(() -> interrupted(String.valueOf(reason.getMessage())), new CompletableFuture<>());
    }

    @Override
    public void onResumed() {
      handOver(() -> setStatus(RegistryStatus.SYNCED), new CompletableFuture<>());
    }

    private void handOver(Runnable task, CompletableFuture<Void> done) {
      try {
        thread.execute(
            () -> {
              try {
                if (mine == generation && !closed) {
                  task.run();
                }
              } finally {
                done.complete(null);
              }
            });
      } catch (RejectedExecutionException e) {
        done.complete(null);
      }
    }
  }
}
