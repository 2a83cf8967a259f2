package dev.weft.controlplane.registry.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.history.FormerVersions;
import dev.weft.controlplane.registry.retention.VersionKeeper.Limit;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of former versions, on a real store. */
class VersionKeeperTest {
  @TempDir Path directory;
  private final AtomicLong millis = new AtomicLong(1_000);
  private Store store;
  private Registry registry;
  private VersionKeeper keeper;
  private boolean leading = true;

  @BeforeEach
  void start() {
    store = EmbeddedStore.open(directory);
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    registry.start().join();
    keeper = new VersionKeeper(store, registry, () -> leading, millis::get);
  }

  @AfterEach
  void stop() {
    registry.close();
    store.close();
  }

  @Test
  void soManyOfEachAreKeptTheNewest() {
    for (int i = 1; i <= VersionKeeper.MAX_VERSIONS + 20; i++) {
      end("busy", i, "{}", false);
    }
    end("quiet", 1, "{}", false);
    leading = false;
    keeper.tick();
    assertThat(keys()).hasSize(VersionKeeper.MAX_VERSIONS + 21);
    leading = true;
    settles(VersionKeeper.MAX_VERSIONS + 1);
    assertThat(keys().getFirst()).endsWith("/%019d".formatted(21));
    assertThat(keys().getLast()).contains("/quiet/");
    assertThat(keeper.dropped(Limit.VERSIONS)).isEqualTo(20);
    assertThat(keeper.kept()).isEqualTo(VersionKeeper.MAX_VERSIONS + 1);
    assertThat(store.range(Keyspace.FORGOTTEN).join().entries()).isEmpty();
  }

  @Test
  void whatEndedLongAgoGoesAndItIsWrittenDownThatItMayBeForgotten() {
    end("old", 1, "{}", false);
    long deleted = end("old", 2, "{}", true);
    millis.addAndGet(VersionKeeper.MAX_AGE.toMillis());
    end("young", 1, "{}", true);
    settles(3);
    millis.addAndGet(Duration.ofHours(1).toMillis());
    settles(1);
    assertThat(keeper.dropped(Limit.AGE)).isEqualTo(2);
    assertThat(forgotten()).isEqualTo(Long.toString(deleted));
  }

  @Test
  void beyondSoManyBytesTheOldestOfAllGo() {
    String large = "x".repeat(250 << 10);
    int fit = (int) (VersionKeeper.MAX_BYTES / large.length());
    for (int i = 0; i < fit + 10; i++) {
      end("route-" + i % 7, i + 1, large, false);
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              keeper.tick();
              return keeper.kept() > 0
                  && keeper.keptBytes() <= VersionKeeper.MAX_BYTES
                  && keys().size() == keeper.kept();
            });
    assertThat(keeper.dropped(Limit.BYTES)).isBetween(10L, 12L);
    assertThat(keys()).noneMatch(key -> key.endsWith("/%019d".formatted(1)));
    assertThat(keys()).anyMatch(key -> key.endsWith("/%019d".formatted(fit + 10)));
  }

  @Test
  void whatCannotBeReadIsAProblemAndNothingElse() {
    long revision =
        store
            .commit(
                Txn.builder()
                    .put("history/policy/odd", ByteString.copyFromUtf8("?"))
                    .put("history/other", ByteString.copyFromUtf8("?"))
                    .build())
            .join()
            .revision();
    assertThat(registry.awaitRevision(revision, Duration.ofSeconds(10)).join()).isTrue();
    assertThat(registry.current().problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.message()).contains("history/policy/KIND"));
    keeper.tick();
    assertThat(keeper.kept()).isZero();
  }

  private void settles(int count) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              keeper.tick();
              assertThat(keys()).hasSize(count);
            });
    keeper.tick();
  }

  private long end(String name, long since, String json, boolean deleted) {
    Policy ended =
        Policy.newBuilder()
            .setKey(
                PolicyKey.newBuilder().setKind("HTTPRoute").setNamespace("default").setName(name))
            .setSource(Keyspace.APPLY)
            .setRevision(since)
            .setJson(json)
            .build();
    Txn.Builder txn = Txn.builder();
    if (deleted) {
      FormerVersions.deleted(txn, ended, millis.get(), new ChangeNote("jane", ""));
    } else {
      FormerVersions.replaced(txn, ended, millis.get());
    }
    long revision = store.commit(txn.build()).join().revision();
    assertThat(registry.awaitRevision(revision, Duration.ofSeconds(10)).join()).isTrue();
    return revision;
  }

  private String forgotten() {
    return store.range(Keyspace.FORGOTTEN).join().entries().getFirst().value().toStringUtf8();
  }

  private List<String> keys() {
    return store.range(Keyspace.FORMER_POLICY_PREFIX).join().entries().stream()
        .map(Entry::key)
        .toList();
  }
}
