package dev.weft.bench;

import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The shipped distribution's control plane with the bench's twenty services in it, each with the
 * origin as its one instance and a route on the path prefix; sidecars that connect to it are the
 * contenders.
 */
final class WeftMesh implements AutoCloseable {
  private final Child controlPlane;
  private final ManagedChannel channel;

  private WeftMesh(Child controlPlane, ManagedChannel channel) {
    this.controlPlane = controlPlane;
    this.channel = channel;
  }

  static WeftMesh start(
      Path home, Path folder, String cpu, int grpcPort, int metricsPort, int originPort)
      throws IOException {
    var command =
        List.of(
            home.resolve("bin/weft").toString(),
            "control-plane",
            "--store",
            "embedded",
            "--data-dir",
            folder.resolve("store").toString(),
            "--grpc-port",
            Integer.toString(grpcPort),
            "--metrics-port",
            Integer.toString(metricsPort),
            "--instance-ttl",
            "600s");
    long start = System.nanoTime();
    Child child =
        Child.start(new Contender("control-plane", grpcPort, command, Map.of()), cpu, folder);
    child.awaitListening(grpcPort, start);
    var channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
    var mesh = new WeftMesh(child, channel);
    for (int i = 0; i < Workload.HOSTS; i++) {
      mesh.register(i, originPort);
    }
    mesh.applyRoutes();
    return mesh;
  }

  /** The sidecar of the distribution with its defaults, as a contender. */
  static Contender sidecar(
      Path home, Path folder, int port, int inboundPort, int adminPort, int appPort, int grpcPort) {
    var command =
        List.of(
            home.resolve("sidecar/bin/weft-sidecar").toString(),
            "--node-id",
            "bench-0",
            "--namespace",
            "bench",
            "--service",
            "bench",
            "--control-plane",
            "127.0.0.1:" + grpcPort,
            "--outbound-port",
            Integer.toString(port),
            "--inbound-port",
            Integer.toString(inboundPort),
            "--admin-port",
            Integer.toString(adminPort),
            "--app-port",
            Integer.toString(appPort),
            "--service-port",
            "80",
            "--state-dir",
            folder.resolve("state").toString());
    return new Contender("weft", port, command, Map.of());
  }

  private void register(int i, int originPort) {
    var instance =
        Instance.newBuilder()
            .setId("svc-" + i + "-0")
            .setNamespace("bench")
            .setService("svc-" + i)
            .setAddress("127.0.0.1")
            .setPeer(PeerKind.APPLICATION)
            .setReadiness(Readiness.READY)
            .addPorts(
                InstancePort.newBuilder()
                    .setName("http")
                    .setServicePort(80)
                    .setPort(originPort)
                    .addProtocols(Protocol.HTTP1));
    String incarnation =
        RegistryServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .register(RegisterRequest.newBuilder().setInstance(instance).build())
            .getIncarnation();
    RegistryServiceGrpc.newStub(channel)
        .keepAlive(new Ignored())
        .onNext(
            KeepAliveRequest.newBuilder()
                .setNamespace("bench")
                .setId("svc-" + i + "-0")
                .setIncarnation(incarnation)
                .setReadiness(Readiness.READY)
                .build());
  }

  private void applyRoutes() throws IOException {
    var documents = new StringBuilder();
    for (int i = 0; i < Workload.HOSTS; i++) {
      documents.append(
          """
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: route-%1$d, namespace: bench}
          spec:
            parentRefs: [{group: "", kind: Service, name: svc-%1$d, port: 80}]
            rules:
            - matches: [{path: {type: PathPrefix, value: /api}}]
              backendRefs: [{name: svc-%1$d, port: 80}]
          """
              .formatted(i));
    }
    ApplyResponse response =
        PolicyServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .apply(
                ApplyRequest.newBuilder()
                    .addManifests(
                        Manifest.newBuilder()
                            .setName("bench.yaml")
                            .setContent(documents.toString()))
                    .build());
    if (response.getErrorsCount() > 0) {
      throw new IOException(
          "the control plane refused the bench's routes: " + response.getErrors(0));
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    controlPlane.close();
  }

  private static final class Ignored implements StreamObserver<KeepAliveResponse> {
    @Override
    public void onNext(KeepAliveResponse response) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
