package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.source.apply.AppliedPolicies;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.AppliedPolicy.Action;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.GetRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import dev.weft.proto.policy.v1.WatchEvent;
import dev.weft.proto.policy.v1.WatchRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The policy API over gRPC, on a real embedded store. */
class PolicyServiceTest {
  private static final String SERVICES = service("catalog") + service("v1") + service("v2");

  private final AtomicLong clock = new AtomicLong(1_000);
  private final String name = "policies-" + System.identityHashCode(this);
  private Runnable beforeWriting = () -> {};
  private EmbeddedStore store;
  private Registry registry;
  private Server server;
  private ManagedChannel channel;
  private PolicyServiceBlockingStub api;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    store = EmbeddedStore.open(directory);
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    registry.start().join();
    await().until(() -> registry.status().synced());
    var policies =
        new AppliedPolicies(
            store,
            registry,
            PolicyReader.DOCUMENTS,
            () -> {
              beforeWriting.run();
              return clock.get();
            });
    server =
        InProcessServerBuilder.forName(name)
            .addService(new PolicyService(store, registry, policies))
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
    api = PolicyServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    registry.close();
    store.close();
  }

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

  @Test
  void a_name_that_is_nearly_right_is_hinted_at() {
    apply(service("catalog"));

    assertStatus(() -> get("Service", "catalgo"), Status.Code.NOT_FOUND)
        .hasMessageContaining("did you mean \"catalog\"?");
    assertStatus(() -> get("Servise", "catalog"), Status.Code.INVALID_ARGUMENT)
        .hasMessageContaining("expected one of Service, HTTPRoute, TrafficPolicy");
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

  /** Writes a document past the API, as another replica or source would. */
  private void put(String source, String service) {
    Policy policy =
        Policy.newBuilder()
            .setJson(
                """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"%s"},\
                "spec":{"ports":[{"port":80}]}}"""
                    .formatted(service))
            .setSource(source)
            .build();
    String key = Keyspace.policy(source, "Service", "default", service);
    long revision =
        store.commit(Txn.builder().put(key, policy.toByteString()).build()).join().revision();
    assertThat(revision).isPositive();
  }

  private ApplyResponse apply(String... manifests) {
    return api.apply(request(manifests));
  }

  private ApplyResponse validate(String... manifests) {
    return api.validate(request(manifests));
  }

  private static ApplyRequest request(String... manifests) {
    var all = new ArrayList<Manifest>();
    for (String content : manifests) {
      all.add(Manifest.newBuilder().setName(all.size() + ".yaml").setContent(content).build());
    }
    return ApplyRequest.newBuilder().addAllManifests(all).build();
  }

  private Policy get(String kind, String object) {
    return api.get(GetRequest.newBuilder().setKey(key(kind, object)).build());
  }

  private long delete(String kind, String object) {
    return api.delete(DeleteRequest.newBuilder().setKey(key(kind, object)).build()).getRevision();
  }

  private List<String> list(String kind, String namespace) {
    return api
        .list(ListRequest.newBuilder().setKind(kind).setNamespace(namespace).build())
        .getPoliciesList()
        .stream()
        .map(policy -> policy.getKey().getName())
        .toList();
  }

  private static PolicyKey key(String kind, String object) {
    return PolicyKey.newBuilder().setKind(kind).setNamespace("default").setName(object).build();
  }

  private static List<String> actions(ApplyResponse response) {
    assertThat(response.getErrorsList()).isEmpty();
    return response.getResultsList().stream().map(PolicyServiceTest::action).toList();
  }

  private static String action(AppliedPolicy result) {
    return result.getKey().getKind() + "/" + result.getKey().getName() + " " + result.getAction();
  }

  private static <T> T only(List<T> list) {
    assertThat(list).hasSize(1);
    return list.getFirst();
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertStatus(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Status.Code code) {
    return assertThatThrownBy(call)
        .isInstanceOf(StatusRuntimeException.class)
        .satisfies(e -> assertThat(Status.fromThrowable(e).getCode()).isEqualTo(code));
  }

  private static String service(String service) {
    return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec: {ports: [{port: 80}]}
        """
        .formatted(service);
  }

  private static String canary(int stable, int canary) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: canary}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog}]
          rules:
          - backendRefs:
            - {name: v1, port: 80, weight: %d}
            - {name: v2, port: 80, weight: %d}
        """
        .formatted(stable, canary);
  }
}
