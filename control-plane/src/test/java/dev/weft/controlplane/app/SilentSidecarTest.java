package dev.weft.controlplane.app;

import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.testkit.TcpRelay;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sidecar at the other end of an open connection that says nothing any more is let go in 15 s.
 */
class SilentSidecarTest {
  @TempDir private Path folder;

  @Test
  void nothingOfItIsKept() {
    try (ControlPlane controlPlane =
            ControlPlane.start(
                ControlPlaneOptions.embedded(folder.resolve("store")).withPorts(0, 0));
        TcpRelay relay = new TcpRelay(controlPlane.grpcPort())) {
      controlPlane.ready().join();
      ManagedChannel channel =
          Grpc.newChannelBuilderForAddress(
                  "127.0.0.1", relay.port(), InsecureChannelCredentials.create())
              .build();
      StreamObserver<DiscoveryRequest> requests =
          DiscoveryServiceGrpc.newStub(channel).streamResources(new Ignored());
      requests.onNext(
          DiscoveryRequest.newBuilder()
              .setNode(Node.newBuilder().setId("silent").setNamespace("default"))
              .build());
      await().until(() -> controlPlane.metricsText().contains("weft_discovery_streams 1.0"));

      relay.silence();

      await()
          .atMost(Duration.ofSeconds(16))
          .until(() -> controlPlane.metricsText().contains("weft_discovery_streams 0.0"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> controlPlane.metricsText().contains("weft_peer_connections 0.0"));
      channel.shutdownNow();
    }
  }

  private static final class Ignored implements StreamObserver<DiscoveryResponse> {
    @Override
    public void onNext(DiscoveryResponse response) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
