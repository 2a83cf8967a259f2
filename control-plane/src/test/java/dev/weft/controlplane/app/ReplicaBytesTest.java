package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.Replica;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.testkit.EtcdServer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Three control planes on one real etcd compile the same input to the same bytes, whatever each has
 * seen of how it came to be; so a sidecar that moves from one to another has all that it needs.
 */
class ReplicaBytesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration TTL = Duration.ofSeconds(2);

  private static final List<String> SERVICES =
      List.of("catalog", "basket", "basket-v2", "db", "db-v2", "queue", "queue-v2");

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  @AfterEach
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void theSameInputIsTheSameBytesOnAllAndEachKnowsTheOthers() {
    EtcdServer etcd = EtcdServer.start();
    opened.push(etcd);
    // One sees every step, one the last ones, one only what came of it.
    TestClient a = connect(replica(etcd, "a"));
    for (int i = 0; i < 120; i++) {
      register(a, "catalog", i, 100);
    }
    register(a, "basket", 0, 1);
    SERVICES.subList(2, SERVICES.size()).forEach(service -> register(a, service, 0, 100));
    drain(a, "catalog-6", true);
    drain(a, "catalog-10", true);
    TestClient b = connect(replica(etcd, "b"));
    register(b, "basket", 1, 7);
    register(b, "catalog", 4, 50);
    drain(b, "catalog-10", false);
    override(b, "catalog-8", of -> of.setWeight(20));
    maintain(b, "z1");
    apply(
        b,
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: catalog}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog}]
          rules:
            - matches: [{path: {type: PathPrefix, value: /slow}, headers: [{name: x-beta, value: "1"}]}]
              backendRefs: [{name: basket, port: 80, weight: 1}, {name: catalog, port: 80, weight: 9}]
            - backendRefs: [{name: catalog, port: 80}]
        ---
        apiVersion: weft.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: catalog}
        spec:
          targetRefs: [{group: "", kind: Service, name: catalog}]
          loadBalancer: {type: WeightedRoundRobin}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: {name: basket}
        spec:
          parentRefs: [{group: "", kind: Service, name: basket}]
          rules:
            - matches: [{method: {service: shop.v1.Basket, method: Put}, headers: [{name: x-user, value: anna}]}]
              backendRefs: [{name: basket-v2, port: 80}]
            - backendRefs: [{name: basket, port: 80}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: TLSRoute
        metadata: {name: db}
        spec:
          parentRefs: [{group: "", kind: Service, name: db}]
          hostnames: [db.example.org, "*.db.example.org"]
          rules: [{backendRefs: [{name: db-v2, port: 80}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: TCPRoute
        metadata: {name: queue}
        spec:
          parentRefs: [{group: "", kind: Service, name: queue}]
          rules: [{backendRefs: [{name: queue, port: 80, weight: 9}, {name: queue-v2, port: 80, weight: 1}]}]
        ---
        apiVersion: weft.dev/v1alpha1
        kind: ConfigEntry
        metadata: {name: log-level}
        spec: {key: log.level, value: info}
        ---
        apiVersion: weft.dev/v1alpha1
        kind: ConfigEntry
        metadata: {name: catalog-log-level}
        spec:
          key: log.level
          scope: {service: catalog, instances: {version: v2, app: catalog}}
          value: debug
          release: {percent: 25, value: trace}
        """);
    TestClient c = connect(replica(etcd, "c"));

    try (var fromA = new ReplicaSubscriber(a, "watching")) {
      Map<String, String> wanted = fromA.complete();
      for (TestClient other : List.of(b, c)) {
        try (var from = new ReplicaSubscriber(other, "watching")) {
          assertThat(from.complete()).isEqualTo(wanted);
        }
      }
      assertThat(wanted.keySet())
          .contains(
              "VIRTUAL_HOST default/catalog",
              "VIRTUAL_HOST default/nobody",
              "VIRTUAL_HOST default/dns/catalog.default.svc.cluster.local",
              "CLUSTER catalog.default:80",
              // Which only a route of each kind leads to.
              "CLUSTER basket-v2.default:80",
              "CLUSTER db-v2.default:80",
              "CLUSTER queue-v2.default:80",
              "INBOUND default/catalog",
              "APP_CONFIG default/catalog")
          .anySatisfy(name -> assertThat(name).startsWith("ENDPOINT_SLICE catalog.default:80/"));

      assertThat(weights(wanted))
          .containsEntry("catalog-4", 50)
          .containsEntry("catalog-8", 20)
          .containsEntry("catalog-10", 100)
          .doesNotContainKeys("catalog-6", "catalog-1", "basket-1");

      for (TestClient other : List.of(b, c)) {
        try (var moved = new ReplicaSubscriber(other, "moved", fromA)) {
          NodeStatus status = moved.inSync(wanted.size());
          assertThat(moved.received()).as("what it was sent again").isEmpty();
          assertThat(status.getResourcesSent()).isZero();
          assertThat(status.getResourcesResumed()).isEqualTo(wanted.size());
        }
      }

      await().atMost(PATIENCE).until(() -> others(c).equals(Map.of("a", 1, "b", 0)));
      assertThat(nodes(a).getReplica()).isEqualTo("a");
      assertThat(nodes(a).getNodesCount()).isEqualTo(1);
    }
  }

  /** Of the endpoints that were sent, by instance. */
  private static Map<String, Integer> weights(Map<String, String> resources) {
    var weights = new HashMap<String, Integer>();
    for (String bytes : resources.values()) {
      ReplicaSubscriber.resource(bytes)
          .getEndpointSlice()
          .getEndpointsList()
          .forEach(endpoint -> weights.put(endpoint.getId(), endpoint.getWeight()));
    }
    return weights;
  }

  private static Map<String, Integer> others(TestClient client) {
    return nodes(client).getOthersList().stream()
        .collect(Collectors.toMap(Replica::getId, Replica::getNodes));
  }

  private static ListNodesResponse nodes(TestClient client) {
    return MeshServiceGrpc.newBlockingStub(client.channel())
        .listNodes(ListNodesRequest.getDefaultInstance());
  }

  private static void register(TestClient client, String service, int number, int weight) {
    client
        .registry()
        .register(
            RegisterRequest.newBuilder()
                .setInstance(
                    Instance.newBuilder()
                        .setId(service + "-" + number)
                        .setNamespace("default")
                        .setService(service)
                        .setAddress("10.1." + SERVICES.indexOf(service) + "." + number)
                        .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080))
                        .putLabels("version", "v" + number % 3)
                        .putLabels("app", service)
                        .putLabels("zebra", "last")
                        .setLocality(Locality.newBuilder().setRegion("r").setZone("z" + number % 2))
                        .setPeer(PeerKind.SIDECAR)
                        .setReadiness(Readiness.READY)
                        .setWeight(weight))
                .build());
  }

  private static void drain(TestClient client, String id, boolean drained) {
    override(client, id, of -> of.setDrained(drained));
  }

  private static void override(
      TestClient client, String id, UnaryOperator<SetInstanceOverrideRequest.Builder> what) {
    var request = SetInstanceOverrideRequest.newBuilder().setNamespace("default").setId(id);
    assertThat(client.registry().setInstanceOverride(what.apply(request).build()).getRevision())
        .isPositive();
  }

  private static void maintain(TestClient client, String zone) {
    var request = SetZoneMaintenanceRequest.newBuilder().setZone(zone).setOn(true);
    assertThat(client.registry().setZoneMaintenance(request.build()).getRevision()).isPositive();
  }

  private static void apply(TestClient client, String yaml) {
    ApplyResponse response =
        PolicyServiceGrpc.newBlockingStub(client.channel())
            .apply(
                ApplyRequest.newBuilder()
                    .addManifests(Manifest.newBuilder().setName("-").setContent(yaml))
                    .build());
    assertThat(response.getErrorsList()).isEmpty();
  }

  private ControlPlane replica(EtcdServer etcd, String id) {
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                new StoreOptions.Etcd(EtcdOptions.of(etcd.endpoint())),
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
