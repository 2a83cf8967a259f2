package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.Replica;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.testkit.EtcdServer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
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
  private static final List<String> HOSTS =
      List.of("default/catalog", "default/catalog.default:80", "default/basket", "default/nobody");

  /** Responses as they are on the wire: parsed and encoded again they may be others. */
  private static final MethodDescriptor<DiscoveryRequest, byte[]> AS_BYTES =
      DiscoveryServiceGrpc.getStreamResourcesMethod().toBuilder(
              DiscoveryServiceGrpc.getStreamResourcesMethod().getRequestMarshaller(),
              new MethodDescriptor.Marshaller<byte[]>() {
                @Override
                public InputStream stream(byte[] value) {
                  return new ByteArrayInputStream(value);
                }

                @Override
                public byte[] parse(InputStream stream) {
                  try {
                    return stream.readAllBytes();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }
              })
          .build();

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
    TestClient b = connect(replica(etcd, "b"));
    register(b, "basket", 1, 7);
    register(b, "catalog", 5, 50);
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
        """);
    TestClient c = connect(replica(etcd, "c"));

    try (var fromA = new Subscriber(a, "watching")) {
      Map<String, String> wanted = fromA.complete();
      for (TestClient other : List.of(b, c)) {
        try (var from = new Subscriber(other, "watching")) {
          assertThat(from.complete()).isEqualTo(wanted);
        }
      }
      assertThat(wanted.keySet())
          .contains(
              "VIRTUAL_HOST default/catalog",
              "VIRTUAL_HOST default/nobody",
              "CLUSTER catalog.default:80",
              "INBOUND default/catalog")
          .anySatisfy(name -> assertThat(name).startsWith("ENDPOINT_SLICE catalog.default:80/"));

      await().atMost(PATIENCE).until(() -> others(c).equals(Map.of("a", 1, "b", 0)));
      assertThat(nodes(a).getReplica()).isEqualTo("a");
      assertThat(nodes(a).getNodesCount()).isEqualTo(1);
    }
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
                        .setAddress("10.1." + (service.equals("catalog") ? 1 : 2) + "." + number)
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

  /** A sidecar that keeps what it is sent as bytes, by kind and name; answers everything. */
  private static final class Subscriber extends ClientCall.Listener<byte[]>
      implements AutoCloseable {
    private final TestClient client;
    private final ClientCall<DiscoveryRequest, byte[]> call;
    private final Map<String, String> resources = new ConcurrentSkipListMap<>();

    Subscriber(TestClient client, String id) {
      this.client = client;
      call = client.channel().newCall(AS_BYTES, CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.request(1);
      var first =
          DiscoveryRequest.newBuilder()
              .setNode(Node.newBuilder().setId(id).setNamespace("default").setService("catalog"))
              .addSubscribe(name(ResourceKind.INBOUND, "default/catalog"));
      HOSTS.forEach(host -> first.addSubscribe(name(ResourceKind.VIRTUAL_HOST, host)));
      call.sendMessage(first.build());
    }

    private static ResourceName name(ResourceKind kind, String name) {
      return ResourceName.newBuilder().setKind(kind).setName(name).build();
    }

    /** When everything is acknowledged. */
    Map<String, String> complete() {
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  resources.containsKey("VIRTUAL_HOST default/basket")
                      && nodes(client).getNodesList().stream()
                          .allMatch(node -> node.getState().name().equals("SYNCED")));
      return Map.copyOf(resources);
    }

    @Override
    public void onMessage(byte[] message) {
      try {
        CodedInputStream fields = CodedInputStream.newInstance(message);
        for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
          if (WireFormat.getTagFieldNumber(tag) == DiscoveryResponse.RESOURCES_FIELD_NUMBER) {
            byte[] bytes = fields.readByteArray();
            ResourceName name = Resource.parseFrom(bytes).getName();
            resources.put(name.getKind() + " " + name.getName(), HexFormat.of().formatHex(bytes));
          } else {
            fields.skipField(tag);
          }
        }
        call.sendMessage(
            DiscoveryRequest.newBuilder()
                .setNonce(DiscoveryResponse.parseFrom(message).getNonce())
                .build());
        call.request(1);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      call.cancel("the test is done", null);
    }
  }
}
