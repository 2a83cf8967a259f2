package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import dev.weft.testkit.EtcdServer;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPlaneTest {
  private static final Duration TTL = Duration.ofMillis(1500);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path directory;
  private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  @Test
  void anInstanceRegistersIsWatchedAndGoesWhenItsHeartbeatsStop() {
    ControlPlane controlPlane = start(embedded());
    TestClient client = connect(controlPlane);
    List<String> events = new CopyOnWriteArrayList<>();
    RegistryServiceGrpc.newStub(client.channel())
        .watch(
            WatchRequest.newBuilder().setNamespace("default").setService("catalog").build(),
            new Receiver<WatchEvent>(
                event -> events.add(event.getType() + " " + event.getInstance().getId())));
    await().until(() -> !events.isEmpty());
    String incarnation = client.register();
    assertThat(
            client
                .registry()
                .listServices(ListServicesRequest.getDefaultInstance())
                .getServicesList())
        .singleElement()
        .satisfies(service -> assertThat(service.getName()).isEqualTo("catalog"));

    List<KeepAliveResponse> answers = new CopyOnWriteArrayList<>();
    StreamObserver<KeepAliveRequest> heartbeats =
        RegistryServiceGrpc.newStub(client.channel()).keepAlive(new Receiver<>(answers::add));
    KeepAliveRequest heartbeat = TestClient.heartbeat(incarnation);
    long alive = System.nanoTime();
    await()
        .pollInterval(TTL.dividedBy(6))
        .until(
            () -> {
              heartbeats.onNext(heartbeat);
              return System.nanoTime() - alive > TTL.toNanos() * 3;
            });
    assertThat(client.instances("catalog")).containsExactly("catalog-0");
    assertThat(answers)
        .isNotEmpty()
        .allSatisfy(
            answer -> assertThat(answer.getStatus()).isEqualTo(KeepAliveResponse.Status.ALIVE));
    await().until(() -> client.instances("catalog").isEmpty());
    await().until(() -> events.size() == 3);
    assertThat(events).containsExactly("SYNCED ", "PUT catalog-0", "REMOVED catalog-0");
  }

  @Test
  void whatWasRegisteredIsThereAfterARestart() {
    ControlPlane first = start(embedded().withInstanceTtl(Duration.ofSeconds(10)));
    connect(first).register();
    first.close();
    ControlPlane second = start(embedded().withInstanceTtl(Duration.ofSeconds(10)));
    assertThat(connect(second).instances("catalog")).containsExactly("catalog-0");
  }

  @Test
  void healthReflectionAndMetricsAnswer() throws Exception {
    ControlPlane controlPlane = start(embedded());
    TestClient client = connect(controlPlane);
    assertThat(client.health("")).isEqualTo(ServingStatus.SERVING);
    assertThat(client.health("weft.registry.v1.RegistryService")).isEqualTo(ServingStatus.SERVING);
    assertThat(reflected(client.channel()))
        .contains(
            "weft.registry.v1.RegistryService",
            "weft.discovery.v1.DiscoveryService",
            "weft.policy.v1.PolicyService",
            "weft.mesh.v1.MeshService",
            "grpc.health.v1.Health");
    assertThat(get(controlPlane, "/metrics").body())
        .contains("weft_registry_synced 1.0", "weft_registry_revision", "weft_discovery_streams");
    assertThat(get(controlPlane, "/live").statusCode()).isEqualTo(200);
    assertThat(get(controlPlane, "/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void withoutItsStoreItSaysSoAndKeepsTrying() throws Exception {
    int nobody;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = socket.getLocalPort();
    }
    ControlPlane controlPlane =
        ControlPlane.start(
            embedded()
                .withStore(
                    new StoreOptions.Etcd(
                        EtcdOptions.of("http://127.0.0.1:" + nobody)
                            .withTimeout(Duration.ofMillis(200)))));
    opened.add(controlPlane);
    TestClient client = connect(controlPlane);
    assertThatThrownBy(() -> client.instances("catalog"))
        .hasMessageContaining("UNAVAILABLE")
        .hasMessageContaining("not ready");
    assertThat(client.health("")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(get(controlPlane, "/live").statusCode()).isEqualTo(200);
    HttpResponse<String> ready = get(controlPlane, "/ready");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(controlPlane.ready()).isNotDone();
  }

  @Test
  void aStoreThatIsLostLeavesItReadyWithWhatItHas() throws Exception {
    EtcdServer etcd = EtcdServer.start();
    opened.add(etcd);
    ControlPlane controlPlane =
        start(
            embedded()
                .withInstanceTtl(PATIENCE)
                .withStore(
                    new StoreOptions.Etcd(
                        EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5)))));
    TestClient client = connect(controlPlane);
    client.register();

    etcd.kill();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(get(controlPlane, "/ready").body()).contains("no contact with"));
    assertThat(get(controlPlane, "/ready").statusCode()).isEqualTo(200);
    assertThat(get(controlPlane, "/metrics").body()).contains("weft_registry_synced 0.0");
    assertThat(client.health("")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(client.instances("catalog")).containsExactly("catalog-0");

    etcd.startAgain();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(get(controlPlane, "/ready").body()).startsWith("ready at revision"));
  }

  @Test
  void aPortInUseIsSaidInOneLine() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      assertThatThrownBy(() -> ControlPlane.start(embedded().withPorts(taken.getLocalPort(), 0)))
          .isInstanceOf(StartFailedException.class)
          .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("--grpc-port")
          .hasMessageNotContaining("\n");
      assertThatThrownBy(() -> ControlPlane.start(embedded().withPorts(0, taken.getLocalPort())))
          .isInstanceOf(StartFailedException.class)
          .hasMessageContaining("--metrics-port");
    }
  }

  @Test
  void aDataDirectoryThatCannotBeUsedIsSaidInOneLine() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");
    ControlPlane controlPlane =
        ControlPlane.start(ControlPlaneOptions.embedded(file).withPorts(0, 0));
    opened.add(controlPlane);
    assertThatThrownBy(() -> controlPlane.ended().join())
        .hasCauseInstanceOf(StartFailedException.class)
        .hasMessageContaining(file.toString())
        .hasMessageNotContaining("\n");
  }

  private ControlPlaneOptions embedded() {
    return ControlPlaneOptions.embedded(directory.resolve("store"))
        .withPorts(0, 0)
        .withInstanceTtl(TTL);
  }

  private ControlPlane start(ControlPlaneOptions options) {
    ControlPlane controlPlane = ControlPlane.start(options);
    opened.add(controlPlane);
    controlPlane.ready().join();
    return controlPlane;
  }

  private TestClient connect(ControlPlane controlPlane) {
    TestClient client = TestClient.of(controlPlane);
    opened.add(client);
    return client;
  }

  private static List<String> reflected(ManagedChannel channel) {
    List<String> names = new CopyOnWriteArrayList<>();
    var stream =
        io.grpc.reflection.v1.ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new Receiver<io.grpc.reflection.v1.ServerReflectionResponse>(
                    response ->
                        response
                            .getListServicesResponse()
                            .getServiceList()
                            .forEach(service -> names.add(service.getName()))));
    stream.onNext(
        io.grpc.reflection.v1.ServerReflectionRequest.newBuilder().setListServices("").build());
    await().until(() -> !names.isEmpty());
    stream.onCompleted();
    return names;
  }

  private static HttpResponse<String> get(ControlPlane controlPlane, String path)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + controlPlane.metricsPort() + path))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** Hands on what a stream sends. */
  private record Receiver<T>(java.util.function.Consumer<T> sink) implements StreamObserver<T> {
    @Override
    public void onNext(T message) {
      sink.accept(message);
    }

    @Override
    public void onError(Throwable failure) {
      // The stream ends; what it sent until then is judged.
    }

    @Override
    public void onCompleted() {}
  }
}
