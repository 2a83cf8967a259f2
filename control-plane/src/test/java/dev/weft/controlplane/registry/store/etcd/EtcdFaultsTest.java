package dev.weft.controlplane.registry.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Recorder;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreReplacedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.Ports;
import dev.weft.testkit.TcpRelay;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An etcd that is killed, cut off, compacted, emptied or set back, while it is written to and
 * watched.
 */
class EtcdFaultsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofSeconds(5);

  @SuppressWarnings("NullAway") // set before each test
  private EtcdServer etcd;

  @SuppressWarnings("NullAway") // set before each test
  private TcpRelay relay;

  @BeforeEach
  void start() {
    etcd = EtcdServer.start();
    relay = new TcpRelay(etcd.port());
  }

  @AfterEach
  void stop() {
    relay.close();
    etcd.close();
  }

  private Store open() {
    return EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(SHORT));
  }

  private Store openThroughRelay() {
    return EtcdStore.open(EtcdOptions.of("http://127.0.0.1:" + relay.port()).withTimeout(SHORT));
  }

  @Test
  void nothingAcknowledgedIsLostAndTheWatchGoesOnWhenEtcdIsKilledUnderWrites() throws Exception {
    try (Store store = open()) {
      Range before = store.range("").join();
      Recorder recorder = Recorder.from(before);
      Map<String, String> acknowledged = new ConcurrentHashMap<>();
      AtomicBoolean stop = new AtomicBoolean();
      try (var watch = store.watch("", before.revision() + 1, recorder)) {
        List<Thread> writers =
            List.of("a", "b", "c").stream()
                .map(name -> Thread.ofVirtual().start(() -> write(store, name, stop, acknowledged)))
                .toList();
        for (int i = 0; i < 3; i++) {
          int sofar = acknowledged.size();
          await().atMost(PATIENCE).until(() -> acknowledged.size() > sofar + 50);
          etcd.kill();
          etcd.startAgain();
        }
        int sofar = acknowledged.size();
        await().atMost(PATIENCE).until(() -> acknowledged.size() > sofar + 50);
        stop.set(true);
        for (Thread writer : writers) {
          writer.join();
        }
        put(store, "last", "write");

        Range after = store.range("").join();
        recorder.awaitRevision(after.revision());
        assertThat(recorder.held()).isEqualTo(after.entries());
        assertThat(recorder.ended()).isFalse();
        assertThat(recorder.interruptions()).isPositive().isEqualTo(recorder.resumptions());
        assertThat(recorder.batches().stream().map(WatchBatch::revision))
            .isSorted()
            .doesNotHaveDuplicates();
        assertThat(after.entries().stream().map(Entry::key)).containsAll(acknowledged.keySet());
      }
    }
  }

  private static void write(
      Store store, String name, AtomicBoolean stop, Map<String, String> acknowledged) {
    for (int i = 0; !stop.get(); i++) {
      String key = name + "/" + i;
      try {
        put(store, key, "v");
        acknowledged.put(key, "v");
      } catch (CompletionException e) {
        // Etcd is away: not acknowledged.
        assertThat(e.getCause())
            .isInstanceOfSatisfying(
                StoreUnavailableException.class,
                away -> assertThat(away.outcomeUnknown()).isTrue());
      }
    }
  }

  @Test
  void theExactDifferenceIsToldWhenHistoryWasCompactedWhileTheWatchWasAway() {
    try (Store watching = openThroughRelay();
        Store writing = open()) {
      put(writing, "d/kept", "1");
      put(writing, "d/changed", "1");
      put(writing, "d/gone", "1");
      put(writing, "d/reborn", "1");
      Range before = watching.range("d/").join();
      Recorder recorder = Recorder.from(before);
      try (var watch = watching.watch("d/", before.revision() + 1, recorder)) {
        put(writing, "d/seen", "1");
        recorder.awaitBatches(1);
        relay.cut();
        await().atMost(PATIENCE).until(() -> recorder.interruptions() == 1);

        put(writing, "d/changed", "2");
        put(writing, "d/changed", "3");
        put(writing, "d/fleeting", "1");
        writing
            .commit(Txn.builder().delete("d/fleeting").delete("d/gone").delete("d/reborn").build())
            .join();
        put(writing, "d/reborn", "2");
        put(writing, "d/new", "1");
        Range after = writing.range("d/").join();
        put(writing, "elsewhere", "1");
        etcd.compact(writing.range("").join().revision());
        relay.mend();

        recorder.awaitBatches(2);
        assertThat(recorder.batches().get(1).changes().stream().map(EtcdFaultsTest::brief))
            .containsExactly("put d/changed=3", "delete d/gone", "put d/new=1", "put d/reborn=2");
        assertThat(recorder.held()).isEqualTo(after.entries());

        put(writing, "d/next", "1");
        recorder.awaitBatches(3);
        assertThat(recorder.held()).isEqualTo(writing.range("d/").join().entries());
        assertThat(recorder.resumptions()).isEqualTo(1);
      }
    }
  }

  @Test
  void aCompactionOfWhatTheWatchHasSeenTellsNothing() {
    try (Store watching = openThroughRelay();
        Store writing = open()) {
      put(writing, "d/a", "1");
      Range before = watching.range("d/").join();
      Recorder recorder = Recorder.from(before);
      try (var watch = watching.watch("d/", before.revision() + 1, recorder)) {
        put(writing, "d/a", "2");
        recorder.awaitBatches(1);
        relay.cut();
        await().atMost(PATIENCE).until(() -> recorder.interruptions() == 1);
        put(writing, "elsewhere", "1");
        etcd.compact(writing.range("").join().revision());
        relay.mend();
        await().atMost(PATIENCE).until(() -> recorder.resumptions() == 1);
        put(writing, "d/a", "3");

        recorder.awaitBatches(2);
        assertThat(recorder.batches()).hasSize(2);
        assertThat(recorder.held()).isEqualTo(writing.range("d/").join().entries());
      }
    }
  }

  @Test
  void anEmptiedEtcdIsAnotherStore() {
    try (Store store = open()) {
      put(store, "a", "1");
      String before = store.identity();
      Recorder recorder = new Recorder();
      try (var watch = store.watch("", store.range("").join().revision() + 1, recorder)) {
        put(store, "b", "1");
        recorder.awaitBatches(1);
        etcd.wipe();
        etcd.startAgain();

        assertThatThrownBy(() -> put(store, "a", "2"))
            .hasCauseInstanceOf(StoreReplacedException.class)
            .hasMessageContaining("everything is to be read anew");
        assertThat(recorder.awaitEnd())
            .isInstanceOfSatisfying(
                StoreReplacedException.class, e -> assertThat(e.before()).isEqualTo(before));
        Range now = store.range("").join();
        assertThat(now.identity()).isNotEqualTo(before).isEqualTo(store.identity());
        assertThat(now.entries().stream().map(Entry::key)).containsExactly("meta/store-id");
        put(store, "a", "3");
      }
    }
  }

  @Test
  void anEtcdThatWasSetBackIsNoticed() {
    try (Store store = openThroughRelay()) {
      Recorder recorder = new Recorder();
      for (int i = 0; i < 10; i++) {
        put(store, "a", "" + i);
      }
      try (var watch = store.watch("", store.range("").join().revision() + 1, recorder)) {
        put(store, "b", "1");
        recorder.awaitBatches(1);
        relay.cut();
        etcd.wipe();
        etcd.startAgain();
        etcd.call("/v3/kv/put", json("/weft/meta/store-id", store.identity()));
        relay.mend();

        assertThat(recorder.awaitEnd())
            .isInstanceOf(StoreReplacedException.class)
            .hasMessageContaining("set back");
      }
    }
  }

  @Test
  void anEtcdThatWasSetBackAndWentOnOtherwiseIsNoticed() {
    try (Store store = openThroughRelay()) {
      Recorder recorder = new Recorder();
      try (var watch = store.watch("", store.range("").join().revision() + 1, recorder)) {
        put(store, "b", "1");
        recorder.awaitBatches(1);
        relay.cut();
        etcd.wipe();
        etcd.startAgain();
        etcd.call("/v3/kv/put", json("/weft/meta/store-id", store.identity()));
        for (int i = 0; i < 20; i++) {
          etcd.call("/v3/kv/put", json("/weft/c", "" + i));
        }
        relay.mend();

        assertThat(recorder.awaitEnd())
            .isInstanceOf(StoreReplacedException.class)
            .hasMessageContaining("is another");
      }
    }
  }

  @Test
  void aWatchFromACompactedRevisionSaysSo() {
    try (Store store = open()) {
      long first = put(store, "a", "1");
      long second = put(store, "a", "2");
      etcd.compact(second);
      Recorder recorder = new Recorder();
      try (var watch = store.watch("a", first, recorder)) {
        assertThat(recorder.awaitEnd()).isInstanceOf(CompactedException.class);
      }
    }
  }

  @Test
  void whatWaitedForEtcdAndWasGivenUpIsNotWrittenLater() {
    try (Store store = open()) {
      put(store, "a", "1");
      etcd.kill();

      // The first may still be sent on the connection that has died.
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  failureOfPut(store, "late")
                      .contains("no answer within " + SHORT.toSeconds() + " s"));
      assertThat(failureOfPut(store, "late"))
          .contains(StoreUnavailableException.class.getSimpleName(), etcd.endpoint());
      etcd.startAgain();
      assertThat(store.range("late").join().entries()).isEmpty();
      put(store, "a", "2");
    }
  }

  @Test
  void aReadWaitsForAnEtcdThatIsBackInTime() {
    try (Store store = EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(PATIENCE))) {
      put(store, "a", "1");
      etcd.kill();
      var read = store.range("a");
      etcd.startAgain();

      assertThat(read.join().entries()).hasSize(1);
    }
  }

  @Test
  void reconnectingNeverTurnsIntoATightLoop() {
    try (Store store = openThroughRelay()) {
      relay.cut();
      int before = relay.accepted();
      // The first may still be sent on the connection that was cut; one that waits takes the whole
      // timeout.
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  failureOfPut(store, "a")
                      .contains("no answer within " + SHORT.toSeconds() + " s"));

      assertThat(relay.accepted() - before).isPositive().isLessThan(15);
      relay.mend();
      await().atMost(PATIENCE).ignoreExceptions().until(() -> put(store, "a", "2") > 0);
    }
  }

  @Test
  void oneOfSeveralEndpointsIsEnough() {
    String endpoints =
        "http://127.0.0.1:"
            + Ports.free()
            + ","
            + etcd.endpoint()
            + ",http://127.0.0.1:"
            + relay.port();
    try (Store store = EtcdStore.open(EtcdOptions.of(endpoints).withTimeout(SHORT))) {
      put(store, "a", "1");
      relay.cut();

      await().atMost(PATIENCE).ignoreExceptions().until(() -> put(store, "a", "2") > 0);
      assertThat(store.range("a").join().entries()).hasSize(1);
    }
  }

  @Test
  void anEtcdThatIsNotThereIsSaidSo() {
    int port = Ports.free();

    assertThatThrownBy(() -> EtcdStore.open(EtcdOptions.of("127.0.0.1:" + port).withTimeout(SHORT)))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("etcd at http://127.0.0.1:" + port + ": ")
        .hasMessageContaining("Connection refused")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aLeaseOutlivesARestartAndItsLossIsTold() {
    try (Store store = open()) {
      ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
      Lease lease = store.grantLease(Duration.ofSeconds(2), lost::add).join();
      lease.keepAliveUntilClosed();
      store.commit(Txn.builder().put("leased", text("1"), lease).build()).join();
      etcd.kill();
      etcd.startAgain();
      assertThat(store.range("leased").join().entries()).hasSize(1);
      lease.keepAlive().join();
      assertThat(lost).isEmpty();

      etcd.call("/v3/kv/lease/revoke", "{\"ID\":\"" + lease.id() + "\"}");
      await().atMost(PATIENCE).until(() -> lost.contains(lease));
    }
  }

  private static String failureOfPut(Store store, String key) {
    try {
      put(store, key, "1");
      return "";
    } catch (CompletionException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String brief(Change change) {
    return switch (change) {
      case Change.Put(Entry entry) -> "put " + entry.key() + "=" + entry.value().toStringUtf8();
      case Change.Delete(String key) -> "delete " + key;
    };
  }

  private static String json(String key, String value) {
    return "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}";
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static long put(Store store, String key, String value) {
    return store.commit(Txn.builder().put(key, text(value)).build()).join().revision();
  }
}
