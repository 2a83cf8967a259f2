package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.GetRevisionResponse;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.HistoryResponse;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyChange;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.policy.v1.RollbackResponse;
import io.grpc.Status;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** History and rollback through the API, on a real store; see its sibling for etcd. */
class PolicyHistoryTest extends PolicyServiceFixture {
  private static final HistoryRequest CANARY =
      HistoryRequest.newBuilder()
          .setKind("HTTPRoute")
          .setNamespace("default")
          .setName("canary")
          .build();

  @Test
  void everyChangeIsKnownWithItsTimeItsAuthorAndItsReason() {
    apply(SERVICES);
    long first = because("canary", canary(90, 10));
    clock.set(2_000);
    long second = because("looks good", canary(50, 50));
    clock.set(3_000);
    long gone =
        api.delete(
                DeleteRequest.newBuilder()
                    .setKey(key("HTTPRoute", "canary"))
                    .setReason("done")
                    .build())
            .getRevision();
    clock.set(4_000);
    long again = because("", canary(0, 100));

    HistoryResponse history = api.history(CANARY);
    assertThat(history.getChangesList().stream().map(PolicyHistoryTest::shown))
        .containsExactly(
            again + " CREATED 4000 version 1 current: ",
            gone + " DELETED 3000 version 0: done",
            second + " CHANGED 2000 version 2: looks good",
            first + " CREATED 1000 version 1: canary");
    assertThat(history.getChangesList())
        .allSatisfy(change -> assertThat(change.getBy()).contains("not authenticated"))
        .allSatisfy(change -> assertThat(change.getSource()).isEqualTo("apply"));

    HistoryResponse newest = api.history(CANARY.toBuilder().setLimit(1).build());
    assertThat(newest.getChangesList()).hasSize(1);
    assertThat(newest.getTruncated()).isTrue();
    HistoryResponse late = api.history(CANARY.toBuilder().setSinceMillis(3_000).build());
    assertThat(late.getChangesList()).hasSize(2);
    assertThat(api.history(HistoryRequest.getDefaultInstance()).getChangesCount()).isEqualTo(7);
  }

  @Test
  void documentsAreKnownAsTheyWereAtEachRevisionWhateverTheStoreHasForgotten() throws Exception {
    apply(SERVICES);
    long first = because("", canary(90, 10));
    long second = because("", canary(50, 50));
    long gone = delete("HTTPRoute", "canary");
    store.compact(gone).join();

    restart();
    assertThat(at(first - 1).getPoliciesList()).isEmpty();
    assertThat(weights(at(first))).contains("\"weight\":90");
    assertThat(weights(at(second))).contains("\"weight\":50");
    assertThat(at(gone).getPoliciesList()).isEmpty();
    assertThat(at(gone).getUnknownList()).isEmpty();
    assertStatus(() -> at(gone + 1_000), Status.Code.INVALID_ARGUMENT)
        .hasMessageContaining("is not reached yet");
    assertStatus(() -> at(0), Status.Code.INVALID_ARGUMENT).hasMessageContaining("1 or more");
  }

  @Test
  void aRollbackIsAChangeOfItsOwn() {
    apply(SERVICES);
    long good = because("good", canary(90, 10));
    because("bad", canary(0, 100));

    RollbackResponse dry = roll(good, "errors", true);
    assertThat(shown(dry)).containsExactly("canary CONFIGURED");
    assertThat(get("HTTPRoute", "canary").getJson()).contains("\"weight\":100");

    RollbackResponse done = roll(good, "errors", false);
    assertThat(shown(done)).containsExactly("canary CONFIGURED");
    Policy now = get("HTTPRoute", "canary");
    assertThat(now.getJson()).contains("\"weight\":90");
    assertThat(now.getRevision()).isEqualTo(done.getRevision());
    assertThat(now.getReason()).isEqualTo("rollback to revision " + good + ": errors");
    assertThat(now.getVersion()).isEqualTo(3);
    assertThat(api.history(CANARY).getChangesCount()).isEqualTo(3);

    RollbackResponse again = roll(good, "", false);
    assertThat(again.getResultsList()).isEmpty();
    assertThat(api.history(CANARY).getChangesCount()).isEqualTo(3);
  }

  @Test
  void everythingGoesBackAtOneRevision() {
    apply(SERVICES);
    long before = because("", canary(90, 10));
    delete("HTTPRoute", "canary");
    apply(service("v2").replace("port: 80", "port: 81"), service("more"));

    RollbackResponse done =
        api.rollback(
            RollbackRequest.newBuilder().setNamespace("default").setToRevision(before).build());
    assertThat(done.getErrorsList()).isEmpty();
    assertThat(shown(done))
        .containsExactlyInAnyOrder("canary CREATED", "v2 CONFIGURED", "more DELETED");
    assertThat(get("HTTPRoute", "canary").getRevision()).isEqualTo(done.getRevision());
    assertThat(get("Service", "v2").getRevision()).isEqualTo(done.getRevision());
    assertStatus(() -> get("Service", "more"), Status.Code.NOT_FOUND);
    assertThat(weights(all(done.getRevision()))).isEqualTo(weights(all(before)));

    // And forward again, as a rollback of the rollback.
    api.rollback(
        RollbackRequest.newBuilder()
            .setNamespace("default")
            .setToRevision(done.getRevision() - 1)
            .build());
    assertThat(get("Service", "more").getVersion()).isEqualTo(1);
    assertStatus(() -> get("HTTPRoute", "canary"), Status.Code.NOT_FOUND);
  }

  @Test
  void whatWouldDangleIsRefusedAndNothingIsWritten() {
    apply(SERVICES);
    long before = because("", canary(90, 10));
    delete("HTTPRoute", "canary");
    delete("Service", "v2");

    RollbackResponse refused = roll(before, "", false);
    assertThat(refused.getErrorsList())
        .singleElement()
        .satisfies(error -> assertThat(error.getManifest()).isEqualTo("revision " + before))
        .satisfies(error -> assertThat(error.getValue()).contains("v2"));
    assertThat(refused.getResultsList()).isEmpty();
    assertStatus(() -> get("HTTPRoute", "canary"), Status.Code.NOT_FOUND);
  }

  @Test
  void whatKubernetesOwnsIsKnownButPutBackThere() {
    put("kubernetes", "cart");
    long before = registry.current().revision() + 1;
    apply(SERVICES);
    String key = Keyspace.policy("kubernetes", "Service", "default", "cart");
    store.commit(Txn.builder().delete(key).build()).join();

    assertStatus(
            () ->
                api.rollback(
                    RollbackRequest.newBuilder()
                        .setKind("Service")
                        .setNamespace("default")
                        .setName("nowhere")
                        .setToRevision(1)
                        .build()),
            Status.Code.NOT_FOUND)
        .hasMessageContaining("nothing is known of one that was");
    put("kubernetes", "cart");
    assertStatus(
            () ->
                api.rollback(
                    RollbackRequest.newBuilder()
                        .setKind("Service")
                        .setNamespace("default")
                        .setName("cart")
                        .setToRevision(1)
                        .build()),
            Status.Code.FAILED_PRECONDITION)
        .hasMessageContaining("is owned by kubernetes: put it back there")
        .hasMessageContaining("weft get Service cart -n default --revision 1 -o yaml");

    RollbackResponse all = api.rollback(RollbackRequest.newBuilder().setToRevision(before).build());
    assertThat(all.getLeftList())
        .anySatisfy(left -> assertThat(left.getKey().getName()).isEqualTo("cart"));
  }

  @Test
  void whoeverOvertakesARollbackIsSeenByIt() {
    apply(SERVICES);
    long good = because("", canary(90, 10));
    because("", canary(0, 100));
    beforeWriting =
        () -> {
          beforeWriting = () -> {};
          apply(canary(20, 80));
        };
    RollbackResponse done = roll(good, "", false);
    assertThat(get("HTTPRoute", "canary").getJson()).contains("\"weight\":90");
    assertThat(api.history(CANARY).getChangesList().stream().map(PolicyChange::getVersion))
        .containsExactly(4L, 3L, 2L, 1L);
    assertThat(done.getRevision()).isEqualTo(get("HTTPRoute", "canary").getRevision());
  }

  @Test
  void aBatchOfAsManyAsFitKeepsWhatItReplaces() {
    String[] first = IntStream.range(0, 63).mapToObj(i -> service("s" + i)).toArray(String[]::new);
    long before = apply(first).getRevision();
    for (int i = 0; i < first.length; i++) {
      first[i] = first[i].replace("port: 80", "port: 81");
    }
    long after = apply(first).getRevision();
    assertThat(after).isEqualTo(before + 1);
    assertThat(api.history(HistoryRequest.getDefaultInstance()).getChangesCount()).isEqualTo(126);

    RollbackResponse done =
        api.rollback(RollbackRequest.newBuilder().setToRevision(before).build());
    assertThat(done.getResultsCount()).isEqualTo(63);
    assertThat(done.getRevision()).isEqualTo(after + 1);
    apply(service("one-more"));
    assertStatus(
            () -> api.rollback(RollbackRequest.newBuilder().setToRevision(before - 1).build()),
            Status.Code.FAILED_PRECONDITION)
        .hasMessageContaining("more than can be written at once (63")
        .hasMessageContaining("one kind, one namespace or one document");
  }

  @Test
  void aReasonIsOneLineOfModestLength() {
    assertStatus(() -> because("x".repeat(1025), SERVICES), Status.Code.INVALID_ARGUMENT)
        .hasMessageContaining("at most 1024, on one line");
    assertStatus(() -> because("a\nb", SERVICES), Status.Code.INVALID_ARGUMENT);
    assertThat(registry.current().policies("", "")).isEmpty();
  }

  private long because(String reason, String manifest) {
    return api.apply(request(manifest).toBuilder().setReason(reason).build()).getRevision();
  }

  private RollbackResponse roll(long revision, String reason, boolean dryRun) {
    return api.rollback(
        RollbackRequest.newBuilder()
            .setKind("HTTPRoute")
            .setNamespace("default")
            .setName("canary")
            .setToRevision(revision)
            .setReason(reason)
            .setDryRun(dryRun)
            .build());
  }

  private GetRevisionResponse at(long revision) {
    return api.getRevision(
        GetRevisionRequest.newBuilder()
            .setKind("HTTPRoute")
            .setNamespace("default")
            .setName("canary")
            .setRevision(revision)
            .build());
  }

  private GetRevisionResponse all(long revision) {
    return api.getRevision(GetRevisionRequest.newBuilder().setRevision(revision).build());
  }

  private static String weights(GetRevisionResponse response) {
    return String.join(",", response.getPoliciesList().stream().map(Policy::getJson).toList());
  }

  private static List<String> shown(RollbackResponse response) {
    return response.getResultsList().stream()
        .map(result -> result.getKey().getName() + " " + result.getAction())
        .toList();
  }

  private static String shown(PolicyChange change) {
    return change.getRevision()
        + " "
        + change.getAction()
        + " "
        + change.getAtMillis()
        + " version "
        + change.getVersion()
        + (change.getCurrent() ? " current" : "")
        + ": "
        + change.getReason();
  }
}
