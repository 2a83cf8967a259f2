package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.RollbackRequest;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Entries of configuration through the API, on a real store; see its sibling for etcd. */
class ConfigEntryHistoryTest extends PolicyServiceFixture {
  private static final String KIND = "ConfigEntry";

  @Test
  void an_entry_is_kept_with_all_that_it_was() throws Exception {
    assertThat(actions(apply(entry("info")))).containsExactly("ConfigEntry/level CREATED");
    long first = get(KIND, "level").getRevision();
    assertThat(actions(apply(entry("info")))).containsExactly("ConfigEntry/level UNCHANGED");
    assertThat(actions(apply(entry("debug")))).containsExactly("ConfigEntry/level CONFIGURED");
    long second = get(KIND, "level").getRevision();
    delete(KIND, "level");

    restart();
    var history =
        api.history(
            HistoryRequest.newBuilder()
                .setKind(KIND)
                .setNamespace("default")
                .setName("level")
                .build());
    assertThat(history.getChangesList().stream().map(change -> change.getAction().name()))
        .containsExactly("DELETED", "CHANGED", "CREATED");
    assertThat(at(first)).contains("\"value\":\"info\"");
    assertThat(at(second)).contains("\"value\":\"debug\"");

    var back =
        api.rollback(
            RollbackRequest.newBuilder()
                .setKind(KIND)
                .setNamespace("default")
                .setName("level")
                .setToRevision(first)
                .setReason("too loud")
                .build());
    assertThat(back.getErrorsList()).isEmpty();
    assertThat(get(KIND, "level").getReason()).contains("too loud");
    assertThat(entryInForce().value()).isEqualTo("info");
  }

  @Test
  void what_was_acknowledged_is_there_after_a_kill() throws Exception {
    apply(entry("info"));
    long revision = apply(entry("debug")).getRevision();

    restart();
    assertThat(registry.current().revision()).isGreaterThanOrEqualTo(revision);
    assertThat(entryInForce().value()).isEqualTo("debug");
    assertThat(registry.current().problems()).isEmpty();
  }

  @Test
  void a_second_entry_for_the_same_instances_is_refused_and_nothing_written() {
    apply(entry("info"));

    ApplyResponse refused = apply(entry("debug").replace("name: level", "name: other") + SERVICES);
    assertThat(refused.getResultsList()).isEmpty();
    assertThat(refused.getErrorsList())
        .singleElement()
        .satisfies(error -> assertThat(error.getMessage()).contains("ConfigEntry default/level"));
    assertThat(registry.current().service("default", "catalog")).isNull();
  }

  private ConfigEntry entryInForce() {
    ConfigEntry entry = registry.current().configEntry(new ObjectKey("default", "level"));
    return Objects.requireNonNull(entry);
  }

  private String at(long revision) {
    return api.getRevision(
            GetRevisionRequest.newBuilder()
                .setKind(KIND)
                .setNamespace("default")
                .setRevision(revision)
                .build())
        .getPolicies(0)
        .getJson();
  }

  private static String entry(String value) {
    return """
        ---
        apiVersion: weft.dev/v1alpha1
        kind: ConfigEntry
        metadata: {name: level}
        spec: {key: log.level, value: %s}
        """
        .formatted(value);
  }
}
