package dev.weft.controlplane.registry;

import dev.weft.controlplane.registry.loss.Loss;
import dev.weft.controlplane.registry.loss.Withheld;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Writes back what the store has lost. Each key is written only while the store still says of it
 * what it said before, so that nobody's later word is overwritten and several replicas may do it at
 * once. Stateless; on the store's threads.
 */
final class RestoreWriter {
  private static final System.Logger LOG = System.getLogger(RestoreWriter.class.getName());

  private static final int KEYS_AT_ONCE = 32;
  private static final int BYTES_AT_ONCE = Txn.MAX_BYTES / 2;

  private RestoreWriter() {}

  /** Begins to write; what has come back is seen in the registry. */
  static void write(Store store, Loss loss) {
    CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    for (List<Withheld> chunk : chunks(loss)) {
      last = last.thenCompose(done -> together(store, chunk));
    }
    last.whenComplete(
        (done, failure) -> {
          if (failure != null) {
            LOG.log(
                Level.WARNING,
                "not all could be written back, say it again: {0}",
                String.valueOf(failure.getMessage()));
          }
        });
  }

  private static List<List<Withheld>> chunks(Loss loss) {
    List<List<Withheld>> chunks = new ArrayList<>();
    List<Withheld> chunk = new ArrayList<>();
    int bytes = 0;
    for (Withheld each : loss.entries()) {
      int size = each.known() == null ? 0 : each.known().value().size();
      if (!chunk.isEmpty() && (chunk.size() == KEYS_AT_ONCE || bytes + size > BYTES_AT_ONCE)) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        bytes = 0;
      }
      chunk.add(each);
      bytes += size;
    }
    chunks.add(chunk);
    return chunks;
  }

  private static CompletableFuture<Void> together(Store store, List<Withheld> chunk) {
    return commit(store, chunk)
        .thenCompose(
            result -> {
              CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
              if (!result.succeeded() && chunk.size() > 1) {
                // One of them has come back already: the others do not wait for it.
                for (Withheld each : chunk) {
                  done = done.thenCompose(before -> together(store, List.of(each)));
                }
              }
              return done;
            });
  }

  private static CompletableFuture<TxnResult> commit(Store store, List<Withheld> chunk) {
    Txn.Builder txn = Txn.builder();
    chunk.forEach(each -> each.restore(txn));
    return store.commit(txn.build());
  }
}
