package dev.weft.controlplane.api;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.RecoveryWord;
import dev.weft.controlplane.registry.RecoveryWord.Kind;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.loss.Loss;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RecoverRequest.Action;
import dev.weft.proto.registry.v1.RecoverResponse;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The call of {@link RegistryService} by which an operator says what a loss means. */
final class RecoveryCalls {
  private static final int KEYS_SHOWN = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final Duration LOOK = Duration.ofMillis(50);

  private final Store store;
  private final Registry registry;

  RecoveryCalls(Store store, Registry registry) {
    this.store = store;
    this.registry = registry;
  }

  /**
   * @param by who says it
   */
  CompletableFuture<RecoverResponse> recover(RecoverRequest request, String by) {
    Loss before = registry.loss();
    Action action = request.getAction();
    if (action == Action.UNRECOGNIZED) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              "action is " + request.getActionValue() + ", expected SHOW, RESTORE or ACCEPT")
          .asRuntimeException();
    }
    if (action == Action.SHOW) {
      return CompletableFuture.completedFuture(response(before));
    }
    Kind kind = action == Action.ACCEPT ? Kind.ACCEPT : Kind.RESTORE;
    // Said even where nothing is withheld: another replica may know more than this one.
    return store
        .commit(
            Txn.builder()
                .put(Keyspace.RECOVERY_WORD, new RecoveryWord(kind, by).toStored())
                .build())
        .thenCompose(said -> registry.awaitRevision(said.revision(), PATIENCE))
        .thenCompose(heard -> settled(System.nanoTime() + PATIENCE.toNanos()))
        .thenApply(done -> response(before));
  }

  private CompletableFuture<Void> settled(long untilNanos) {
    if (registry.loss().isEmpty() || System.nanoTime() - untilNanos >= 0) {
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.supplyAsync(
            () -> untilNanos,
            CompletableFuture.delayedExecutor(LOOK.toMillis(), TimeUnit.MILLISECONDS))
        .thenCompose(this::settled);
  }

  private RecoverResponse response(Loss before) {
    return RecoverResponse.newBuilder()
        .setRevision(registry.current().revision())
        .setLoss(before.isEmpty() ? "" : before.message())
        .addAllKeys(before.byKey().keySet().stream().limit(KEYS_SHOWN).toList())
        .setWithheld(before.size())
        .setRemaining(registry.loss().size())
        .build();
  }
}
