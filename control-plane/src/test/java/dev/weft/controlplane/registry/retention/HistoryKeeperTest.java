package dev.weft.controlplane.registry.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryKeeperTest {
  @TempDir Path directory;

  @Test
  void forgetsOnlyWhatIsBothOldAndFarBack() {
    AtomicLong nanos = new AtomicLong();
    Duration retention = Duration.ofHours(24);
    try (Store store = EmbeddedStore.open(directory);
        Registry registry = new Registry(store, PolicyReader.DOCUMENTS)) {
      registry.start().join();
      HistoryKeeper keeper = new HistoryKeeper(store, registry, retention, () -> true, nanos::get);
      long first = write(store, registry, 1);
      keeper.tick();
      nanos.addAndGet(retention.toNanos());
      keeper.tick();
      assertThat(store.rangeAt("", first).join().entries()).isNotEmpty();

      long last = write(store, registry, (int) HistoryKeeper.ALWAYS_KEPT);
      keeper.tick();
      await()
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> store.rangeAt("", first - 1).join())
                      .hasCauseInstanceOf(CompactedException.class));
      assertThat(store.rangeAt("", last).join().entries()).isNotEmpty();
      assertThat(store.rangeAt("", last - HistoryKeeper.ALWAYS_KEPT + 1).join().entries())
          .isNotEmpty();
    }
  }

  private static long write(Store store, Registry registry, int times) {
    List<CompletableFuture<Long>> revisions = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      Txn txn = Txn.builder().put("other/key", ByteString.copyFromUtf8("" + i)).build();
      revisions.add(store.commit(txn).thenApply(result -> result.revision()));
    }
    long last = revisions.stream().mapToLong(CompletableFuture::join).max().orElseThrow();
    assertThat(registry.awaitRevision(last, Duration.ofSeconds(30)).join()).isTrue();
    return last;
  }
}
