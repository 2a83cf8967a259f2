package dev.weft.controlplane.registry.store.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Recorder;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.Txn;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store on a disk that fails. */
class EmbeddedDiskTest {
  private static final int POWER_FAILURES = 60;

  /** Long enough that the log is written anew every now and then. */
  private static final String PADDING = "x".repeat(10_000);

  @TempDir Path directory = Path.of("");

  @Test
  void aFullDiskFailsWritesWithTheReasonAndHealsByItselfWhenThereIsSpace() throws Exception {
    FaultyDisk disk = new FaultyDisk();
    try (EmbeddedStore store =
        EmbeddedStore.open(directory.resolve("data"), System::nanoTime, disk)) {
      long before = put(store, "a", "1");
      Range range = store.range("").join();
      Recorder recorder = Recorder.from(range);
      try (var watch = store.watch("", range.revision() + 1, recorder)) {
        disk.full(true);
        for (int i = 0; i < 3; i++) {
          assertThatThrownBy(() -> put(store, "a", "2"))
              .hasCauseInstanceOf(StoreFailedException.class)
              .hasMessageContaining("cannot write to " + directory.resolve("data"))
              .hasMessageContaining("No space left on device; free some space");
        }
        assertThat(value(store, "a")).isEqualTo("1");

        disk.full(false);
        await()
            .ignoreExceptionsInstanceOf(CompletionException.class)
            .until(() -> put(store, "b", "1") > before);
        assertThat(value(store, "a")).isEqualTo("1");
        recorder.awaitRevision(store.range("").join().revision());
        assertThat(recorder.held()).isEqualTo(store.range("").join().entries());
      }
    }
  }

  @Test
  void aDiskThatIsFullFromTheBeginningIsSaidSo() {
    FaultyDisk disk = new FaultyDisk();
    disk.full(true);

    assertThatThrownBy(() -> EmbeddedStore.open(directory, System::nanoTime, disk))
        .isInstanceOf(StoreFailedException.class)
        .hasMessage("cannot write to " + directory + ": No space left on device; free some space");
    disk.full(false);
    EmbeddedStore.open(directory, System::nanoTime, disk).close();
  }

  @Test
  void everythingAcknowledgedSurvivesTheLossOfPowerAtAnyMoment() throws Exception {
    Random random = new Random(7);
    int acknowledged = 0;
    for (int failure = 0; failure < POWER_FAILURES; failure++) {
      Path data = directory.resolve("data-" + failure);
      Map<String, String> told = new TreeMap<>();
      FaultyDisk disk = new FaultyDisk();
      try (EmbeddedStore store = EmbeddedStore.open(data, System::nanoTime, disk)) {
        disk.losePowerAfter(1 + random.nextInt(200));
        for (int i = 0; !disk.dark(); i++) {
          writeGroup(store, i, told);
        }
      }
      disk.comeBack(random);
      acknowledged += told.size();
      try (EmbeddedStore store = EmbeddedStore.open(data)) {
        Map<String, Integer> found =
            store.range("").join().entries().stream()
                .collect(
                    Collectors.toMap(Entry::key, entry -> round(entry.value().toStringUtf8())));
        told.forEach(
            (key, value) ->
                assertThat(found.getOrDefault(key, -1))
                    .describedAs("%s after failure", key)
                    .isGreaterThanOrEqualTo(round(value)));
        put(store, "next", "1");
      }
    }
    assertThat(acknowledged).isGreaterThan(POWER_FAILURES);
  }

  private static int round(String value) {
    int dot = value.indexOf('.');
    return dot < 0 ? 0 : Integer.parseInt(value.substring(0, dot));
  }

  private static void writeGroup(EmbeddedStore store, int round, Map<String, String> told) {
    String value = round + "." + PADDING;
    List<CompletableFuture<String>> group =
        IntStream.range(0, 3)
            .mapToObj(
                i ->
                    store
                        .commit(
                            Txn.builder()
                                .put("k" + i + "/" + round % 5, ByteString.copyFromUtf8(value))
                                .build())
                        .thenApply(result -> "k" + i + "/" + round % 5))
            .toList();
    for (CompletableFuture<String> each : group) {
      try {
        told.put(each.join(), value);
      } catch (CompletionException e) {
        // The power is gone: not acknowledged.
        assertThat(e).hasCauseInstanceOf(StoreFailedException.class);
      }
    }
    if (round % 7 == 6) {
      try {
        store.compact(store.range("").join().revision()).join();
      } catch (CompletionException e) {
        assertThat(e).hasCauseInstanceOf(StoreFailedException.class);
      }
    }
  }

  private static long put(EmbeddedStore store, String key, String value) {
    return store
        .commit(Txn.builder().put(key, ByteString.copyFromUtf8(value)).build())
        .join()
        .revision();
  }

  private static String value(EmbeddedStore store, String key) {
    return store.range(key).join().entries().getFirst().value().toStringUtf8();
  }
}
