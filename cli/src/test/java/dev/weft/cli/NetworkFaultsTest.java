package dev.weft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.app.KubernetesOptions;
import dev.weft.controlplane.app.SecurityOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.net.FaultyLink;
import dev.weft.testkit.net.FaultyLink.Direction;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The network between two parts of a mesh is late, lossy, slow, or cut one way or both, while
 * requests are made. What is gone is noticed within 15 s, nothing is left of it, no request fails,
 * and everything heals. What is at the other end of the network is a process in a network namespace
 * of the test's own.
 */
@Tag("long")
final class NetworkFaultsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** 15 s, and what it takes to look. */
  private static final Duration NOTICED = Duration.ofSeconds(16);

  private static final Duration HEALED = Duration.ofSeconds(15);
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final int GRPC = 7700;
  private static final int METRICS = 7701;
  private static final int ETCD = 2379;
  private static final int INBOUND = 15006;
  private static final int APP = 8080;

  private final ExecutorService threads = SocketThreads.perTask();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicLong> answered = new ConcurrentHashMap<>();
  private final AtomicLong slowestNanos = new AtomicLong();
  private final AtomicInteger changes = new AtomicInteger();
  private final HttpClient admin = HttpClient.newHttpClient();
  private final List<Future<?>> callers = new ArrayList<>();
  private volatile boolean calling = true;
  private FaultyLink link;
  private InetSocketAddress registry = InetSocketAddress.createUnresolved("127.0.0.1", GRPC);
  @TempDir private Path folder;

  @BeforeEach
  void start() {
    assumeTrue(FaultyLink.possible(), "needs root, ip and /dev/net/tun");
    link = new FaultyLink();
    opened.add(link);
  }

  @AfterEach
  void stop() throws Exception {
    calling = false;
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    admin.close();
    threads.shutdownNow();
  }

  @Test
  void betweenSidecarAndControlPlane() throws Exception {
    Process controlPlane =
        inside(
            "control-plane",
            JavaCommand.of(
                "dev.weft.controlplane.app.ControlPlaneMain",
                "--store=embedded",
                "--data-dir=" + folder.resolve("store"),
                "--bind=" + link.far(),
                "--grpc-port=" + GRPC,
                "--metrics-port=" + METRICS,
                "--instance-ttl=" + TTL.toSeconds() + "s",
                "--kubernetes=off"));
    await().atMost(PATIENCE).until(() -> far("/ready").startsWith("ready at"));
    String address = link.far() + ":" + GRPC;
    sidecar("catalog", "catalog-0", address, "--app-port=" + app("catalog-0"));
    Sidecar frontend = sidecar("frontend", "frontend-0", address);
    await().atMost(PATIENCE).until(() -> call(frontend) == 200);
    load(frontend);
    registry = InetSocketAddress.createUnresolved(link.far(), GRPC);
    changeArrives(frontend, Duration.ofSeconds(5));
    await().atMost(PATIENCE).until(() -> farMetric("weft_discovery_streams") == 2);
    long descriptors = descriptors(controlPlane);

    link.delay(Duration.ofMillis(200));
    changeArrives(frontend, Duration.ofSeconds(5));
    link.lose(5);
    changeArrives(frontend, Duration.ofSeconds(15));
    link.trickle(3000);
    changeArrives(frontend, Duration.ofSeconds(30));
    link.mend();
    assertThat(metric(frontend, "weft_control_plane_connected")).isEqualTo(1);

    for (List<Direction> ways :
        List.of(
            List.of(Direction.THERE),
            List.of(Direction.BACK),
            List.of(Direction.THERE, Direction.BACK))) {
      ways.forEach(link::cut);
      long begin = System.nanoTime();
      await().atMost(NOTICED).until(() -> metric(frontend, "weft_control_plane_connected") == 0);
      long sidecarNoticed = System.nanoTime();
      await()
          .atMost(NOTICED.minusNanos(sidecarNoticed - begin))
          .until(() -> farMetric("weft_discovery_streams") == 0);
      long both = System.nanoTime();
      link.mend();
      changeArrives(frontend, HEALED);
      System.out.printf(
          "cut %s: the sidecar has noticed after %d ms, the control plane after %d ms, healed"
              + " after %d ms%n",
          ways,
          millis(begin, sidecarNoticed),
          millis(begin, both),
          millis(both, System.nanoTime()));
    }

    endLoad();
    assertThat(failures).isEmpty();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(descriptors(controlPlane)).isLessThanOrEqualTo(descriptors));
    assertThat(farMetric("weft_discovery_streams")).isEqualTo(2);
    assertThat(farMetric("weft_discovery_unread_bytes")).isZero();
    assertThat(farMetric("weft_discovery_full_resyncs_total")).isZero();
  }

  @Test
  void betweenControlPlaneAndStore() throws Exception {
    Path data = folder.resolve("etcd");
    String url = "http://" + link.far() + ":" + ETCD;
    inside(
        "etcd",
        List.of(
            "etcd",
            "--data-dir=" + data,
            "--listen-client-urls=" + url,
            "--advertise-client-urls=" + url,
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync"));
    ControlPlane controlPlane =
        controlPlane(new StoreOptions.Etcd(EtcdOptions.of(url)), "127.0.0.1");
    String address = "127.0.0.1:" + controlPlane.grpcPort();
    sidecar("catalog", "catalog-0", address, "--app-port=" + app("catalog-0"));
    Sidecar frontend = sidecar("frontend", "frontend-0", address);
    await().atMost(PATIENCE).until(() -> call(frontend) == 200);
    load(frontend);
    registry = InetSocketAddress.createUnresolved("127.0.0.1", controlPlane.grpcPort());
    changeArrives(frontend, Duration.ofSeconds(5));

    link.delay(Duration.ofMillis(200));
    changeArrives(frontend, Duration.ofSeconds(10));
    link.lose(5);
    changeArrives(frontend, Duration.ofSeconds(15));
    link.mend();
    int sockets = sockets(ETCD).size();

    for (List<Direction> ways :
        List.of(List.of(Direction.THERE), List.of(Direction.THERE, Direction.BACK))) {
      ways.forEach(link::cut);
      long begin = System.nanoTime();
      await().atMost(NOTICED).until(() -> !ready(controlPlane).startsWith("ready at"));
      long noticed = System.nanoTime();
      link.mend();
      await().atMost(HEALED).until(() -> ready(controlPlane).startsWith("ready at"));
      changeArrives(frontend, HEALED);
      System.out.printf(
          "store cut %s: noticed after %d ms, healed after %d ms%n",
          ways, millis(begin, noticed), millis(noticed, System.nanoTime()));
    }

    endLoad();
    assertThat(failures).isEmpty();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(sockets(ETCD)).hasSizeLessThanOrEqualTo(sockets));
  }

  @Test
  void betweenSidecarAndSidecar() throws Exception {
    ControlPlane controlPlane =
        controlPlane(new StoreOptions.Embedded(folder.resolve("store")), link.near());
    String address = link.near() + ":" + controlPlane.grpcPort();
    inside("app", JavaCommand.of("dev.weft.cli.FarApp", String.valueOf(APP), "far"));
    inside(
        "sidecar",
        JavaCommand.of(
            "dev.weft.sidecar.app.SidecarMain",
            "--node-id=catalog-far",
            "--service=catalog",
            "--control-plane=" + address,
            "--bind=" + link.far(),
            "--inbound-port=" + INBOUND,
            "--app-port=" + APP));
    sidecar("catalog", "catalog-near", address, "--app-port=" + app("near"));
    Sidecar frontend = sidecar("frontend", "frontend-0", address);
    await().atMost(PATIENCE).until(() -> call(frontend) == 200);
    load(frontend);
    getsMore("far");
    getsMore("near");

    link.delay(Duration.ofMillis(200));
    getsMore("near");
    link.lose(5);
    getsMore("near");
    link.mend();
    getsMore("far");

    for (List<Direction> ways :
        List.of(
            List.of(Direction.THERE),
            List.of(Direction.BACK),
            List.of(Direction.THERE, Direction.BACK))) {
      slowestNanos.set(0);
      ways.forEach(link::cut);
      long begin = System.nanoTime();
      // What waits for an answer is noticed in 15 s; what is idle is not missed before it is old.
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(sockets(INBOUND)).isEmpty());
      long noticed = System.nanoTime();
      getsMore("near");
      link.mend();
      getsMore("far");
      assertThat(Duration.ofNanos(slowestNanos.get())).isLessThan(NOTICED);
      System.out.printf(
          "peer cut %s: nothing leads there after %d ms, called again %d ms after the mend, the"
              + " slowest request took %d ms%n",
          ways,
          millis(begin, noticed),
          millis(noticed, System.nanoTime()),
          TimeUnit.NANOSECONDS.toMillis(slowestNanos.get()));
    }

    endLoad();
    assertThat(failures).isEmpty();
  }

  // ---- what is looked at

  /** Something is registered, and the sidecar has what came of it in force. */
  private void changeArrives(Sidecar at, Duration within) {
    changed = false;
    await()
        .atMost(within)
        .ignoreExceptionsMatching(failure -> failure instanceof StatusRuntimeException)
        .until(() -> change() && metric(at, "weft_control_plane_revision") >= revision);
  }

  private volatile long revision;
  private volatile boolean changed;

  /** True when it was made; a further call makes none before its revision has arrived. */
  private boolean change() {
    if (changed) {
      return true;
    }
    Instance instance =
        Instance.newBuilder()
            .setId("watched-" + changes.incrementAndGet())
            .setNamespace("default")
            .setService("watched")
            .setAddress("127.0.0.1")
            .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(9))
            .setReadiness(Readiness.READY)
            .build();
    // Not over a connection that waits for TCP to send again.
    ManagedChannel fresh =
        NettyChannelBuilder.forAddress(registry.getHostString(), registry.getPort())
            .usePlaintext()
            .build();
    try {
      revision =
          RegistryServiceGrpc.newBlockingStub(fresh)
              .withDeadlineAfter(5, TimeUnit.SECONDS)
              .register(RegisterRequest.newBuilder().setInstance(instance).build())
              .getRevision();
    } finally {
      fresh.shutdownNow();
    }
    changed = true;
    return true;
  }

  private String far(String path) {
    try {
      return link.output("curl", "-s", "-m", "2", "http://" + link.far() + ":" + METRICS + path);
    } catch (IllegalStateException e) {
      return "";
    }
  }

  private double farMetric(String name) {
    return metric(far("/metrics"), name);
  }

  private double metric(Sidecar sidecar, String name) {
    return metric(get(sidecar.adminPort(), "/metrics"), name);
  }

  private static double metric(String page, String name) {
    return page.lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  private String ready(ControlPlane controlPlane) {
    return get(controlPlane.metricsPort(), "/ready");
  }

  private String get(int port, String path) {
    return get("127.0.0.1", port, path);
  }

  private String get(String host, int port, String path) {
    try {
      return admin
          .send(
              HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + path)).build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static long descriptors(Process process) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return all.count();
    }
  }

  /** Connections from here to that port of the namespace that are open as far as we know. */
  private List<String> sockets(int port) {
    try {
      Process ss =
          new ProcessBuilder(
                  "ss", "-HOtnoi", "state", "established", "dst", link.far() + ":" + port)
              .start();
      return new String(ss.getInputStream().readAllBytes(), UTF_8).lines().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long millis(long from, long to) {
    return TimeUnit.NANOSECONDS.toMillis(to - from);
  }

  // ---- load

  private void load(Sidecar frontend) {
    for (int i = 0; i < 2; i++) {
      callers.add(
          threads.submit(
              () -> {
                while (calling) {
                  long begin = System.nanoTime();
                  int status = call(frontend);
                  slowestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
                  if (status != 200 && calling) {
                    failures.add(String.valueOf(status));
                  }
                }
              }));
    }
  }

  private void endLoad() throws Exception {
    calling = false;
    for (Future<?> caller : callers) {
      caller.get();
    }
  }

  private void getsMore(String name) {
    AtomicLong count = answered.computeIfAbsent(name, _ -> new AtomicLong());
    long before = count.get();
    await().atMost(PATIENCE).until(() -> count.get() > before + 20);
  }

  private final Map<Sidecar, HttpClient> clients = new ConcurrentHashMap<>();

  /** The status; 0: there was no answer. */
  private int call(Sidecar frontend) {
    HttpClient client =
        clients.computeIfAbsent(
            frontend,
            sidecar -> {
              HttpClient made =
                  HttpClient.newBuilder()
                      .version(HttpClient.Version.HTTP_1_1)
                      .proxy(
                          ProxySelector.of(
                              new InetSocketAddress("127.0.0.1", sidecar.outboundPort())))
                      .build();
              opened.add(made);
              return made;
            });
    try {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://catalog/")).build(),
              BodyHandlers.ofString());
      answered.computeIfAbsent(answer.body(), _ -> new AtomicLong()).incrementAndGet();
      return answer.statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  // ---- what runs

  private ControlPlane controlPlane(StoreOptions store, String bind) {
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                store,
                bind,
                0,
                0,
                TTL,
                "near",
                "cluster.local",
                SecurityOptions.NONE,
                KubernetesOptions.OFF));
    opened.add(controlPlane);
    controlPlane.ready().join();
    return controlPlane;
  }

  private Process inside(String name, List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(link.inside(command))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile())
            .start();
    opened.add(
        () -> {
          process.destroyForcibly();
          process.onExit().join();
        });
    return process;
  }

  private Sidecar sidecar(String service, String id, String controlPlane, String... more)
      throws IOException {
    var flags =
        new ArrayList<>(
            List.of(
                "--node-id=" + id,
                "--service=" + service,
                "--control-plane=" + controlPlane,
                "--dependency=watched",
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0"));
    flags.addAll(List.of(more));
    Sidecar started = Sidecar.start(SidecarOptions.parse(flags, Map.of()));
    opened.add(started);
    return started;
  }

  private int app(String name) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = name.getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    opened.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }
}
