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
import java.nio.file.Files;
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

  /** It listens before its store is open, and says UNAVAILABLE until then. */
  private static final Map<String, Object> UNTIL_IT_SERVES =
      Map.of(
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  List.of(Map.of()),
                  "retryPolicy",
                  Map.of(
                      "maxAttempts",
                      5.0,
                      "initialBackoff",
                      "0.5s",
                      "maxBackoff",
                      "5s",
                      "backoffMultiplier",
                      3.0,
                      "retryableStatusCodes",
                      List.of("UNAVAILABLE")))));

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
            "600s",
            "--kubernetes",
            "off");
    long start = System.nanoTime();
    Child child =
        Child.start(
            "control-plane-" + wiring.port(), command, Map.of(), Pins.LOAD, wiring.folder());
    child.awaitListening(grpcPort, start);
    var channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort)
            .usePlaintext()
            .defaultServiceConfig(UNTIL_IT_SERVES)
            .build();
    var mesh = new WeftMesh(home, wiring.folder(), grpcPort, child, channel);
    for (int i = 0; i < Peers.HOSTS; i++) {
      mesh.register(i, wiring);
    }
    if (!wiring.tcp()) {
      mesh.applyRoutes(wiring);
    }
    return mesh;
  }

  /**
   * The sidecar of the distribution with its defaults, as a contender. Retries and outlier
   * detection are among them; a mesh adds the access log. What comes with a client certificate
   * comes to the inbound listener, everything else to the outbound one, or to a port for TCP.
   */
  public Contender sidecar(String name, Wiring wiring, String javaOptions, String... further)
      throws IOException {
    boolean inbound = wiring.inTls() == Tls.MUTUAL;
    boolean outbound = !inbound && !wiring.tcp();
    var command = new ArrayList<>(List.of(home.resolve("sidecar/bin/weft-sidecar").toString()));
    add(command, "--node-id", "bench-" + wiring.port());
    add(command, "--namespace", "bench");
    add(command, "--service", "bench");
    add(command, "--control-plane", "127.0.0.1:" + grpcPort);
    add(command, "--outbound-port", port(outbound, wiring));
    add(command, "--inbound-port", port(inbound, wiring));
    add(command, "--admin-port", Integer.toString(Child.freePort()));
    add(command, "--app-port", Integer.toString(wiring.originPort()));
    add(command, "--app-protocol", "http");
    add(command, "--service-port", "80");
    add(command, "--state-dir", folder.resolve("state-" + name + wiring.port()).toString());
    if (wiring.tcp()) {
      add(command, "--tcp-listen", wiring.port() + "=" + Peers.host(0) + ":80");
    }
    String certificate = folder.resolve("cert.pem").toString();
    String key = folder.resolve("key.pem").toString();
    if (inbound) {
      add(command, "--tls-cert", certificate);
      add(command, "--tls-key", key);
      add(command, "--tls-client-ca", folder.resolve("ca.pem").toString());
    } else if (wiring.inTls() == Tls.SERVER) {
      add(command, "--outbound-tls-cert", certificate);
      add(command, "--outbound-tls-key", key);
    }
    if (wiring.outTls() == Tls.MUTUAL) {
      add(command, "--client-cert", certificate);
      add(command, "--client-key", key);
    }
    if (wiring.mesh()) {
      add(command, "--access-log", folder.resolve("weft-access.log").toString());
    }
    command.addAll(List.of(further));
    return new Contender(name, wiring.port(), command, Map.of("WEFT_JAVA_OPTS", javaOptions));
  }

  private static void add(List<String> command, String flag, String value) {
    command.add(flag);
    command.add(value);
  }

  private static String port(boolean here, Wiring wiring) throws IOException {
    return Integer.toString(here ? wiring.port() : Child.freePort());
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

  private void applyRoutes(Wiring wiring) throws IOException {
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
            - matches: [{path: {type: PathPrefix, value: %2$s}}]
              backendRefs: [{name: svc-%1$d, port: 80}]
          """
              .formatted(i, wiring.grpc() ? "/api.Echo" : "/api"));
      if (wiring.outTls() == Tls.MUTUAL) {
        documents.append(secured(i));
      }
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

  private String secured(int i) throws IOException {
    return """
        ---
        apiVersion: weft.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: tls-%1$d, namespace: bench}
        spec:
          targetRefs: [{kind: Service, name: svc-%1$d}]
          tls:
            mode: MUTUAL
            hostname: localhost
            minVersion: "1.3"
            caCertificates: |
        %2$s"""
        .formatted(i, Files.readString(folder.resolve("ca.pem")).indent(6));
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
