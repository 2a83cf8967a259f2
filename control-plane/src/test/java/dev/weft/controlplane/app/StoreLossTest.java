package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RecoverRequest.Action;
import dev.weft.proto.registry.v1.RecoverResponse;
import dev.weft.testkit.EtcdServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two control planes whose etcd is emptied or set back: nothing is believed gone at once. */
class StoreLossTest {
  private static final Duration TTL = Duration.ofSeconds(3);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final List<String> ALIVE = List.of("catalog-0", "catalog-1", "catalog-2");

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private EtcdServer etcd;
  private ControlPlane first;
  private TestClient a;
  private TestClient b;
  private LivingInstances alive;

  @BeforeEach
  void start() {
    etcd = EtcdServer.start();
    opened.push(etcd);
    first = replica("a");
    a = connect(first);
    b = connect(replica("b"));
    alive = new LivingInstances(a, TTL.toMillis() / 6);
    opened.push(alive);
    ALIVE.forEach(alive::add);
    apply("one");
    await().atMost(PATIENCE).until(() -> b.instances("").equals(ALIVE));
    await().atMost(PATIENCE).until(() -> documents(b).size() == 3);
  }

  @AfterEach
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void aDeletedPrefixIsWithheldUntilItIsRestored() {
    Map<String, String> before = documents(a);
    deleteEverything();

    await().atMost(PATIENCE).until(() -> withheld(a) >= 3 && withheld(b) >= 3);
    assertThat(warnings(b))
        .anySatisfy(
            warning ->
                assertThat(warning)
                    .startsWith("the store was emptied or is another one: ")
                    .contains("what was known of 3 documents")
                    .contains("'weft registry restore'"));
    // Who lives registers again; it was there all the time.
    await().atMost(PATIENCE).until(() -> withheld(a) == 3 && withheld(b) == 3);
    assertThat(first.metricsText().lines()).contains("weft_registry_withheld 3.0");
    assertThat(alive.registeredAgain()).isEqualTo(3);
    for (TestClient each : List.of(a, b)) {
      assertThat(each.instances("")).containsExactlyElementsOf(ALIVE);
      assertThat(documents(each)).isEqualTo(before);
    }
    RecoverResponse shown = recover(a, Action.SHOW);
    assertThat(shown.getKeysList()).contains("policy/apply/Service/default/v1");
    assertThat(shown.getRemaining()).isEqualTo(3);

    RecoverResponse restored = recover(b, Action.RESTORE);

    assertThat(restored.getWithheld()).isEqualTo(3);
    assertThat(restored.getRemaining()).isZero();
    await().atMost(PATIENCE).until(() -> withheld(a) == 0);
    assertThat(first.metricsText().lines()).contains("weft_registry_withheld 0.0");
    assertThat(warnings(a)).isEmpty();
    TestClient fresh = connect(replica("c"));
    assertThat(fresh.instances("")).containsExactlyElementsOf(ALIVE);
    assertThat(documents(fresh)).isEqualTo(before);
    assertThat(recover(a, Action.RESTORE).getWithheld()).isZero();
  }

  @Test
  void anotherEtcdIsAcceptedWhenSomebodySaysSo() {
    etcd.wipe();
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> withheld(a) == 3 && withheld(b) == 3);
    await().atMost(PATIENCE).until(() -> alive.registeredAgain() == 3);
    assertThat(documents(a)).hasSize(3);

    assertThat(recover(a, Action.ACCEPT).getRemaining()).isZero();

    await().atMost(PATIENCE).until(() -> withheld(b) == 0);
    for (TestClient each : List.of(a, b)) {
      assertThat(documents(each)).isEmpty();
      assertThat(each.instances("")).containsExactlyElementsOf(ALIVE);
    }
  }

  @Test
  void aStoreThatWasSetBackLosesNoWordThatWasAcknowledgedAndBringsNothingBack() {
    apply("gone");
    etcd.saveData();
    await().atMost(PATIENCE).ignoreExceptions().until(() -> apply("two"));
    delete("gone");
    alive.add("catalog-3");
    await().atMost(PATIENCE).until(() -> b.instances("").size() == 4);
    await().atMost(PATIENCE).until(() -> documents(b).size() == 3);
    Map<String, String> before = documents(a);
    assertThat(before).containsValue("8082");

    etcd.restoreData();
    etcd.startAgain();

    await().atMost(PATIENCE).until(() -> withheld(a) > 0 && withheld(b) > 0);
    await().atMost(PATIENCE).until(() -> alive.registeredAgain() > 0);
    for (TestClient each : List.of(a, b)) {
      assertThat(documents(each)).isEqualTo(before);
      assertThat(each.instances("")).hasSize(4);
    }
    assertThat(warnings(a).getFirst()).startsWith("the store was set back to an earlier state: ");

    await().atMost(PATIENCE).until(() -> recover(a, Action.RESTORE).getRemaining() == 0);

    await().atMost(PATIENCE).until(() -> withheld(b) == 0);
    TestClient fresh = connect(replica("c"));
    assertThat(documents(fresh)).isEqualTo(before);
    assertThat(fresh.instances("")).hasSize(4);
  }

  @Test
  void anInstanceThatIsWithheldCanLeaveAndOneThatIsDeadIsRemovedInTime() {
    alive.add("catalog-3");
    await().atMost(PATIENCE).until(() -> b.instances("").size() == 4);
    // The one that is to die does not come back by itself.
    alive.dies("catalog-3");
    etcd.kill();
    etcd.wipe();
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> alive.registeredAgain() == 3);
    assertThat(a.instances("")).hasSize(4);
    assertThat(recover(a, Action.SHOW).getKeysList())
        .contains("registry/self/default/catalog/catalog-3");

    // One of four is less than what the reaper's brake allows.
    await().atMost(PATIENCE).until(() -> a.instances("").equals(ALIVE));
    await().atMost(PATIENCE).until(() -> b.instances("").equals(ALIVE));

    etcd.wipe();
    alive.close();
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> withheld(a) >= ALIVE.size());
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                a.registry()
                        .deregister(
                            DeregisterRequest.newBuilder()
                                .setNamespace("default")
                                .setId("catalog-1")
                                .setIncarnation("catalog-1-one")
                                .build())
                        .getRevision()
                    > 0);
    await().atMost(PATIENCE).until(() -> !b.instances("").contains("catalog-1"));
  }

  @Test
  void whoTakesLeaveIsBelievedHoweverManyGoAtOnce() {
    ALIVE.forEach(alive::dies);
    for (String id : ALIVE) {
      assertThat(
              a.registry()
                  .deregister(
                      DeregisterRequest.newBuilder()
                          .setNamespace("default")
                          .setId(id)
                          .setIncarnation(id + "-one")
                          .build())
                  .getRemoved())
          .isTrue();
    }
    await().atMost(PATIENCE).until(() -> b.instances("").isEmpty());
    for (String name : List.of("catalog", "v1", "v2")) {
      delete(name);
    }
    await().atMost(PATIENCE).until(() -> documents(b).isEmpty());
    assertThat(withheld(a) + withheld(b)).isZero();
  }

  private void deleteEverything() {
    etcd.call(
        "/v3/kv/deleterange",
        "{\"key\":\"" + base64("/weft/") + "\",\"range_end\":\"" + base64("/weft0") + "\"}");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Three services, the last on another port with each version; or one that is to be deleted. */
  private boolean apply(String version) {
    String manifests =
        version.equals("gone")
            ? service("gone", 1)
            : service("catalog", 80)
                + service("v1", 8080)
                + service("v2", version.equals("one") ? 8081 : 8082);
    ApplyResponse response =
        policies(a)
            .apply(
                ApplyRequest.newBuilder()
                    .addManifests(Manifest.newBuilder().setName("test.yaml").setContent(manifests))
                    .build());
    assertThat(response.getErrorsList()).isEmpty();
    return true;
  }

  private void delete(String name) {
    assertThat(
            policies(a)
                .delete(
                    DeleteRequest.newBuilder()
                        .setKey(
                            PolicyKey.newBuilder()
                                .setKind("Service")
                                .setNamespace("default")
                                .setName(name))
                        .build())
                .getRevision())
        .isPositive();
  }

  private static String service(String name, int port) {
    return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: default}
        spec: {ports: [{port: %d}]}
        """
        .formatted(name, port);
  }

  /** The port of each service. */
  private static Map<String, String> documents(TestClient client) {
    Map<String, String> found = new TreeMap<>();
    policies(client)
        .list(ListRequest.getDefaultInstance())
        .getPoliciesList()
        .forEach(
            policy ->
                found.put(
                    policy.getKey().getName(),
                    policy.getJson().replaceAll("(?s).*\"port\":\\s*(\\d+).*", "$1")));
    return found;
  }

  private static PolicyServiceBlockingStub policies(TestClient client) {
    return PolicyServiceGrpc.newBlockingStub(client.channel());
  }

  private static List<String> warnings(TestClient client) {
    return client
        .registry()
        .listServices(ListServicesRequest.getDefaultInstance())
        .getWarningsList();
  }

  private static int withheld(TestClient client) {
    return recover(client, Action.SHOW).getWithheld();
  }

  private static RecoverResponse recover(TestClient client, Action action) {
    return client.registry().recover(RecoverRequest.newBuilder().setAction(action).build());
  }

  private ControlPlane replica(String id) {
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                new StoreOptions.Etcd(
                    EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5))),
                "127.0.0.1",
                0,
                0,
                TTL,
                id,
                "cluster.local",
                SecurityOptions.NONE,
                KubernetesOptions.OFF));
    opened.push(controlPlane);
    controlPlane.ready().join();
    return controlPlane;
  }

  private TestClient connect(ControlPlane controlPlane) {
    TestClient client = TestClient.of(controlPlane);
    opened.push(client);
    return client;
  }
}
