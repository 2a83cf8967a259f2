package dev.weft.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.TcpRelay;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a sidecar holds and is sent depends on what its application calls, not on how many services
 * there are: a real control plane, a real sidecar, and two thousand services more.
 */
final class FlatMeshTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CALLED = 3;
  private static final int OTHERS = 2000;
  private static final int CHANGED = 200;

  /** What may cross the wire while the mesh grows: heartbeats and the like, no services. */
  private static final int SMALL_TALK = 8 << 10;

  /** Revisions and ports are not of the same length everywhere. */
  private static final int DIGITS = 256;

  private final ExecutorService threads = SocketThreads.perTask();
  private final List<HttpServer> servers = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private ControlPlane controlPlane;
  private ManagedChannel channel;

  @TempDir private Path folder;

  /** What a sidecar has of the mesh. */
  private record Footprint(
      double resources, double subscriptions, double received, long clusters, int page) {}

  @BeforeEach
  void start() {
    controlPlane =
        ControlPlane.start(
            ControlPlaneOptions.embedded(folder.resolve("store"))
                .withPorts(0, 0)
                .withInstanceTtl(Duration.ofHours(1)));
    channel =
        Grpc.newChannelBuilder(
                "127.0.0.1:" + controlPlane.grpcPort(), InsecureChannelCredentials.create())
            .build();
    controlPlane.ready().join();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    channel.shutdownNow();
    controlPlane.close();
    servers.forEach(server -> server.stop(0));
    threads.shutdownNow();
  }

  @Test
  void aSidecarHoldsWhatItsApplicationCallsHoweverManyServicesThereAre() throws Exception {
    for (int i = 0; i < CALLED; i++) {
      register("called-" + i, "127.0.0.1", server("first"));
    }
    TcpRelay wire = opened(new TcpRelay(controlPlane.grpcPort()));
    Sidecar early = sidecar(0, wire);
    callAll(early);
    Footprint before = settled(early);
    long sent = wire.answered();
    long kept = stateBytes(0);

    registerOthers(OTHERS, "192.0.2.1");
    registerOthers(CHANGED, "192.0.2.2");
    // A stream keeps the order: what is sent of this comes after all that was sent of the others.
    register("called-0", "127.0.0.1", server("second"));
    await().atMost(PATIENCE).until(() -> call(early, "called-0").equals("second"));

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(footprint(early).received() - before.received())
                    .as("the changed slice")
                    .isEqualTo(1));
    Footprint after = footprint(early);
    assertThat(after.resources()).isEqualTo(before.resources());
    assertThat(after.subscriptions()).isEqualTo(before.subscriptions());
    assertThat(after.clusters()).isEqualTo(before.clusters());
    assertThat(wire.answered() - sent).isLessThan(SMALL_TALK);

    // One that starts now is no larger than one that started when there was nothing else.
    TcpRelay other = opened(new TcpRelay(controlPlane.grpcPort()));
    Sidecar late = sidecar(1, other);
    callAll(late);
    Footprint fresh = settled(late);
    assertThat(fresh.subscriptions()).isEqualTo(before.subscriptions());
    assertThat(fresh.clusters()).isEqualTo(before.clusters());
    assertThat(fresh.page()).isCloseTo(before.page(), within(DIGITS));
    assertThat(other.answered()).isLessThan(sent + SMALL_TALK);
    assertThat(stateBytes(1)).isCloseTo(kept, within((long) DIGITS));
  }

  private void registerOthers(int count, String address) throws Exception {
    var done = new ArrayList<Future<?>>();
    try (ExecutorService many = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        String service = "other-" + i;
        done.add(many.submit(() -> register(service, address, 8080)));
      }
    }
    for (Future<?> one : done) {
      one.get();
    }
  }

  private void register(String service, String address, int port) {
    RegistryServiceGrpc.newBlockingStub(channel)
        .register(
            RegisterRequest.newBuilder()
                .setInstance(
                    Instance.newBuilder()
                        .setId(service + "-0")
                        .setNamespace("default")
                        .setService(service)
                        .setAddress(address)
                        .setReadiness(Readiness.READY)
                        .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(port)))
                .build());
  }

  private Sidecar sidecar(int number, TcpRelay wire) throws IOException {
    return opened(
        Sidecar.start(
            SidecarOptions.parse(
                List.of(
                    "--node-id=frontend-" + number,
                    "--service=frontend",
                    "--control-plane=127.0.0.1:" + wire.port(),
                    "--outbound-port=0",
                    "--inbound-port=0",
                    "--admin-port=0",
                    "--app-port=" + server("frontend"),
                    "--state-dir=" + state(number)),
                Map.of())));
  }

  private Path state(int number) {
    return folder.resolve("state-" + number);
  }

  /** The size of what it would start with again, once all of it is there. */
  private long stateBytes(int number) throws IOException {
    Path file = state(number).resolve("last-good.bin");
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () -> {
              String text = Files.readString(file, ISO_8859_1);
              return IntStream.range(0, CALLED).allMatch(i -> text.contains("called-" + i));
            });
    return Files.size(file);
  }

  private int server(String answer) throws IOException {
    HttpServer server = NamedApp.start(answer, threads);
    servers.add(server);
    return server.getAddress().getPort();
  }

  private static void callAll(Sidecar sidecar) {
    for (int i = 0; i < CALLED; i++) {
      String host = "called-" + i;
      await().atMost(PATIENCE).until(() -> !call(sidecar, host).isEmpty());
    }
  }

  /** The answer; empty if it is none of the service's. */
  private static String call(Sidecar sidecar, String host) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", sidecar.outboundPort())))
            .build()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://" + host + "/")).build(),
              BodyHandlers.ofString());
      return answer.statusCode() == 200 ? answer.body() : "";
    }
  }

  /** What it has when all is there that its calls need: a host, a cluster and a slice for each. */
  private static Footprint settled(Sidecar sidecar) throws Exception {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Footprint now = footprint(sidecar);
              assertThat(now.resources()).as("with its own inbound").isEqualTo(1 + 3 * CALLED);
              assertThat(now.clusters()).isEqualTo(CALLED);
            });
    return footprint(sidecar);
  }

  private static Footprint footprint(Sidecar sidecar) throws Exception {
    String metrics = admin(sidecar, "/metrics");
    return new Footprint(
        metric(metrics, "weft_control_plane_resources"),
        metric(metrics, "weft_control_plane_subscriptions"),
        metric(metrics, "weft_control_plane_resources_received_total"),
        metrics.lines().filter(line -> line.startsWith("weft_cluster_upstream_cx_active{")).count(),
        admin(sidecar, "/config").length());
  }

  private static double metric(String metrics, String name) {
    Matcher found =
        Pattern.compile("^" + name + " ([0-9.E]+)$", Pattern.MULTILINE).matcher(metrics);
    assertThat(found.find()).as(name).isTrue();
    return Double.parseDouble(found.group(1));
  }

  private static String admin(Sidecar sidecar, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.adminPort() + path))
                  .build(),
              BodyHandlers.ofString())
          .body();
    }
  }

  private <T extends AutoCloseable> T opened(T one) {
    opened.add(one);
    return one;
  }
}
