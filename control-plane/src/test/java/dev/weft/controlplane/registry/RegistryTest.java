package dev.weft.controlplane.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.registry.RegistryStatus.State;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.testkit.EtcdServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A registry on a real etcd that goes away, comes back, or is another one. */
class RegistryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<RegistryChange> changes = new CopyOnWriteArrayList<>();
  private EtcdServer etcd;
  private Store store;
  private Registry registry;

  @BeforeEach
  void start() {
    etcd = EtcdServer.start();
    store = EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5)));
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    registry.addListener(changes::add);
    registry.start().join();
  }

  @AfterEach
  void stop() {
    registry.close();
    store.close();
    etcd.close();
  }

  @Test
  void publishesAViewPerRevisionWithoutGaps() {
    put("catalog", "catalog-0");
    put("catalog", "catalog-1");
    put("orders", "orders-0");
    assertThat(registry.current().workloadCount()).isEqualTo(3);
    // Listeners hear of a view after it is published.
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(changes).hasSize(4));
    for (int i = 1; i < changes.size(); i++) {
      assertThat(changes.get(i).previous()).isSameAs(changes.get(i - 1).view());
      assertThat(changes.get(i).workloads()).hasSize(1);
    }
    assertThat(changes.get(3).services()).containsExactly(new ObjectKey("default", "orders"));
  }

  @Test
  void whoIsToldOfTheFirstViewFindsTheRegistrySynced() {
    List<State> seen = new CopyOnWriteArrayList<>();
    try (Registry fresh = new Registry(store, PolicyReader.DOCUMENTS)) {
      fresh.addListener(change -> seen.add(fresh.status().state()));
      fresh.start().join();
      assertThat(fresh.status().synced()).isTrue();
    }
    assertThat(seen).containsExactly(State.SYNCED);
  }

  @Test
  void aLateListenerIsToldTheWholeViewFirst() {
    put("catalog", "catalog-0");
    List<RegistryChange> late = new CopyOnWriteArrayList<>();
    registry.addListener(late::add);
    put("catalog", "catalog-1");
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(late).hasSize(2));
    assertThat(late.get(0).resync()).isTrue();
    assertThat(late.get(0).workloads()).hasSize(1);
    assertThat(late.get(1).workloads()).hasSize(1);
  }

  @Test
  void keepsTheLastViewWhileTheStoreIsAwayAndGoesOnWhenItIsBack() {
    put("catalog", "catalog-0");
    etcd.kill();
    await().atMost(PATIENCE).until(() -> registry.status().state() == State.INTERRUPTED);
    assertThat(registry.status().reason()).isNotEmpty();
    assertThat(registry.current().workloadCount()).isEqualTo(1);
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> registry.status().synced());
    put("catalog", "catalog-1");
    assertThat(registry.current().workloadCount()).isEqualTo(2);
    assertThat(registry.resyncs()).isEqualTo(1);
  }

  @Test
  void readsEverythingAnewFromAnotherStoreAndKeepsWhatThatLacks() {
    put("catalog", "catalog-0");
    String before = registry.current().storeId();
    etcd.wipe();
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> !changes.getLast().view().storeId().equals(before));
    RegistryChange last = changes.getLast();
    assertThat(last.resync()).isTrue();
    assertThat(last.previous().storeId()).isEqualTo(before);
    assertThat(last.workloads()).isEmpty();
    assertThat(registry.loss().size()).isEqualTo(1);
    await().atMost(PATIENCE).until(() -> registry.status().synced());
    put("catalog", "catalog-1");
    assertThat(registry.current().workloadCount()).isEqualTo(2);
    put("catalog", "catalog-0");
    assertThat(registry.loss().isEmpty()).isTrue();
  }

  private void put(String service, String id) {
    String key = Keyspace.instance(Keyspace.SELF, "default", service, id);
    Txn txn =
        Txn.builder().put(key, TestInstances.instance(service, id, "one").toByteString()).build();
    long revision = store.commit(txn).join().orThrow(key).revision();
    assertThat(registry.awaitRevision(revision, PATIENCE).join()).isTrue();
  }
}
