package dev.weft.controlplane.app;

import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseListener;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A store whose calls are timed ({@code weft_store_calls_seconds}), from the call to its answer.
 * Threads are those of the store.
 */
final class MeteredStore implements Store {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private final Store store;
  private final MeterRegistry meters;

  MeteredStore(Store store, MeterRegistry meters) {
    this.store = store;
    this.meters = meters;
  }

  @Override
  public String identity() {
    return store.identity();
  }

  @Override
  public CompletableFuture<Range> range(String prefix) {
    return timed("range", store.range(prefix));
  }

  @Override
  public CompletableFuture<Range> rangeAt(String prefix, long revision) {
    return timed("range", store.rangeAt(prefix, revision));
  }

  @Override
  public CompletableFuture<TxnResult> commit(Txn txn) {
    return timed("commit", store.commit(txn));
  }

  @Override
  public Watch watch(String prefix, long fromRevision, WatchListener listener) {
    return store.watch(prefix, fromRevision, listener);
  }

  @Override
  public CompletableFuture<Lease> grantLease(Duration ttl, LeaseListener listener) {
    return timed("lease", store.grantLease(ttl, listener));
  }

  @Override
  public CompletableFuture<Void> compact(long revision) {
    return timed("compact", store.compact(revision));
  }

  @Override
  public void close() {
    store.close();
  }

  /** Beside the future: a stage after it would fail with other exceptions than it. */
  private <T> CompletableFuture<T> timed(String operation, CompletableFuture<T> answer) {
    long from = System.nanoTime();
    var _ =
        answer.whenComplete(
            (result, failure) ->
                Timer.builder("weft.store.calls")
                    .description("Calls to the store, until they were answered")
                    .tags("operation", operation, "result", failure == null ? "ok" : "failed")
                    .serviceLevelObjectives(BUCKETS)
                    .register(meters)
                    .record(System.nanoTime() - from, TimeUnit.NANOSECONDS));
    return answer;
  }
}
