package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.StoreClosedException;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreFailedException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that changes anything. What waits when it comes around becomes one group: applied
 * in order, made durable by one sync, published, then answered.
 *
 * <p>When the disk refuses, nothing of the group is published, every write fails from then on with
 * the reason, and reads go on. The next write after a second writes the log anew from memory, and
 * so mends it.
 */
final class Journal implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Journal.class.getName());
  private static final int GROUP = 1024;
  private static final long GROUP_BYTES = 4 << 20;
  private static final long LEAST_REWRITE_BYTES = 1 << 20;
  private static final long LEASE_TICK_MILLIS = 100;
  private static final long MEND_AFTER_NANOS = 1_000_000_000L;
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

  private final Path directory;
  private final Disk disk;
  private final State state = new State();
  private final Watches watches = new Watches();
  private final Leases leases;
  private final Executor callbacks;
  private final LinkedBlockingQueue<Step<?>> queue = new LinkedBlockingQueue<>();
  private final List<Step<?>> pending = new ArrayList<>();
  private final Thread thread;
  private final Object closing = new Object();
  private Log log;
  private @Nullable StoreFailedException failure;
  private long failedAt;
  private boolean closed;

  /** One change and who waits for it; without a change, the end. */
  private record Step<T>(@Nullable Function<Draft, T> change, CompletableFuture<T> result) {
    @Nullable Runnable apply(Draft draft) {
      if (change == null) {
        return null;
      }
      try {
        T value = change.apply(draft);
        return () -> result.complete(value);
      } catch (StoreFailedException e) {
        throw e;
      } catch (StoreException | IllegalArgumentException e) {
        return () -> result.completeExceptionally(e);
      }
    }
  }

  /** Reads the whole file; blocks. Takes it over. */
  Journal(Path directory, Disk disk, Leases leases, Executor callbacks) {
    this.directory = directory;
    this.disk = disk;
    this.leases = leases;
    this.callbacks = callbacks;
    this.log =
        Log.exists(directory)
            ? Log.open(directory, disk, op -> state.apply(List.of(op)))
            : Log.rewrite(directory, disk, state::write);
    watches.compact(state.compacted());
    watches.advance(state.revision());
    adoptLeases();
    this.thread = Thread.ofPlatform().daemon().name("weft-store").start(this::run);
  }

  State state() {
    return state;
  }

  Watches watches() {
    return watches;
  }

  boolean closed() {
    synchronized (closing) {
      return closed;
    }
  }

  /** Completes on a virtual thread once the change is durable and visible. */
  <T> CompletableFuture<T> submit(Function<Draft, T> change) {
    Step<T> step = new Step<>(change, new CompletableFuture<>());
    synchronized (closing) {
      if (closed) {
        return CompletableFuture.failedFuture(new StoreClosedException());
      }
      queue.add(step);
    }
    return step.result();
  }

  private void run() {
    boolean open = true;
    while (open) {
      List<Step<?>> group = new ArrayList<>();
      Step<?> first = next();
      if (first != null) {
        group.add(first);
        queue.drainTo(group, GROUP);
      }
      open = group.stream().allMatch(step -> step.change() != null);
      do {
        try {
          process(group);
        } catch (RuntimeException e) {
          group.addAll(0, pending);
          pending.clear();
          fail(e, group);
          group.clear();
        }
      } while (!group.isEmpty());
    }
    log.close();
  }

  private @Nullable Step<?> next() {
    try {
      return leases.isEmpty() ? queue.take() : queue.poll(LEASE_TICK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      // Nobody interrupts this thread: it would close the file.
      return null;
    }
  }

  private void process(List<Step<?>> group) {
    List<Long> over = leases.over();
    if (group.isEmpty() && over.isEmpty()) {
      return;
    }
    if (failure != null) {
      mend();
    }
    Draft draft = new Draft(state, leases, watches);
    List<Runnable> answers = new ArrayList<>();
    for (long id : over) {
      draft.endLease(id);
    }
    while (!group.isEmpty() && draft.bytes() < GROUP_BYTES) {
      Runnable answer = group.getFirst().apply(draft);
      if (answer != null) {
        answers.add(answer);
      }
      pending.add(group.removeFirst());
    }
    if (!draft.ops().isEmpty()) {
      log.append(draft.ops());
      state.apply(draft.ops());
      watches.advance(draft.revision());
    }
    pending.clear();
    for (long id : over) {
      EmbeddedLease owner = leases.owner(id);
      leases.remove(id);
      if (owner != null) {
        answers.add(owner::lost);
      }
    }
    answers.forEach(callbacks::execute);
    if (log.size() > Math.max(LEAST_REWRITE_BYTES, 2 * state.bytes())) {
      rewrite();
    }
  }

  private void fail(RuntimeException e, List<Step<?>> group) {
    StoreFailedException reason =
        e instanceof StoreFailedException known
            ? known
            : new StoreFailedException(Log.explain("cannot write to", directory, e), e);
    if (failure == null) {
      LOG.log(
          Level.ERROR, reason.getMessage() + " (reads go on, writes fail until this is mended)");
      failedAt = System.nanoTime();
    }
    failure = reason;
    for (Step<?> step : group) {
      callbacks.execute(() -> step.result().completeExceptionally(reason));
    }
  }

  private void mend() {
    StoreFailedException reason = failure;
    if (reason != null && System.nanoTime() - failedAt < MEND_AFTER_NANOS) {
      throw reason;
    }
    failedAt = System.nanoTime();
    rewrite();
    adoptLeases();
    failure = null;
    LOG.log(Level.INFO, "the store in " + directory + " can be written to again");
  }

  /**
   * Leases that nobody here holds, found on opening or left by a write that failed, have their full
   * time.
   */
  private void adoptLeases() {
    state.leaseTtlNanos().forEach((id, ttlNanos) -> leases.begin(id, ttlNanos, null));
  }

  private void rewrite() {
    Log before = log;
    log = Log.rewrite(directory, disk, state::write);
    before.close();
  }

  /** Finishes what waits, then ends the thread and closes the file. */
  @Override
  public void close() {
    synchronized (closing) {
      if (closed) {
        return;
      }
      closed = true;
      queue.add(new Step<Void>(null, new CompletableFuture<>()));
    }
    watches.removeAll();
    try {
      if (!thread.join(CLOSE_WAIT)) {
        LOG.log(Level.WARNING, "the store in " + directory + " does not answer; left as it is");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Step<?> late;
    while ((late = queue.poll()) != null) {
      late.result().completeExceptionally(new StoreClosedException());
    }
  }
}
