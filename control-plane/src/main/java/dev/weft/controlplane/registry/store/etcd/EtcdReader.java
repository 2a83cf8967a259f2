package dev.weft.controlplane.registry.store.etcd;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.Entry;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads ranges, in pages of one revision, and again after a connection was lost, until the
 * deadline. Thread-safe.
 */
final class EtcdReader {
  private static final int ENTRIES_AT_ONCE = 5_000;

  private final EtcdStore store;
  private final EtcdChannel channel;
  private final Requests requests;
  private final EtcdOptions options;
  private final Executor virtualThreads;

  EtcdReader(
      EtcdStore store,
      EtcdChannel channel,
      Requests requests,
      EtcdOptions options,
      Executor virtualThreads) {
    this.store = store;
    this.channel = channel;
    this.requests = requests;
    this.options = options;
    this.virtualThreads = virtualThreads;
  }

  /** What was read at one revision; the identity is empty if there is none. */
  record Read(String identity, long revision, List<Entry> entries) {}

  /** The revision asked for is not reached: it is of another store, or of the future. */
  static final class FutureRevisionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FutureRevisionException(Throwable cause) {
      super(cause);
    }
  }

  /**
   * Reads a prefix, in pages of one revision.
   *
   * @param revision 0 for the newest
   * @param keysOnly whether values are left out
   * @return fails with store exceptions or {@link FutureRevisionException}
   */
  CompletableFuture<Read> read(String prefix, long revision, boolean keysOnly) {
    RangeRequest.Builder range =
        requests
            .range(prefix)
            .setRevision(revision)
            .setKeysOnly(keysOnly)
            .setLimit(ENTRIES_AT_ONCE);
    return reading(
            revision, () -> channel.call(KVGrpc.getTxnMethod(), requests.withIdentity(range)))
        .thenCompose(
            answer -> {
              long at = revision == 0 ? answer.getHeader().getRevision() : revision;
              Read read =
                  new Read(
                      identityIn(answer.getResponses(0).getResponseRange()), at, new ArrayList<>());
              return readOn(answer.getResponses(1).getResponseRange(), range, read);
            });
  }

  private CompletableFuture<Read> readOn(
      RangeResponse page, RangeRequest.Builder range, Read read) {
    page.getKvsList().forEach(found -> read.entries().add(requests.entry(found)));
    if (!page.getMore()) {
      return CompletableFuture.completedFuture(read);
    }
    // The smallest key after the last one.
    range.setKey(
        page.getKvs(page.getKvsCount() - 1).getKey().concat(ByteString.copyFrom(new byte[1])));
    range.setRevision(read.revision());
    RangeRequest next = range.build();
    return reading(read.revision(), () -> channel.call(KVGrpc.getRangeMethod(), next))
        .thenCompose(more -> readOn(more, range, read));
  }

  private <T> CompletableFuture<T> reading(long revision, Supplier<CompletableFuture<T>> call) {
    long end = System.nanoTime() + options.timeout().toNanos();
    return attempt(call, end, new Backoff())
        .exceptionallyCompose(
            failure -> {
              Throwable cause = EtcdErrors.unwrap(failure);
              Status status = Status.fromThrowable(cause);
              if (EtcdErrors.compacted(status)) {
                return CompletableFuture.failedFuture(new CompactedException(revision, 0));
              }
              if (EtcdErrors.future(status)) {
                return CompletableFuture.failedFuture(new FutureRevisionException(cause));
              }
              return CompletableFuture.failedFuture(store.failure(cause, false));
            });
  }

  private <T> CompletableFuture<T> attempt(
      Supplier<CompletableFuture<T>> call, long end, Backoff backoff) {
    return call.get()
        .exceptionallyCompose(
            failure -> {
              Throwable cause = EtcdErrors.unwrap(failure);
              long wait = TimeUnit.MILLISECONDS.toNanos(backoff.next());
              if (store.isClosed()
                  || !EtcdErrors.transientFailure(Status.fromThrowable(cause))
                  || System.nanoTime() + wait > end) {
                return CompletableFuture.failedFuture(cause);
              }
              return CompletableFuture.supplyAsync(
                      () -> call,
                      CompletableFuture.delayedExecutor(wait, TimeUnit.NANOSECONDS, virtualThreads))
                  .thenCompose(again -> attempt(again, end, backoff));
            });
  }

  /** The identity in what {@link Requests#readIdentity} read; empty if there is none. */
  static String identityIn(RangeResponse range) {
    return range.getKvsCount() == 0 ? "" : range.getKvs(0).getValue().toStringUtf8();
  }
}
