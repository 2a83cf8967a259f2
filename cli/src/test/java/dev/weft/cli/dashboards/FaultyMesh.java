package dev.weft.cli.dashboards;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.PrometheusServer.Target;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.TestCa;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A mesh in this process in which everything goes wrong that dashboards show: two replicas of the
 * control plane on a real etcd, one of which follows a Kubernetes that does not answer, and a
 * caller with services that fail, each in its way. For one thread.
 */
final class FaultyMesh implements AutoCloseable {
  private static final String NAMESPACE = "shop";
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration CALL = Duration.ofSeconds(20);

  private static final String POLICIES =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: catalog, namespace: shop}
      spec:
        targetRefs: [{kind: Service, name: catalog}]
        timeouts: {perTry: %ds}
        outlierDetection: {consecutiveFailures: 2, baseEjection: 2s, maxEjection: 2s}
      ---
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: stock, namespace: shop}
      spec:
        targetRefs: [{kind: Service, name: stock}]
        connectionLimits: {maxRequests: 1}
      ---
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: slow, namespace: shop}
      spec:
        targetRefs: [{kind: Service, name: slow}]
        timeouts: {request: 200ms}
      ---
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: sick, namespace: shop}
      spec:
        targetRefs: [{kind: Service, name: sick}]
        healthCheck: {http: {path: /health}, interval: 500ms}
      """;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final List<Target> targets = new ArrayList<>();
  private final List<Integer> sidecarPorts = new ArrayList<>();
  private final Path folder;
  private final Replicas replicas;
  private final Apps apps;
  private final HttpClient client;
  private final HttpClient direct = HttpClient.newHttpClient();
  private final HealthGrpc.HealthBlockingStub ledger;
  private final TestCa ca = new TestCa("shop");
  private int rounds;

  private FaultyMesh(Path folder) throws Exception {
    this.folder = folder;
    open.push(direct);
    replicas = new Replicas(folder);
    open.push(replicas);
    targets.addAll(replicas.targets());
    ExecutorService threads = SocketThreads.perTask();
    open.push(threads::shutdownNow);
    apps = new Apps(threads);
    open.push(apps);
    String certificate = ca.issue("frontend", "frontend").write(folder, "frontend").toString();
    String key = folder.resolve("frontend.key").toString();
    sidecar(
        "catalog",
        "catalog-0",
        apps.good(),
        "--tls-cert=" + certificate,
        "--tls-key=" + key,
        "--tls-plaintext=allow");
    sidecar("catalog", "catalog-1", apps.failing());
    sidecar("stock", "stock-0", apps.held(), "--dns=on", "--dns-port=" + freePort(), resolvConf());
    sidecar("slow", "slow-0", apps.silent());
    sidecar("sick", "sick-0", apps.failing());
    sidecar("ledger", "ledger-0", ledgerServer(), "--app-protocol=grpc");
    int gone = apps.good();
    try (Sidecar ended = start("gone", "gone-0", gone)) {
      awaitReady(ended);
    }
    Sidecar frontend =
        sidecar(
            "frontend",
            "frontend-0",
            0,
            "--outbound-tls-cert=" + certificate,
            "--outbound-tls-key=" + key,
            "--client-cert=" + certificate,
            "--client-key=" + key);
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", frontend.outboundPort())))
            .build();
    open.push(client);
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress(
                "127.0.0.1", frontend.outboundPort(), InsecureChannelCredentials.create())
            .overrideAuthority("ledger.shop")
            .build();
    open.push(channel::shutdownNow);
    ledger = HealthGrpc.newBlockingStub(channel);
  }

  /** One name server, and so one port. */
  private String resolvConf() throws IOException {
    return "--resolv-conf="
        + Files.writeString(folder.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Starts it; it is ready to be called when this returns. */
  static FaultyMesh start(Path folder) throws Exception {
    var mesh = new FaultyMesh(folder);
    mesh.replicas.apply(POLICIES.formatted(2));
    await().atMost(LONG).until(mesh::slownessIsBounded);
    return mesh;
  }

  /** Whether the policy of what never answers is in force. */
  private boolean slownessIsBounded() throws Exception {
    try {
      return client
              .send(
                  request("slow.shop/").timeout(Duration.ofSeconds(2)).build(),
                  HttpResponse.BodyHandlers.ofString())
              .statusCode()
          == 504;
    } catch (HttpTimeoutException e) {
      return false;
    }
  }

  /** What Prometheus is to scrape, with the labels that pods would have. */
  List<Target> targets() {
    return List.copyOf(targets);
  }

  /** What every sidecar exports. */
  List<String> sidecarMetrics() throws Exception {
    var all = new ArrayList<String>();
    for (int port : sidecarPorts) {
      all.add(get(port, "/metrics").body());
    }
    return all;
  }

  /** What every replica of the control plane exports. */
  List<String> controlPlaneMetrics() {
    return replicas.metrics();
  }

  /** Some calls that succeed and some that fail in each way, and a change of a policy. */
  void round() throws Exception {
    rounds++;
    replicas.apply(POLICIES.formatted(2 + rounds % 2));
    for (int i = 0; i < 8; i++) {
      call("catalog.shop/items");
    }
    client.send(
        request("catalog.shop/items").POST(HttpRequest.BodyPublishers.ofString("an item")).build(),
        HttpResponse.BodyHandlers.ofString());
    overTheLimit();
    call("slow.shop/");
    impatientCall("slow.shop/");
    call("gone.shop/");
    call("sick.shop/");
    call("nowhere.shop/");
    health("");
    health("unknown");
    replicas.review();
    replicas.strangerCalls();
    replicas.nonsense();
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private void call(String target) throws Exception {
    client.send(request(target).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** While one call is held, others are refused. */
  private void overTheLimit() throws Exception {
    var calls = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 4; i++) {
      calls.add(
          client.sendAsync(request("stock.shop/").build(), HttpResponse.BodyHandlers.ofString()));
    }
    await()
        .atMost(CALL)
        .until(
            () ->
                calls.stream().filter(CompletableFuture::isDone).count() + apps.holding()
                    == calls.size());
    apps.letGo();
    for (CompletableFuture<HttpResponse<String>> call : calls) {
      call.get(CALL.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** The caller gives up before there is an answer. */
  private void impatientCall(String target) throws Exception {
    try {
      client.send(
          request(target).timeout(Duration.ofMillis(50)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (HttpTimeoutException e) {
      // As it should be.
    }
  }

  private void health(String service) {
    try {
      ledger
          .withDeadlineAfter(CALL.toSeconds(), TimeUnit.SECONDS)
          .check(HealthCheckRequest.newBuilder().setService(service).build());
    } catch (StatusRuntimeException e) {
      // An unknown service is NOT_FOUND.
    }
  }

  private static HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(URI.create("http://" + target)).timeout(CALL);
  }

  private int ledgerServer() throws IOException {
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
    open.push(server::shutdownNow);
    return server.getPort();
  }

  private Sidecar sidecar(String service, String pod, int appPort, String... more)
      throws Exception {
    Sidecar sidecar = start(service, pod, appPort, more);
    open.push(sidecar);
    sidecarPorts.add(sidecar.adminPort());
    targets.add(
        new Target("127.0.0.1:" + sidecar.adminPort(), Map.of("namespace", NAMESPACE, "pod", pod)));
    awaitReady(sidecar);
    return sidecar;
  }

  private Sidecar start(String service, String pod, int appPort, String... more)
      throws IOException {
    var flags =
        new ArrayList<>(
            List.of(
                "--node-id=" + pod,
                "--service=" + service,
                "--namespace=" + NAMESPACE,
                "--app-port=" + appPort,
                "--control-plane=" + replicas.address(),
                "--control-plane-ca=" + replicas.authority(),
                "--state-dir=" + folder.resolve(pod),
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0"));
    flags.addAll(List.of(more));
    return Sidecar.start(SidecarOptions.parse(flags, Map.of()));
  }

  private void awaitReady(Sidecar sidecar) {
    await().atMost(LONG).until(() -> get(sidecar.adminPort(), "/ready").statusCode() == 200);
  }

  private HttpResponse<String> get(int port, String path) throws Exception {
    return direct.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(CALL).build(),
        HttpResponse.BodyHandlers.ofString(UTF_8));
  }
}
