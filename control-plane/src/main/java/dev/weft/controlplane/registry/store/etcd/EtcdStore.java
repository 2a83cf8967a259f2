package dev.weft.controlplane.registry.store.etcd;

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
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchListener;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Status;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Store} on an etcd cluster (3.4 or newer). Reads are linearizable. Every write requires,
 * as a further compare, that etcd still is the store that this process read, so that nothing of an
 * old state is written into a restored one.
 *
 * <p>Reads that meet a lost connection are tried again until their deadline; writes never, because
 * they may have happened: {@link StoreUnavailableException#outcomeUnknown} says so.
 */
public final class EtcdStore implements Store {
  private static final Logger LOG = System.getLogger(EtcdStore.class.getName());

  private final EtcdOptions options;
  private final Requests requests;
  private final Executor virtualThreads;
  private final EtcdChannel channel;
  private final EtcdReader reader;
  private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile String identity = "";

  private EtcdStore(EtcdOptions options) {
    this.options = options;
    requests = new Requests(options.root());
    virtualThreads = Thread.ofVirtual().name("weft-etcd-", 0)::start;
    channel = new EtcdChannel(options, virtualThreads);
    reader = new EtcdReader(this, channel, requests, options, virtualThreads);
  }

  /**
   * Connects, and makes the store's identity if etcd holds none. Blocks, at most about twice the
   * timeout of calls.
   *
   * @throws StoreUnavailableException if no endpoint answers in time
   * @throws StoreFailedException if it never will like this: a wrong certificate, user, password,
   *     permission
   */
  public static EtcdStore open(EtcdOptions options) {
    EtcdStore store = new EtcdStore(options);
    try {
      store.identity = store.firstIdentity();
      return store;
    } catch (StoreException e) {
      store.close();
      throw e;
    }
  }

  /** Until when the certificate that etcd is shown is in force; null: it is shown none. */
  public @Nullable Instant certificateNotAfter() {
    return channel.certificateNotAfter();
  }

  private String firstIdentity() {
    Backoff backoff = new Backoff();
    long end = System.nanoTime() + options.timeout().toNanos();
    while (true) {
      try {
        return makeIdentity(true).join();
      } catch (CompletionException e) {
        StoreException failure = EtcdErrors.translate(e, options, false);
        long wait = TimeUnit.MILLISECONDS.toNanos(backoff.next());
        if (!(failure instanceof StoreUnavailableException) || System.nanoTime() + wait > end) {
          throw failure;
        }
        pause(wait);
      }
    }
  }

  private CompletableFuture<String> makeIdentity(boolean now) {
    String fresh = UUID.randomUUID().toString();
    var request = requests.makeIdentity(fresh);
    return (now
            ? channel.callNow(KVGrpc.getTxnMethod(), request)
            : channel.call(KVGrpc.getTxnMethod(), request))
        .thenApply(
            answer ->
                answer.getSucceeded()
                    ? fresh
                    : EtcdReader.identityIn(answer.getResponses(0).getResponseRange()));
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public CompletableFuture<Range> range(String prefix) {
    Keys.requirePrefix(prefix);
    return reader
        .read(prefix, 0, false)
        .thenCompose(
            read -> {
              if (!read.identity().isEmpty()) {
                seen(read.identity());
                return CompletableFuture.completedFuture(
                    new Range(read.identity(), read.revision(), read.entries()));
              }
              // Emptied: it gets an identity before anything that it holds is believed.
              return renewIdentity().thenCompose(made -> range(prefix));
            });
  }

  @Override
  public CompletableFuture<Range> rangeAt(String prefix, long revision) {
    Keys.requirePrefix(prefix);
    requireRevision(revision);
    return reader
        .read(prefix, revision, false)
        .handle(
            (read, failure) -> {
              if (failure == null) {
                return new Range(identity, revision, read.entries());
              }
              Throwable cause = EtcdErrors.unwrap(failure);
              throw cause instanceof EtcdReader.FutureRevisionException
                  ? new IllegalArgumentException(
                      "revision " + revision + " is not reached yet", cause)
                  : completion(cause);
            });
  }

  @Override
  public CompletableFuture<TxnResult> commit(Txn txn) {
    long leaseId = 0;
    for (Txn.Operation operation : txn.operations()) {
      if (operation instanceof Txn.Operation.Put put && put.lease() != null) {
        if (!(put.lease() instanceof EtcdLease own) || !own.of(this)) {
          throw new IllegalArgumentException("the lease is of another store");
        }
        leaseId = own.id();
      }
    }
    String expected = identity;
    long lease = leaseId;
    return answered(
            channel.call(KVGrpc.getTxnMethod(), requests.commit(txn, expected)), lease, true)
        .thenCompose(answer -> result(answer, expected));
  }

  private CompletableFuture<TxnResult> result(TxnResponse answer, String expected) {
    long revision = answer.getHeader().getRevision();
    if (answer.getSucceeded()) {
      return CompletableFuture.completedFuture(new TxnResult(true, revision));
    }
    String found = EtcdReader.identityIn(answer.getResponses(0).getResponseRange());
    if (found.equals(expected)) {
      return CompletableFuture.completedFuture(new TxnResult(false, revision));
    }
    CompletableFuture<String> now =
        found.isEmpty() ? renewIdentity() : CompletableFuture.completedFuture(found);
    return now.thenCompose(
        made -> {
          seen(made);
          return CompletableFuture.failedFuture(replaced(expected, made));
        });
  }

  private CompletableFuture<String> renewIdentity() {
    return answered(makeIdentity(false), 0, true)
        .thenApply(
            made -> {
              seen(made);
              return made;
            });
  }

  /** Takes note of the identity that was just read. */
  void seen(String found) {
    String before = identity;
    if (!found.equals(before) && !before.isEmpty()) {
      identity = found;
      LOG.log(Level.WARNING, replaced(before, found).getMessage());
    }
  }

  StoreReplacedException replaced(String before, String now) {
    return new StoreReplacedException(
        before,
        now,
        "etcd at "
            + options.names()
            + " was store "
            + before
            + " and is "
            + (now.isEmpty() ? "empty" : now));
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    Keys.requirePrefix(prefix);
    requireRevision(fromRevision);
    EtcdWatch watch =
        new EtcdWatch(this, reader, channel, requests, options, prefix, fromRevision, listener);
    watches.add(watch);
    if (isClosed()) {
      watch.close();
    } else {
      virtualThreads.execute(watch);
    }
    return watch;
  }

  void ended(EtcdWatch watch) {
    watches.remove(watch);
  }

  @Override
  public CompletableFuture<Lease> grantLease(Duration ttl, LeaseListener listener) {
    if (ttl.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("a lease lasts 1 s or more, not " + ttl);
    }
    LeaseGrantRequest request =
        LeaseGrantRequest.newBuilder().setTTL(ttl.plusNanos(999_999_999).toSeconds()).build();
    return answered(channel.call(LeaseGrpc.getLeaseGrantMethod(), request), 0, true)
        .thenApply(
            answer ->
                new EtcdLease(
                    this,
                    channel,
                    options,
                    answer.getID(),
                    Duration.ofSeconds(answer.getTTL()),
                    listener));
  }

  @Override
  public CompletableFuture<Void> compact(long revision) {
    requireRevision(revision);
    CompactionRequest request = CompactionRequest.newBuilder().setRevision(revision).build();
    return channel
        .call(KVGrpc.getCompactMethod(), request)
        .handle(
            (answer, failure) -> {
              if (failure == null) {
                return null;
              }
              Throwable cause = EtcdErrors.unwrap(failure);
              Status status = Status.fromThrowable(cause);
              if (EtcdErrors.compacted(status)) {
                return null;
              }
              throw EtcdErrors.future(status)
                  ? new IllegalArgumentException(
                      "cannot compact to revision " + revision + ": the store is not there yet",
                      cause)
                  : failure(cause, true);
            });
  }

  /** Gives failures of a call their meaning. */
  <T> CompletableFuture<T> answered(CompletableFuture<T> call, long leaseId, boolean write) {
    return call.exceptionallyCompose(
        failure -> {
          Throwable cause = EtcdErrors.unwrap(failure);
          return CompletableFuture.failedFuture(
              EtcdErrors.leaseNotFound(Status.fromThrowable(cause))
                  ? new LeaseExpiredException(leaseId)
                  : failure(cause, write));
        });
  }

  StoreException failure(Throwable cause, boolean write) {
    return isClosed() ? new StoreClosedException() : EtcdErrors.translate(cause, options, write);
  }

  private static RuntimeException completion(Throwable cause) {
    return cause instanceof RuntimeException known ? known : new CompletionException(cause);
  }

  private static void requireRevision(long revision) {
    if (revision < 1) {
      throw new IllegalArgumentException("a revision is 1 or more, not " + revision);
    }
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Waits on a virtual thread of this store; returns at once when the store is closed. */
  void pause(long nanos) {
    try {
      closed.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void execute(Runnable task) {
    virtualThreads.execute(task);
  }

  @Override
  public void close() {
    closed.countDown();
    watches.forEach(EtcdWatch::close);
    channel.close();
  }
}
