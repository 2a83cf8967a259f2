package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.api.MeshService;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.loop.EngineThread;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.AwaitSyncResponse;
import dev.weft.proto.mesh.v1.GetNodeConfigRequest;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.MeshServiceGrpc.MeshServiceBlockingStub;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.NodeStatus.SyncState;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real sockets, a real engine thread, and the mesh API beside them. */
class NettyFanOutTest {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey SLICE =
      new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1");

  private final TestMesh mesh = new TestMesh();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final DiscoveryEngine engine =
      new DiscoveryEngine(new EngineThread(), meters, DiscoveryOptions.DEFAULT);
  private Server server =
      NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
          .addService(engine.service())
          .addService(new MeshService(engine, Map::of))
          .build();
  private ManagedChannel channel = NettyChannelBuilder.forTarget("unused").build();

  @BeforeEach
  void start() throws IOException {
    server = server.start();
    channel.shutdownNow();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    engine.close();
    server.shutdownNow();
  }

  @Test
  void twoHundredSidecarsGetOneEncodingOfAChangeAndAreWaitedFor() {
    mesh.put(instance("catalog", "catalog-0"));
    engine.onChange(mesh.commit());
    List<TestSidecar> sidecars = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      sidecars.add(TestSidecar.connect(channel, "frontend-" + i, CATALOG).answeringAtOnce());
    }
    await().until(() -> gauge("weft.discovery.streams") == 200);
    await().until(() -> sync(1).getSynced());
    long encodings = engine.encodings();

    mesh.put(instance("catalog", "catalog-1"));
    engine.onChange(mesh.commit());
    AwaitSyncResponse synced = sync(2);

    assertThat(synced.getSynced()).isTrue();
    assertThat(engine.encodings()).isEqualTo(encodings + 1);
    assertThat(sidecars)
        .allSatisfy(
            sidecar ->
                assertThat(slice(sidecar).getEndpointSlice().getEndpointsCount()).isEqualTo(2));
    assertThat(stub().listNodes(ListNodesRequest.getDefaultInstance()).getNodesList())
        .hasSize(200)
        .allMatch(node -> node.getState() == SyncState.SYNCED)
        .allMatch(node -> node.getAcknowledgedRevision() == 2)
        .allMatch(node -> node.getPeerAddress().startsWith("127.0.0.1:"));
  }

  @Test
  void aNodesConfigurationIsShownAsItWasSent() {
    mesh.put(instance("catalog", "catalog-0"));
    engine.onChange(mesh.commit());
    TestSidecar sidecar = TestSidecar.connect(channel, "frontend-0", CATALOG).answeringAtOnce();
    await().until(() -> sidecar.inForce().size() == 3 && sync(1).getSynced());

    var config =
        stub().getNodeConfig(GetNodeConfigRequest.newBuilder().setNodeId("frontend-0").build());

    assertThat(config.getResourcesList())
        .containsExactlyInAnyOrderElementsOf(sidecar.inForce().values());
    assertThat(config.getRevision()).isEqualTo(1);
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(
            () ->
                stub().getNodeConfig(GetNodeConfigRequest.newBuilder().setNodeId("nobody").build()))
        .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND))
        .withMessageContaining("nobody");
  }

  @Test
  void aSidecarThatNeverReadsCostsOneResponseAndHoldsNobodyUp() {
    for (int i = 0; i < 2_000; i++) {
      mesh.put(instance("catalog", "catalog-" + i).putLabels("text", "x".repeat(200)));
    }
    engine.onChange(mesh.commit());
    TestSidecar deaf = TestSidecar.connectWithoutReading(channel, "deaf", CATALOG);
    TestSidecar other = TestSidecar.connect(channel, "other", CATALOG).answeringAtOnce();
    await().until(() -> other.inForce().containsKey(CATALOG));
    for (int i = 0; i < 50; i++) {
      mesh.remove(instance("catalog", "catalog-" + i));
      engine.onChange(mesh.commit());
    }
    AwaitSyncResponse synced =
        stub()
            .awaitSync(AwaitSyncRequest.newBuilder().setRevision(51).setTimeoutMillis(500).build());

    assertThat(synced.getSynced()).isFalse();
    assertThat(synced.getPendingNodesList()).containsExactly("deaf");
    NodeStatus status =
        stub().listNodes(ListNodesRequest.getDefaultInstance()).getNodesList().getFirst();
    assertThat(status.getNode().getId()).isEqualTo("deaf");
    assertThat(status.getResponsesSent()).isEqualTo(1);
    assertThat(status.getState()).isEqualTo(SyncState.PENDING);

    deaf.answeringAtOnce();
    deaf.read(1);
    await().untilAsserted(() -> assertThat(deaf.inForce()).isEqualTo(other.inForce()));
  }

  private static Resource slice(TestSidecar sidecar) {
    return Objects.requireNonNull(sidecar.inForce().get(SLICE));
  }

  private AwaitSyncResponse sync(long revision) {
    return stub()
        .awaitSync(
            AwaitSyncRequest.newBuilder().setRevision(revision).setTimeoutMillis(20_000).build());
  }

  private MeshServiceBlockingStub stub() {
    return MeshServiceGrpc.newBlockingStub(channel);
  }

  private double gauge(String name) {
    return meters.get(name).gauge().value();
  }
}
