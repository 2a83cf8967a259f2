package dev.weft.controlplane.source.operator;

import static dev.weft.controlplane.source.operator.InstanceOverrides.MAX_OVERRIDES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.source.operator.InstanceOverrides.OfZone;
import dev.weft.controlplane.source.operator.InstanceOverrides.Said;
import dev.weft.proto.registry.v1.StoredOverride;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many overrides are kept, on a real store. */
class InstanceOverridesTest {
  private static final int AT_ONCE = 100;

  private Store store;
  private Registry registry;
  private InstanceOverrides overrides;
  private long millis = 1_000;

  @BeforeEach
  void start(@TempDir Path directory) {
    store = EmbeddedStore.open(directory);
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    registry.start().join();
    overrides = new InstanceOverrides(store, registry, () -> millis);
    fill();
  }

  @AfterEach
  void stop() {
    registry.close();
    store.close();
  }

  @Test
  void oneMoreIsRefusedWithWhatToDoAndChangesNothing() {
    Range before = kept();

    assertThatThrownBy(() -> maintenance("one-more", true))
        .hasRootCauseInstanceOf(OverrideRefusedException.class)
        .hasRootCauseMessage(
            "no override can be added: 1000 are in force, and no more are kept; lift what is not"
                + " needed, see weft registry overrides");

    assertThat(kept()).isEqualTo(before);
    assertThat(registry.current().overrides()).hasSize(MAX_OVERRIDES);
  }

  @Test
  void whatWasLiftedFirstMakesRoomAndWhatIsInForceNever() {
    maintenance("zone-7", false);
    millis = 2_000;
    maintenance("zone-3", false);

    maintenance("new-1", true);
    assertThat(zones()).hasSize(MAX_OVERRIDES).contains("new-1", "zone-3").doesNotContain("zone-7");
    maintenance("new-2", true);
    assertThat(zones()).hasSize(MAX_OVERRIDES).contains("new-2").doesNotContain("zone-3");
    assertThatThrownBy(() -> maintenance("new-3", true)).hasMessageContaining("no override can be");
    assertThat(zones()).contains("new-1", "new-2", "zone-0", "zone-999");
  }

  @Test
  void whatIsThereCanBeChangedAtTheLimit() {
    maintenance("zone-0", false);
    maintenance("zone-0", true);

    assertThat(zones()).hasSize(MAX_OVERRIDES).contains("zone-0");
  }

  private Said maintenance(String zone, boolean on) {
    return overrides.set(new OfZone(zone, on, true, new ChangeNote("jane", ""))).join();
  }

  private List<String> zones() {
    return registry.current().overrides().stream().map(StoredOverride::getZone).toList();
  }

  private Range kept() {
    return store.range(Keyspace.OVERRIDE_PREFIX).join();
  }

  /** As many as are kept, each in force. */
  private void fill() {
    long revision = 0;
    for (int from = 0; from < MAX_OVERRIDES; from += AT_ONCE) {
      Txn.Builder txn = Txn.builder();
      txn.put(Keyspace.OVERRIDE_SERIAL, ByteString.copyFromUtf8("" + from));
      for (int i = from; i < from + AT_ONCE; i++) {
        StoredOverride said =
            StoredOverride.newBuilder()
                .setZone("zone-" + i)
                .setDrained(true)
                .setAtMillis(millis)
                .build();
        txn.put(Keyspace.zoneOverride("zone-" + i), said.toByteString());
      }
      revision = store.commit(txn.build()).join().revision();
    }
    assertThat(registry.awaitRevision(revision, Duration.ofSeconds(10)).join()).isTrue();
  }
}
