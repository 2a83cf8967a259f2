package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.WatchEvent;
import dev.weft.proto.policy.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What the policy API shows: one object, lists, and watches. */
final class PolicyReadingTest extends PolicyServiceFixture {
  @Test
  void a_name_that_is_nearly_right_is_hinted_at() {
    apply(service("catalog"));

    assertStatus(() -> get("Service", "catalgo"), Status.Code.NOT_FOUND)
        .hasMessageContaining("did you mean \"catalog\"?");
    assertStatus(() -> get("Servise", "catalog"), Status.Code.INVALID_ARGUMENT)
        .hasMessageContaining("kind is \"Servise\", expected one of Service, HTTPRoute, ");
    assertStatus(() -> apply(), Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void a_list_is_by_kind_and_namespace() {
    apply(SERVICES, canary(90, 10), service("other").replace("name:", "namespace: shop, name:"));

    assertThat(list("", "")).hasSize(5);
    assertThat(list("Service", "")).containsExactly("catalog", "v1", "v2", "other");
    assertThat(list("Service", "shop")).containsExactly("other");
    assertThat(list("TrafficPolicy", "")).isEmpty();
  }

  @Test
  void a_watch_shows_what_is_there_and_then_every_change() {
    apply(service("catalog"));
    var seen = watch(WatchRequest.getDefaultInstance());
    await().untilAsserted(() -> assertThat(lines(seen)).containsExactly("PUT catalog", "SYNCED"));

    apply(service("v1"));
    delete("Service", "catalog");

    await()
        .untilAsserted(
            () ->
                assertThat(lines(seen))
                    .containsExactly("PUT catalog", "SYNCED", "PUT v1", "REMOVED catalog"));
    assertThat(seen.get(2).getPolicy().getJson()).contains("\"name\":\"v1\"");
    assertThat(seen.get(2).getPolicy().getSource()).isEqualTo("apply");
  }

  @Test
  void a_watch_from_a_revision_shows_what_came_after_it() {
    long revision = apply(service("catalog")).getRevision();
    apply(service("v1"));
    apply(service("v1").replace("port: 80", "port: 81"));

    var seen = watch(WatchRequest.newBuilder().setFromRevision(revision).build());

    await().untilAsserted(() -> assertThat(lines(seen)).containsExactly("PUT v1", "PUT v1"));
  }

  @Test
  void a_watch_of_one_kind_shows_nothing_else() {
    var seen = watch(WatchRequest.newBuilder().setKind("HTTPRoute").build());
    await().until(() -> lines(seen).equals(List.of("SYNCED")));

    apply(SERVICES, canary(90, 10));

    await().untilAsserted(() -> assertThat(lines(seen)).containsExactly("SYNCED", "PUT canary"));
  }

  private List<WatchEvent> watch(WatchRequest request) {
    var seen = new CopyOnWriteArrayList<WatchEvent>();
    PolicyServiceGrpc.newStub(channel)
        .watch(
            request,
            new StreamObserver<>() {
              @Override
              public void onNext(WatchEvent event) {
                seen.add(event);
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
    return seen;
  }

  private static List<String> lines(List<WatchEvent> events) {
    return events.stream()
        .map(event -> (event.getType() + " " + event.getPolicy().getKey().getName()).strip())
        .toList();
  }

  private List<String> list(String kind, String namespace) {
    return api
        .list(ListRequest.newBuilder().setKind(kind).setNamespace(namespace).build())
        .getPoliciesList()
        .stream()
        .map(policy -> policy.getKey().getName())
        .toList();
  }
}
