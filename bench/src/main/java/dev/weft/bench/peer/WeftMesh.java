package dev.weft.bench.peer;

import dev.weft.bench.process.Child;
import dev.weft.bench.process.Pins;
import dev.weft.proto.discovery.v1.PeerKind;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The shipped distribution's control plane with the bench's twenty services in it, each with the
 * origin as its one instance and a route on the path prefix; sidecars that connect to it are the
 * contenders.
 */
public final class WeftMesh implements AutoCloseable {
  private static final long CALL_SECONDS = 20;

  private final Path home;
  private final Path folder;
  private final int grpcPort;
  private final Child controlPlane;
  private final ManagedChannel channel;

  private WeftMesh(
      Path home, Path folder, int grpcPort, Child controlPlane, ManagedChannel channel) {
    this.home = home;
    this.folder = folder;
    this.grpcPort = grpcPort;
    this.controlPlane = controlPlane;
    this.channel = channel;
  }

  /**
   * Starts the control plane for one wiring and applies what its services need.
   *
   * @throws IOException when it does not start or refuses the documents
   */
  public static WeftMesh start(Path home, Wiring wiring) throws IOException {
    int grpcPort = Child.freePort();
    var command =
        List.of(
            home.resolve("bin/weft").toString(),
            "control-plane",
            "--store",
            "embedded",
            "--data-dir",
            wiring.folder().resolve("store-" + wiring.port()).toString(),
            "--grpc-port",
            Integer.toString(grpcPort),
            "--metrics-port",
            Integer.toString(Child.freePort()),
            "--instance-ttl",
            "600s");
    long start = System.nanoTime();
    Child child =
        Child.start(
            "control-plane-" + wiring.port(), command, Map.of(), Pins.LOAD, wiring.folder());
    child.awaitListening(grpcPort, start);
    var channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
    var mesh = new WeftMesh(home, wiring.folder(), grpcPort, child, channel);
    for (int i = 0; i < Peers.HOSTS; i++) {
      mesh.register(i, wiring);
    }
    mesh.applyRoutes();
    return mesh;
  }

  /** Whether the distribution has that way. */
  public static boolean can(Wiring wiring) {
    return wiring.in() == Protocol.HTTP1
        && wiring.out() == Protocol.HTTP1
        && wiring.inTls() == Tls.NONE
        && wiring.outTls() == Tls.NONE;
  }

  /**
   * The sidecar of the distribution with its defaults, as a contender. Retries and outlier
   * detection are among them; a mesh adds the access log.
   */
  public Contender sidecar(String name, Wiring wiring, String javaOptions, String... further)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                home.resolve("sidecar/bin/weft-sidecar").toString(),
                "--node-id",
                "bench-" + wiring.port(),
                "--namespace",
                "bench",
                "--service",
                "bench",
                "--control-plane",
                "127.0.0.1:" + grpcPort,
                "--outbound-port",
                Integer.toString(wiring.port()),
                "--inbound-port",
                Integer.toString(Child.freePort()),
                "--admin-port",
                Integer.toString(Child.freePort()),
                "--app-port",
                Integer.toString(wiring.originPort()),
                "--service-port",
                "80",
                "--state-dir",
                folder.resolve("state-" + name + wiring.port()).toString()));
    if (wiring.mesh()) {
      command.addAll(List.of("--access-log", folder.resolve("weft-access.log").toString()));
    }
    command.addAll(List.of(further));
    return new Contender(name, wiring.port(), command, Map.of("WEFT_JAVA_OPTS", javaOptions));
  }

  private void register(int i, Wiring wiring) {
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
                    .setPort(wiring.originPort())
                    .setAppProtocol(appProtocol(wiring.out())));
    String incarnation =
        RegistryServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
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

  private static String appProtocol(Protocol out) {
    return switch (out) {
      case HTTP1 -> "http";
      case HTTP2 -> "kubernetes.io/h2c";
      case TCP -> "tcp";
    };
  }

  private void applyRoutes() throws IOException {
    var documents = new StringBuilder();
    for (int i = 0; i < Peers.HOSTS; i++) {
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
            .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
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
