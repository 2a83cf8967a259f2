package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.proto.policy.v1.AppliedPolicy.Action;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import io.grpc.Status;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the policy API writes, what it refuses to write, and what it says of both. */
final class PolicyServiceTest extends PolicyServiceFixture {
  @Test
  void a_batch_is_created_at_one_revision_and_visible_at_once() {
    ApplyResponse response = apply(canary(90, 10), SERVICES);

    assertThat(actions(response))
        .containsExactly(
            "HTTPRoute/canary CREATED",
            "Service/catalog CREATED",
            "Service/v1 CREATED",
            "Service/v2 CREATED");
    assertThat(response.getResultsList())
        .allSatisfy(result -> assertThat(result.getRevision()).isEqualTo(response.getRevision()));
    assertThat(registry.current().revision()).isGreaterThanOrEqualTo(response.getRevision());
    assertThat(registry.current().httpRoutes("default")).hasSize(1);
    Policy stored = get("HTTPRoute", "canary");
    assertThat(stored.getSource()).isEqualTo("apply");
    assertThat(stored.getRevision()).isEqualTo(response.getRevision());
    assertThat(stored.getJson()).contains("\"weight\":90");
    assertThat(stored.getCreatedAtMillis()).isEqualTo(1_000);
  }

  @Test
  void what_is_applied_again_is_unchanged_and_writes_nothing() {
    long first = apply(SERVICES, canary(90, 10)).getRevision();
    long before = store.range("").join().revision();
    clock.set(2_000);

    ApplyResponse again = apply(SERVICES, "# comments do not count\n" + canary(90, 10));

    assertThat(again.getResultsList())
        .allSatisfy(
            result -> {
              assertThat(result.getAction()).isEqualTo(Action.UNCHANGED);
              assertThat(result.getRevision()).isEqualTo(first);
            });
    assertThat(store.range("").join().revision()).isEqualTo(before);
  }

  @Test
  void a_changed_document_is_configured_and_keeps_its_age() {
    apply(SERVICES, canary(90, 10));
    clock.set(2_000);

    ApplyResponse response = apply(SERVICES, canary(50, 50));

    assertThat(actions(response))
        .containsExactly(
            "Service/catalog UNCHANGED",
            "Service/v1 UNCHANGED",
            "Service/v2 UNCHANGED",
            "HTTPRoute/canary CONFIGURED");
    Policy stored = get("HTTPRoute", "canary");
    assertThat(stored.getJson()).contains("\"weight\":50");
    assertThat(stored.getCreatedAtMillis()).isEqualTo(1_000);
    assertThat(stored.getChangedAtMillis()).isEqualTo(2_000);
  }

  @Test
  void one_bad_document_stops_the_whole_batch() {
    long before = store.range("").join().revision();

    ApplyResponse response = apply(SERVICES, canary(90, -10));

    assertThat(response.getResultsList()).isEmpty();
    PolicyError error = only(response.getErrorsList());
    assertThat(error.getManifest()).isEqualTo("1.yaml");
    assertThat(error.getObject()).isEqualTo("HTTPRoute default/canary");
    assertThat(error.getFieldPath()).isEqualTo("spec.rules[0].backendRefs[1].weight");
    assertThat(error.getValue()).isEqualTo("-10");
    assertThat(error.getExpected()).isEqualTo("a whole number from 0 to 1000000");
    assertThat(error.getLine()).isEqualTo(9);
    assertThat(store.range("").join().revision()).isEqualTo(before);
    assertThat(registry.current().policies("", "")).isEmpty();
  }

  @Test
  void a_reference_to_nothing_is_refused() {
    ApplyResponse response = apply(canary(90, 10));

    assertThat(response.getErrorsList())
        .extracting(PolicyError::getFieldPath)
        .containsExactly(
            "spec.parentRefs[0].name",
            "spec.rules[0].backendRefs[0].name",
            "spec.rules[0].backendRefs[1].name");
  }

  @Test
  void what_another_replica_has_just_written_is_not_missing() {
    // This replica's view stays where it is: its registry has ended.
    registry.close();
    for (String service : List.of("catalog", "v1", "v2")) {
      put(Keyspace.APPLY, service);
    }

    ApplyResponse response = validate(canary(90, 10));

    assertThat(response.getErrorsList()).isEmpty();
  }

  @Test
  void validate_says_what_apply_would_do_and_writes_nothing() {
    apply(SERVICES, canary(90, 10));
    long before = store.range("").join().revision();

    ApplyResponse response = validate(SERVICES, canary(10, 90), service("v3"));

    assertThat(actions(response))
        .containsExactly(
            "Service/catalog UNCHANGED",
            "Service/v1 UNCHANGED",
            "Service/v2 UNCHANGED",
            "HTTPRoute/canary CONFIGURED",
            "Service/v3 CREATED");
    assertThat(store.range("").join().revision()).isEqualTo(before);
  }

  @Test
  void what_kubernetes_owns_is_neither_applied_nor_deleted_here() {
    put(Keyspace.KUBERNETES, "catalog");
    await().until(() -> registry.current().service("default", "catalog") != null);

    ApplyResponse response = apply(service("catalog"));

    assertThat(only(response.getErrorsList()).getMessage())
        .isEqualTo("is owned by kubernetes: change it there");
    assertStatus(() -> delete("Service", "catalog"), Status.Code.FAILED_PRECONDITION)
        .hasMessageContaining("Service default/catalog is owned by kubernetes: delete it there");
  }

  @Test
  void what_kubernetes_takes_while_it_is_written_is_left_alone() {
    beforeWriting =
        () -> {
          beforeWriting = () -> {};
          put(Keyspace.KUBERNETES, "catalog");
        };

    assertStatus(() -> apply(service("catalog")), Status.Code.FAILED_PRECONDITION)
        .hasMessageContaining("Service default/catalog is owned by kubernetes: change it there");
  }

  @Test
  void a_write_that_was_overtaken_is_decided_again() {
    long first = apply(service("catalog")).getRevision();
    put(Keyspace.APPLY, "catalog");

    ApplyResponse response = apply(service("catalog").replace("port: 80", "port: 81"));

    assertThat(actions(response)).containsExactly("Service/catalog CONFIGURED");
    assertThat(response.getRevision()).isGreaterThan(first + 1);
    assertThat(get("Service", "catalog").getJson()).contains("81");
  }

  @Test
  void a_large_batch_is_written_in_several_transactions() {
    String many =
        IntStream.range(0, 150).mapToObj(i -> service("s" + i)).reduce("", String::concat);

    ApplyResponse response = apply(many);

    assertThat(response.getErrorsList()).isEmpty();
    assertThat(response.getResultsList()).hasSize(150);
    assertThat(registry.current().policies("Service", "default")).hasSize(150);
    assertThat(response.getRevision()).isEqualTo(response.getResultsList().getLast().getRevision());
  }

  @Test
  void a_large_batch_that_fails_midway_says_what_was_written() {
    String many =
        IntStream.range(0, 150).mapToObj(i -> service("s" + i)).reduce("", String::concat);
    beforeWriting =
        () -> {
          beforeWriting = () -> {};
          put(Keyspace.KUBERNETES, "s100");
        };

    assertStatus(() -> apply(many), Status.Code.FAILED_PRECONDITION)
        .hasMessageContaining("Service default/s100 is owned by kubernetes: change it there")
        .hasMessageContaining(
            "; the first 63 of 150 documents, Service default/s0 to Service default/s62, are"
                + " written (up to revision ");

    await().until(() -> registry.current().policies("Service", "default").size() == 64);
    assertThat(get("Service", "s62").getSource()).isEqualTo("apply");
  }

  @Test
  void what_is_deleted_is_gone_and_not_found_afterwards() {
    long revision = apply(service("catalog")).getRevision();

    assertThat(delete("Service", "catalog")).isGreaterThan(revision);

    assertThat(registry.current().service("default", "catalog")).isNull();
    assertStatus(() -> get("Service", "catalog"), Status.Code.NOT_FOUND);
    assertStatus(() -> delete("Service", "catalog"), Status.Code.NOT_FOUND)
        .hasMessageContaining("there is no Service default/catalog");
  }

  @Test
  void a_service_that_a_route_refers_to_can_be_deleted() {
    apply(SERVICES, canary(90, 10));

    delete("Service", "v2");

    assertThat(registry.current().httpRoutes("default")).hasSize(1);
  }

  private static <T> T only(List<T> list) {
    assertThat(list).hasSize(1);
    return list.getFirst();
  }
}
