package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.retention.VersionKeeper;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.PolicyChange;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.policy.v1.RollbackResponse;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a person still knows of a document that has changed more often than is kept. */
class HistoryBoundsTest extends PolicyServiceFixture {
  private static final int DROPPED = 10;

  @Test
  void theNewestAreKeptAndOfTheOldestItIsSaidThatTheyAreGone() throws Exception {
    apply(service("quiet"));
    var revisions = new ArrayList<Long>();
    for (int i = 0; i <= VersionKeeper.MAX_VERSIONS + DROPPED; i++) {
      revisions.add(apply(busy(1_000 + i)).getRevision());
    }
    List<Long> kept = revisions.subList(DROPPED, revisions.size());

    var keeper = new VersionKeeper(store, registry, () -> true, clock::get);
    await()
        .untilAsserted(
            () -> {
              keeper.tick();
              assertThat(changes("busy")).isEqualTo(kept.reversed());
            });
    assertThat(changes("quiet")).as("another document").hasSize(1);
    restart();
    assertThat(changes("busy")).as("after a restart").isEqualTo(kept.reversed());

    long gone = revisions.get(DROPPED - 1);
    long oldest = kept.getFirst();
    assertStatus(() -> rollBack(gone), Status.Code.FAILED_PRECONDITION)
        .hasMessageContaining("Service default/busy cannot be rolled back to revision " + gone)
        .hasMessageContaining("what is known of it begins at revision " + oldest);
    var then =
        api.getRevision(
            GetRevisionRequest.newBuilder()
                .setKind("Service")
                .setNamespace("default")
                .setName("busy")
                .setRevision(gone)
                .build());
    assertThat(then.getPoliciesList()).isEmpty();
    assertThat(then.getUnknownList())
        .singleElement()
        .satisfies(one -> assertThat(one.getWhy()).contains("begins at revision " + oldest));
    assertThat(get("Service", "busy").getRevision())
        .as("what was refused has changed nothing")
        .isEqualTo(kept.getLast());

    assertThat(rollBack(oldest).getErrorsList()).isEmpty();
    assertThat(get("Service", "busy").getJson()).contains("\"port\":" + (1_000 + DROPPED));
  }

  private RollbackResponse rollBack(long revision) {
    return api.rollback(
        RollbackRequest.newBuilder()
            .setKind("Service")
            .setNamespace("default")
            .setName("busy")
            .setToRevision(revision)
            .build());
  }

  /** The revisions of all that is known of a Service, the newest first. */
  private List<Long> changes(String name) {
    return api
        .history(
            HistoryRequest.newBuilder()
                .setKind("Service")
                .setNamespace("default")
                .setName(name)
                .build())
        .getChangesList()
        .stream()
        .map(PolicyChange::getRevision)
        .toList();
  }

  private static String busy(int port) {
    return service("busy").replace("port: 80", "port: " + port);
  }
}
