package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.NodeStatus;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An engine on the test's thread and time, behind a gRPC server in this process. */
abstract class EngineFixture {
  final TestMesh mesh = new TestMesh();
  final ManualLoop loop = new ManualLoop();
  SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<AutoCloseable> toClose = new ArrayList<>();
  DiscoveryEngine engine = newEngine(DiscoveryOptions.DEFAULT);
  ManagedChannel channel = InProcessChannelBuilder.forName("unused").directExecutor().build();

  private DiscoveryEngine newEngine(DiscoveryOptions options) {
    meters = new SimpleMeterRegistry();
    return new DiscoveryEngine(loop, meters, options);
  }

  @BeforeEach
  void start() throws IOException {
    restart(DiscoveryOptions.DEFAULT);
  }

  /** Another control plane: its engine knows nothing. */
  void restart(DiscoveryOptions options) throws IOException {
    stop();
    engine = newEngine(options);
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(engine.service())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    toClose.add(server::shutdownNow);
    toClose.add(channel::shutdownNow);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    for (AutoCloseable each : toClose) {
      try {
        each.close();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    toClose.clear();
  }

  /** What was changed in the mesh becomes the next revision, and every burst ends. */
  void publish() {
    engine.onChange(mesh.commit());
    settle();
  }

  void settle() {
    loop.pass(Duration.ofMillis(200));
  }

  TestSidecar connect(String id, ResourceKey... roots) {
    TestSidecar sidecar = TestSidecar.connect(channel, id, roots);
    loop.run();
    return sidecar;
  }

  /** A connected sidecar as the mesh API shows it. */
  NodeStatus node(String id) {
    CompletableFuture<ListNodesResponse> nodes = engine.listNodes();
    loop.run();
    return nodes.join().getNodesList().stream()
        .filter(status -> status.getNode().getId().equals(id))
        .findFirst()
        .orElseThrow();
  }

  void ack(TestSidecar sidecar) {
    sidecar.ack();
    loop.run();
  }
}
