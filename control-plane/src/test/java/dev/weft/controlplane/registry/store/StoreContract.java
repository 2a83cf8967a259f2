package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * What the parts of the contract are written in: one open store, and words for what is done to it.
 */
interface StoreContract {
  /** The store under test, as it is open now. */
  Store store();

  /** Lets the time of leases pass. */
  void passTime(Duration duration);

  /** Closes a watch at the end of the test. */
  void closeLater(AutoCloseable watch);

  default ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  default Entry entry(String key, String value, long created, long modified) {
    return new Entry(key, text(value), created, modified);
  }

  default long put(String key, String value) {
    return commit(Txn.builder().put(key, text(value))).revision();
  }

  default TxnResult commit(Txn.Builder txn) {
    return store().commit(txn.build()).join();
  }

  default Entry get(String key) {
    return get(store().range(key), key);
  }

  default Entry get(CompletableFuture<Range> range, String key) {
    return range.join().entries().stream()
        .filter(each -> each.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  default ByteString value(String key) {
    return get(key).value();
  }

  default List<String> keys(CompletableFuture<Range> range) {
    return range.join().entries().stream().map(Entry::key).toList();
  }

  default Recorder watch(String prefix, Range from) {
    Recorder recorder = Recorder.from(from);
    closeLater(store().watch(prefix, from.revision() + 1, recorder));
    return recorder;
  }

  default Recorder watch(String prefix, long fromRevision) {
    Recorder recorder = new Recorder();
    closeLater(store().watch(prefix, fromRevision, recorder));
    return recorder;
  }

  default AbstractThrowableAssert<?, ? extends Throwable> assertFails(
      ThrowingCallable call, Class<? extends Throwable> cause) {
    return assertThatThrownBy(
            () -> {
              try {
                call.call();
              } catch (CompletionException e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            })
        .isInstanceOf(cause);
  }
}
