package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.inbound;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.TcpRelay;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Who stands at the other end of an open connection and says nothing any more is noticed within 15
 * s: a control plane, and another sidecar whose answer is awaited.
 */
final class SilentPeerTest extends ServersFixture {
  private static final Duration NOTICED = Duration.ofSeconds(16);

  @Test
  void aControlPlaneThatFallsSilentIsLeftForAnother() throws IOException {
    controlPlane.put(inbound("frontend"));
    TcpRelay relay = new TcpRelay(controlPlane.port());
    closeLater(relay);
    try (var other = new FakeControlPlane();
        HttpClient client = HttpClient.newHttpClient()) {
      other.put(inbound("frontend"));
      Sidecar sidecar =
          Sidecar.start(
              SidecarOptions.parse(
                  List.of(
                      "--node-id=frontend-0",
                      "--service=frontend",
                      "--control-plane=127.0.0.1:" + relay.port() + "," + other.address(),
                      "--outbound-port=0",
                      "--inbound-port=0",
                      "--admin-port=0"),
                  Map.of()));
      closeLater(sidecar);
      await().until(() -> controlPlane.open() + other.open() == 1);
      other.move(0, controlPlane.name());
      await().until(() -> status(client, sidecar).contains(controlPlane.name()));

      relay.silence();

      await().atMost(NOTICED).until(() -> status(client, sidecar).contains(other.name()));
    }
  }

  @Test
  void aSidecarThatFallsSilentIsNotWaitedFor() throws Exception {
    try (var silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      controlPlane.put(inbound("frontend"));
      Resource slice = FakeControlPlane.slice("catalog", silent.getLocalPort());
      Resource.Builder peers = slice.toBuilder();
      peers
          .getEndpointSliceBuilder()
          .getEndpointsBuilder(0)
          .setPeer(PeerKind.SIDECAR)
          .clearProtocols()
          .addProtocols(Protocol.HTTP2);
      controlPlane.put(
          peers.build(),
          FakeControlPlane.cluster("catalog"),
          FakeControlPlane.host("catalog", "catalog"));
      Sidecar sidecar = start("frontend", List.of());
      // Over HTTP/2, in which between sidecars whoever waits can ask.
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", sidecar.outboundPort())
              .overrideAuthority("catalog")
              .usePlaintext()
              .build();
      closeLater(channel::shutdownNow);
      long begin = System.nanoTime();

      StatusRuntimeException failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  RegistryServiceGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(60, TimeUnit.SECONDS)
                      .register(RegisterRequest.getDefaultInstance()));

      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(NOTICED);
    }
  }

  private static String status(HttpClient client, Sidecar sidecar)
      throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + sidecar.adminPort() + "/status"))
                .build(),
            BodyHandlers.ofString())
        .body();
  }
}
