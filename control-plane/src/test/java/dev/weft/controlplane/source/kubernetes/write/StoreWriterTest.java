package dev.weft.controlplane.source.kubernetes.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.history.DocumentHistory;
import dev.weft.controlplane.registry.history.Scope;
import dev.weft.controlplane.registry.liveness.Election.Term;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.source.kubernetes.object.ClusterObjects;
import dev.weft.controlplane.source.kubernetes.object.Documents;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a leader makes of the difference between Kubernetes and the store; a real store. */
class StoreWriterTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String LEADER = "leader/kubernetes";

  @TempDir Path directory;
  private final List<Replica> replicas = new ArrayList<>();
  private Store store;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(directory);
  }

  @AfterEach
  void close() {
    replicas.forEach(each -> each.thread.shutdown());
    store.close();
  }

  @Test
  void onlyTheDifferenceIsWritten() {
    Replica replica = replica();
    replica.settle(StoreWriter.documents("Service"));
    for (int i = 0; i < 300; i++) {
      replica.put(i, "one");
    }
    Term term = elect("a");
    replica.lead(term);
    awaitStored(300, "one");
    assertThat(replica.writer.writes()).isEqualTo(300);

    replica.put(7, "two");
    replica.put(8, "one");
    replica.remove(9);
    await().atMost(PATIENCE).until(() -> stored().size() == 299);
    await().atMost(PATIENCE).until(replica.writer::idle);
    assertThat(stored()).containsEntry(key(7), "two").doesNotContainKey(key(9));
    assertThat(replica.writer.writes()).isEqualTo(302);

    // Another term finds nothing to do.
    replica.lead(elect("a"));
    replica.put(10, "two");
    await().atMost(PATIENCE).until(() -> "two".equals(stored().get(key(10))));
    assertThat(replica.writer.writes()).isEqualTo(303);
  }

  @Test
  void whatADocumentWasIsKeptWhoeverLeads() {
    Replica a = replica();
    a.settle(StoreWriter.documents("Service"));
    a.put(1, "one");
    a.lead(elect("a"));
    awaitStored(1, "one");
    a.put(1, "two");
    awaitStored(1, "two");
    a.lead(null);

    Replica b = replica();
    b.settle(StoreWriter.documents("Service"));
    b.put(1, "three");
    b.lead(elect("b"));
    awaitStored(1, "three");
    b.remove(1);
    await().atMost(PATIENCE).until(() -> stored().isEmpty());

    DocumentHistory history =
        DocumentHistory.read(store, new Scope("Service", "shop", "s1")).join();
    assertThat(history.versions())
        .extracting(version -> version.policy().getJson() + " " + version.policy().getVersion())
        .containsExactly("three 3", "two 2", "one 1");
    assertThat(history.versions().getFirst().deletion()).isNotNull();
    assertThat(history.versions().get(1).until()).isEqualTo(history.versions().get(0).since());
    assertThat(history.versions().get(2).until()).isEqualTo(history.versions().get(1).since());
  }

  @Test
  void aNewLeaderSweepsWhatItKnowsToBeGoneAndNothingElse() {
    put("policy/kubernetes/Service/shop/gone", document("Service", "gone", "old").bytes());
    put("policy/kubernetes/HTTPRoute/shop/unknown", ByteString.copyFromUtf8("route"));
    put("policy/apply/Service/shop/applied", ByteString.copyFromUtf8("applied"));
    put("endpoints/kubernetes/shop/gone/x", ByteString.copyFromUtf8("slice"));
    put("nodes/kubernetes/gone", ByteString.copyFromUtf8("node"));
    Replica replica = replica();
    replica.put(0, "one");
    replica.lead(elect("a"));
    await().atMost(PATIENCE).until(replica.writer::idle);
    assertThat(replica.writer.writes()).isZero();

    replica.settle(StoreWriter.documents("Service"));
    await().atMost(PATIENCE).until(() -> replica.writer.writes() == 2);
    assertThat(keys())
        .contains(
            key(0),
            "policy/kubernetes/HTTPRoute/shop/unknown",
            "policy/apply/Service/shop/applied",
            "endpoints/kubernetes/shop/gone/x")
        .doesNotContain("policy/kubernetes/Service/shop/gone");

    replica.settle(StoreWriter.endpoints());
    await().atMost(PATIENCE).until(() -> replica.writer.writes() == 3);
    assertThat(keys())
        .contains("policy/kubernetes/HTTPRoute/shop/unknown", "nodes/kubernetes/gone")
        .doesNotContain("endpoints/kubernetes/shop/gone/x");

    replica.settle(StoreWriter.nodes());
    await().atMost(PATIENCE).until(() -> replica.writer.writes() == 4);
    assertThat(keys()).doesNotContain("nodes/kubernetes/gone");
  }

  @Test
  void aLeaderThatIsNoneAnyMoreChangesNothing() {
    Replica a = replica();
    Replica b = replica();
    for (Replica each : List.of(a, b)) {
      each.settle(StoreWriter.documents("Service"));
      for (int i = 0; i < 50; i++) {
        each.put(i, "one");
      }
    }
    Term term = elect("a");
    a.lead(term);
    awaitStored(50, "one");

    Term other = elect("b");
    // What only the deposed one believes does not reach the store.
    a.put(3, "wrong");
    a.remove(4);
    a.lead(term);
    b.put(5, "two");
    b.lead(other);
    await().atMost(PATIENCE).until(() -> "two".equals(stored().get(key(5))));
    await().atMost(PATIENCE).until(b.writer::idle);
    a.lead(term);
    assertThat(stored()).hasSize(50).containsEntry(key(3), "one").containsEntry(key(4), "one");
    assertThat(a.writer.writes()).isEqualTo(50);
    assertThat(b.writer.writes()).isEqualTo(1);
  }

  @Test
  void halfDoneWorkIsFinished() {
    Replica a = replica();
    a.settle(StoreWriter.documents("Service"));
    for (int i = 0; i < 1_000; i++) {
      a.put(i, "one");
    }
    a.lead(elect("a"));
    await().atMost(PATIENCE).until(() -> !stored().isEmpty());
    // It dies in the middle of it.
    a.lead(null);

    Replica b = replica();
    b.settle(StoreWriter.documents("Service"));
    for (int i = 500; i < 1_500; i++) {
      b.put(i, "one");
    }
    b.lead(elect("b"));
    await().atMost(PATIENCE).until(b.writer::idle);
    await()
        .atMost(PATIENCE)
        .until(() -> stored().size() == 1_000 && stored().containsKey(key(1_499)));
    assertThat(stored()).doesNotContainKey(key(499));
  }

  @Test
  void whatNoTransactionCanCarryIsToldAndHoldsUpNothing() {
    Replica replica = replica();
    replica.settle(StoreWriter.documents("Service"));
    replica.put(0, "x".repeat(Txn.MAX_BYTES));
    replica.put(1, "one");
    replica.lead(elect("a"));
    await().atMost(PATIENCE).until(() -> stored().containsKey(key(1)));
    await().atMost(PATIENCE).until(() -> replica.writer.problem().contains(key(0)));
    assertThat(stored()).doesNotContainKey(key(0));

    replica.put(0, "small");
    await().atMost(PATIENCE).until(() -> "small".equals(stored().get(key(0))));
    await().atMost(PATIENCE).until(() -> replica.writer.problem().isEmpty());
  }

  private void awaitStored(int count, String text) {
    await()
        .atMost(PATIENCE)
        .until(() -> stored().size() == count && stored().values().stream().allMatch(text::equals));
    replicas.forEach(
        each -> await().atMost(PATIENCE).until(() -> each.term == null || each.writer.idle()));
  }

  /** Takes the lead by force, as an election after the end of a lease would. */
  private Term elect(String replica) {
    long revision =
        store
            .commit(Txn.builder().put(LEADER, ByteString.copyFromUtf8(replica)).build())
            .join()
            .revision();
    return new Term(LEADER, revision);
  }

  private void put(String key, ByteString bytes) {
    store.commit(Txn.builder().put(key, bytes).build()).join();
  }

  private List<String> keys() {
    return store.range("").join().entries().stream().map(Entry::key).toList();
  }

  /** The texts of the stored Services. */
  private Map<String, String> stored() {
    Map<String, String> texts = new TreeMap<>();
    for (Entry entry : store.range(StoreWriter.documents("Service")).join().entries()) {
      try {
        texts.put(entry.key(), Policy.parseFrom(entry.value()).getJson());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    return texts;
  }

  private static String key(int number) {
    return "policy/kubernetes/Service/shop/s" + number;
  }

  private static Documents.Stored document(String kind, String name, String text) {
    return new Documents.Stored(
        "policy/kubernetes/" + kind + "/shop/" + name,
        Policy.newBuilder()
            .setKey(PolicyKey.newBuilder().setKind(kind).setNamespace("shop").setName(name))
            .setSource("kubernetes")
            .setJson(text)
            .build()
            .toByteString());
  }

  private Replica replica() {
    Replica replica = new Replica();
    replicas.add(replica);
    return replica;
  }

  /** A writer with its thread and what it knows of Kubernetes. */
  private final class Replica {
    final ExecutorService thread = Executors.newSingleThreadExecutor();
    final ClusterObjects objects = new ClusterObjects();
    final StoreWriter writer =
        new StoreWriter(store, objects, thread, () -> 1234L, System::nanoTime, () -> {});
    volatile @Nullable Term term;

    void lead(@Nullable Term now) {
      term = now;
      run(() -> {});
    }

    void settle(String prefix) {
      run(() -> writer.settle(prefix));
    }

    void put(int number, String text) {
      String name = "s" + number;
      run(() -> objects.putDocument("Service", name, document("Service", name, text)));
    }

    void remove(int number) {
      run(() -> objects.removeDocument("Service", "s" + number));
    }

    private void run(Runnable change) {
      CompletableFuture.runAsync(
              () -> {
                change.run();
                writer.tick(term);
              },
              thread)
          .join();
    }
  }
}
