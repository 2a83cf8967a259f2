package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Keys;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseExpiredException;
import dev.weft.controlplane.registry.store.LeaseListener;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreClosedException;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.StoreReplacedException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * A {@link Store} for one process, durable in one directory that it locks. Revisions are dense:
 * each transaction that changes something takes the next one. A lease lives in this process; leases
 * found when a directory is opened again have their full time once more.
 *
 * <p>When the disk refuses (full, for example), writes fail with {@link StoreFailedException}, may
 * or may not have happened, and succeed again soon after the cause is mended; reads and watches go
 * on.
 */
public final class EmbeddedStore implements Store {
  private static final String IDENTITY_KEY = "meta/store-id";

  private final DirectoryLock lock;
  private final Leases leases;
  private final Journal journal;
  private final Executor virtualThreads;
  private final String identity;

  private EmbeddedStore(Path directory, LongSupplier nanoTime, Disk disk) {
    lock = DirectoryLock.acquire(directory);
    virtualThreads = Thread.ofVirtual().name("weft-store-call-", 0)::start;
    leases = new Leases(nanoTime);
    try {
      journal = new Journal(directory, disk, leases, virtualThreads);
    } catch (StoreException e) {
      lock.close();
      throw e;
    }
    try {
      identity = makeIdentity(directory);
    } catch (StoreException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens the store in a directory, which is made if need be. Blocks until everything is read.
   *
   * @throws StoreFailedException if the directory cannot be used, is in use, or is damaged: one
   *     line for people
   */
  public static EmbeddedStore open(Path directory) {
    return open(directory, System::nanoTime);
  }

  /**
   * As {@link #open(Path)}.
   *
   * @param nanoTime the clock that leases run by, in nanoseconds from anywhere, never going back
   */
  public static EmbeddedStore open(Path directory, LongSupplier nanoTime) {
    return open(directory, nanoTime, Disk.LOCAL);
  }

  static EmbeddedStore open(Path directory, LongSupplier nanoTime, Disk disk) {
    return new EmbeddedStore(directory.toAbsolutePath(), nanoTime, disk);
  }

  private String makeIdentity(Path directory) {
    if (journal.state().revision() == 0) {
      ByteString fresh = ByteString.copyFromUtf8(UUID.randomUUID().toString());
      try {
        journal
            .submit(
                draft -> {
                  draft.create(IDENTITY_KEY, fresh);
                  return fresh;
                })
            .join();
      } catch (java.util.concurrent.CompletionException e) {
        throw e.getCause() instanceof StoreException known
            ? known
            : new StoreFailedException(Log.explain("cannot make a store in", directory, e), e);
      }
    }
    List<Entry> found = journal.state().range(IDENTITY_KEY).entries();
    if (found.isEmpty()) {
      throw new StoreFailedException(
          "the store in " + directory + " has no identity: its log is damaged; restore it", null);
    }
    return found.getFirst().value().toStringUtf8();
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public CompletableFuture<Range> range(String prefix) {
    Keys.requirePrefix(prefix);
    if (journal.closed()) {
      return CompletableFuture.failedFuture(new StoreClosedException());
    }
    State.View view = journal.state().range(prefix);
    return CompletableFuture.completedFuture(new Range(identity, view.revision(), view.entries()));
  }

  @Override
  public CompletableFuture<Range> rangeAt(String prefix, long revision) {
    Keys.requirePrefix(prefix);
    requireRevision(revision);
    // Not on the caller's thread: all of history is looked at.
    return CompletableFuture.supplyAsync(() -> past(prefix, revision), virtualThreads);
  }

  private Range past(String prefix, long revision) {
    long newest = journal.state().revision();
    if (revision > newest) {
      throw new IllegalArgumentException(
          "revision " + revision + " is not reached yet: the store is at " + newest);
    }
    TreeMap<String, Entry> entries = new TreeMap<>();
    long compacted =
        journal
            .state()
            .scan(
                1,
                revision,
                (key, row) -> {
                  if (row.deleted()) {
                    entries.remove(key.key());
                  } else if (key.key().startsWith(prefix)) {
                    entries.put(key.key(), row.entry(key));
                  }
                  return true;
                });
    if (revision < compacted) {
      throw new CompactedException(revision, compacted);
    }
    return new Range(identity, revision, List.copyOf(entries.values()));
  }

  @Override
  public CompletableFuture<TxnResult> commit(Txn txn) {
    for (Txn.Operation operation : txn.operations()) {
      if (operation instanceof Txn.Operation.Put put && put.lease() != null) {
        requireOwn(put.lease());
      }
    }
    return journal.submit(draft -> draft.commit(txn));
  }

  private void requireOwn(Lease lease) {
    if (!(lease instanceof EmbeddedLease own) || !own.of(this)) {
      throw new IllegalArgumentException("the lease is of another store");
    }
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    Keys.requirePrefix(prefix);
    requireRevision(fromRevision);
    Watches watches = journal.watches();
    EmbeddedWatch watch = new EmbeddedWatch(watches, journal.state(), prefix, listener);
    switch (watches.register(watch, fromRevision)) {
      case READY -> virtualThreads.execute(watch);
      case COMPACTED ->
          virtualThreads.execute(
              () -> watch.end(new CompactedException(fromRevision, watches.compacted())));
      case AHEAD ->
          virtualThreads.execute(
              () ->
                  watch.end(
                      new StoreReplacedException(
                          identity, identity, "it never was at revision " + (fromRevision - 1))));
    }
    return watch;
  }

  @Override
  public CompletableFuture<Lease> grantLease(Duration ttl, LeaseListener listener) {
    if (ttl.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("a lease lasts 1 s or more, not " + ttl);
    }
    Duration granted = Duration.ofSeconds(ttl.plusNanos(999_999_999).toSeconds());
    long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    EmbeddedLease lease = new EmbeddedLease(this, id, granted, listener);
    return journal.submit(
        draft -> {
          draft.grant(id, granted.toNanos());
          leases.begin(id, granted.toNanos(), lease);
          return lease;
        });
  }

  CompletableFuture<Void> keepAlive(EmbeddedLease lease) {
    if (leases.renew(lease.id())) {
      return CompletableFuture.completedFuture(null);
    }
    virtualThreads.execute(lease::lost);
    return CompletableFuture.failedFuture(new LeaseExpiredException(lease.id()));
  }

  void hold(EmbeddedLease lease) {
    // It cannot be lost while this process lives: then it need not be renewed either.
    if (!leases.hold(lease.id())) {
      virtualThreads.execute(lease::lost);
    }
  }

  CompletableFuture<Void> revoke(EmbeddedLease lease) {
    return journal.submit(
        draft -> {
          draft.endLease(lease.id());
          leases.remove(lease.id());
          return null;
        });
  }

  @Override
  public CompletableFuture<Void> compact(long revision) {
    requireRevision(revision);
    return journal.submit(
        draft -> {
          draft.compact(revision);
          return null;
        });
  }

  private static void requireRevision(long revision) {
    if (revision < 1) {
      throw new IllegalArgumentException("a revision is 1 or more, not " + revision);
    }
  }

  @Override
  public void close() {
    journal.close();
    lock.close();
  }
}
