package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListOverridesRequest;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetOverrideResponse;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.proto.registry.v1.StoredOverride;
import dev.weft.testkit.EtcdServer;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators say of instances, on both stores, over restarts and at several replicas. */
class InstanceLifeTest {
  private static final Duration TTL = Duration.ofMinutes(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  @AfterEach
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void aWordIsKeptOverRestartsOfInstanceAndControlPlane() {
    ControlPlane first = start(new StoreOptions.Embedded(directory), "a");
    TestClient client = connect(first);
    long before = System.currentTimeMillis();
    register(client, "catalog-0", "a", "one");
    register(client, "catalog-1", "b", "one");
    Instance fresh = instance(client, "catalog-0");
    assertThat(fresh.getRegisteredBy()).contains("127.0.0.1");
    assertThat(fresh.getRegisteredAtMillis()).isBetween(before, System.currentTimeMillis());
    assertThat(fresh.getChangedAtMillis()).isEqualTo(fresh.getRegisteredAtMillis());

    drain(client, "catalog-0", "disk");
    Instance drained = instance(client, "catalog-0");
    assertThat(drained.getReadiness()).isEqualTo(Readiness.DRAINING);
    assertThat(drained.getReadinessReason()).startsWith("drained, by 127.0.0.1").endsWith(": disk");
    assertThat(drained.getOverride().getOwnReadiness()).isEqualTo(Readiness.READY);
    assertThat(drained.getChangedBy()).contains("127.0.0.1");
    assertThat(drained.getChangedAtMillis()).isGreaterThanOrEqualTo(fresh.getChangedAtMillis());

    // The same process again, and then another one under its name.
    register(client, "catalog-0", "a", "one");
    register(client, "catalog-0", "a", "two");
    assertThat(instance(client, "catalog-0").getReadiness()).isEqualTo(Readiness.DRAINING);
    assertThat(instance(client, "catalog-0").getRegisteredAtMillis())
        .isGreaterThanOrEqualTo(fresh.getRegisteredAtMillis());
    // What it says of its readiness is written, and changes nothing of that.
    heartbeat(client, "catalog-0", "two", Readiness.NOT_READY);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                instance(client, "catalog-0").getOverride().getOwnReadiness()
                    == Readiness.NOT_READY);
    heartbeat(client, "catalog-0", "two", Readiness.READY);
    await()
        .atMost(PATIENCE)
        .until(
            () -> instance(client, "catalog-0").getOverride().getOwnReadiness() == Readiness.READY);
    assertThat(instance(client, "catalog-0").getReadiness()).isEqualTo(Readiness.DRAINING);

    first.close();
    TestClient again = connect(start(new StoreOptions.Embedded(directory), "a"));
    assertThat(instance(again, "catalog-0").getReadiness()).isEqualTo(Readiness.DRAINING);
    undrain(again, "catalog-0");
    Instance lifted = instance(again, "catalog-0");
    assertThat(lifted.getReadiness()).isEqualTo(Readiness.READY);
    assertThat(lifted.hasOverride()).isFalse();
    assertThat(overrides(again))
        .singleElement()
        .satisfies(o -> assertThat(o.getDrained()).isFalse());
    assertThat(undrain(again, "catalog-0").getUnchanged()).isTrue();
  }

  @Test
  void everyReplicaAgreesAndTwoDoNotDrainTheLastTwo() throws Exception {
    EtcdServer etcd = EtcdServer.start();
    opened.push(etcd);
    TestClient a = connect(start(etcd(etcd), "a"));
    ControlPlane second = start(etcd(etcd), "b");
    TestClient b = connect(second);
    register(a, "catalog-0", "a", "one");
    register(a, "catalog-1", "b", "one");
    await().atMost(PATIENCE).until(() -> b.instances("catalog").size() == 2);

    weight(b, "catalog-1", 7);
    await().atMost(PATIENCE).until(() -> instance(a, "catalog-1").getWeight() == 7);
    assertThat(instance(a, "catalog-1").getOverride().getOwnWeight()).isEqualTo(100);

    List<CompletableFuture<String>> answers = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answers.add(CompletableFuture.supplyAsync(() -> drained(a, "catalog-0"), threads));
      answers.add(CompletableFuture.supplyAsync(() -> drained(b, "catalog-1"), threads));
    }
    assertThat(answers.stream().map(CompletableFuture::join))
        .satisfiesExactlyInAnyOrder(
            done -> assertThat(done).isEqualTo("drained"),
            refused ->
                assertThat(refused)
                    .startsWith("FAILED_PRECONDITION: instance default/catalog-")
                    .contains("has the only ready instances of default/catalog")
                    .contains("answered with 503")
                    .endsWith("or force it"));
    assertThat(states(a)).containsExactlyInAnyOrder(Readiness.READY, Readiness.DRAINING);
    await().atMost(PATIENCE).until(() -> states(b).equals(states(a)));

    // A replica that is new finds it so, and so does one whose store was away.
    second.close();
    etcd.kill();
    etcd.startAgain();
    TestClient c = connect(start(etcd(etcd), "c"));
    assertThat(states(c)).containsExactlyInAnyOrder(Readiness.READY, Readiness.DRAINING);
    assertThat(instance(c, "catalog-1").getWeight()).isEqualTo(7);
    weight(c, "catalog-1", 0);
    assertThat(instance(c, "catalog-1").getWeight()).isEqualTo(100);
  }

  @Test
  void aZoneUnderMaintenanceTakesItsInstancesOut() {
    TestClient client = connect(start(new StoreOptions.Embedded(directory), "a"));
    register(client, "catalog-0", "a", "one");
    assertThatThrownBy(() -> maintenance(client, "b", true, false))
        .hasMessageContaining("NOT_FOUND: no instance is in zone \"b\"; there are: a");
    register(client, "catalog-1", "b", "one");
    maintenance(client, "b", true, false);
    assertThat(instance(client, "catalog-1").getReadinessReason())
        .startsWith("zone b is under maintenance, by 127.0.0.1");
    assertThat(instance(client, "catalog-1").getOverride().getMaintenanceZone()).isEqualTo("b");
    assertThatThrownBy(() -> maintenance(client, "a", true, false))
        .hasMessageContaining("FAILED_PRECONDITION: zone a has the only ready instances of")
        .hasMessageContaining("default/catalog");
    maintenance(client, "a", true, true);
    assertThat(states(client)).containsOnly(Readiness.DRAINING);
    assertThat(overrides(client))
        .extracting(override -> override.getZone() + " " + override.getInstances())
        .containsExactly("a 1", "b 1");
    maintenance(client, "a", false, false);
    maintenance(client, "b", false, false);
    assertThat(states(client)).containsOnly(Readiness.READY);
  }

  @Test
  void whatIsWrongIsSaid() {
    TestClient client = connect(start(new StoreOptions.Embedded(directory), "a"));
    register(client, "catalog-0", "a", "one");
    assertThatThrownBy(() -> drain(client, "catalog-9", ""))
        .hasMessageContaining("NOT_FOUND: there is no instance default/catalog-9; did you mean")
        .hasMessageContaining("catalog-0");
    assertThatThrownBy(() -> weight(client, "catalog-0", 1_000_001))
        .hasMessageContaining("INVALID_ARGUMENT: weight is 1000001, expected 1 to 1000000");
    assertThatThrownBy(() -> weight(client, "catalog-0", -1))
        .hasMessageContaining("to send it nothing, drain it");
    assertThatThrownBy(() -> maintenance(client, "b/c", true, true))
        .hasMessageContaining("INVALID_ARGUMENT: zone is \"b/c\"");
    assertThatThrownBy(() -> drain(client, "catalog-0", "a\nb"))
        .hasMessageContaining("on one line");
    assertThatThrownBy(() -> select(client, "zone like b"))
        .hasMessageContaining("INVALID_ARGUMENT: selector cannot be understood at \"zone like b\"");
    assertThat(select(client, "zone=a")).containsExactly("catalog-0");
    assertThat(select(client, "zone!=a")).isEmpty();
    assertThat(select(client, "rack=7,tier notin (b)")).containsExactly("catalog-0");
  }

  private static String drained(TestClient client, String id) {
    try {
      drain(client, id, "");
      return "drained";
    } catch (StatusRuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static SetOverrideResponse drain(TestClient client, String id, String reason) {
    return client
        .registry()
        .setInstanceOverride(override(id).setDrained(true).setReason(reason).build());
  }

  private static SetOverrideResponse undrain(TestClient client, String id) {
    return client.registry().setInstanceOverride(override(id).setDrained(false).build());
  }

  private static void weight(TestClient client, String id, int weight) {
    SetOverrideResponse said =
        client.registry().setInstanceOverride(override(id).setWeight(weight).build());
    assertThat(said.getRevision()).isPositive();
  }

  private static SetInstanceOverrideRequest.Builder override(String id) {
    return SetInstanceOverrideRequest.newBuilder().setNamespace("default").setId(id);
  }

  private static void maintenance(TestClient client, String zone, boolean on, boolean force) {
    SetOverrideResponse said =
        client
            .registry()
            .setZoneMaintenance(
                SetZoneMaintenanceRequest.newBuilder()
                    .setZone(zone)
                    .setOn(on)
                    .setForce(force)
                    .build());
    assertThat(said.getRevision()).isPositive();
  }

  private static List<StoredOverride> overrides(TestClient client) {
    return client
        .registry()
        .listOverrides(ListOverridesRequest.getDefaultInstance())
        .getOverridesList();
  }

  private static List<String> select(TestClient client, String selector) {
    return client
        .registry()
        .listInstances(ListInstancesRequest.newBuilder().setSelector(selector).build())
        .getInstancesList()
        .stream()
        .map(Instance::getId)
        .toList();
  }

  private static List<Readiness> states(TestClient client) {
    return client
        .registry()
        .listInstances(ListInstancesRequest.getDefaultInstance())
        .getInstancesList()
        .stream()
        .map(Instance::getReadiness)
        .toList();
  }

  private static Instance instance(TestClient client, String id) {
    return client
        .registry()
        .listInstances(ListInstancesRequest.getDefaultInstance())
        .getInstancesList()
        .stream()
        .filter(instance -> instance.getId().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static void register(TestClient client, String id, String zone, String incarnation) {
    Instance instance =
        Instance.newBuilder()
            .setId(id)
            .setNamespace("default")
            .setService("catalog")
            .setAddress("127.0.0.1")
            .setIncarnation(incarnation)
            .putMetadata("rack", "7")
            .setLocality(Locality.newBuilder().setZone(zone))
            .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080))
            .build();
    assertThat(
            client
                .registry()
                .register(RegisterRequest.newBuilder().setInstance(instance).build())
                .getIncarnation())
        .isEqualTo(incarnation);
  }

  private void heartbeat(TestClient client, String id, String incarnation, Readiness readiness) {
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(client.channel())
            .keepAlive(
                new StreamObserver<KeepAliveResponse>() {
                  @Override
                  public void onNext(KeepAliveResponse response) {}

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    stream.onNext(
        KeepAliveRequest.newBuilder()
            .setNamespace("default")
            .setId(id)
            .setIncarnation(incarnation)
            .setReadiness(readiness)
            .build());
  }

  private static StoreOptions etcd(EtcdServer etcd) {
    return new StoreOptions.Etcd(EtcdOptions.of(etcd.endpoint()));
  }

  private ControlPlane start(StoreOptions store, String id) {
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                store,
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
