package dev.weft.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.app.KubernetesOptions;
import dev.weft.controlplane.app.SecurityOptions;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.net.FaultyLink;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A mesh of which some processes are behind a link that does as it is told, with callers that never
 * pause. Its methods are for the test's thread.
 */
final class LinkedMesh implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  static final int CALLERS = 2;
  private static final Duration TTL = Duration.ofSeconds(10);

  final FaultyLink link = new FaultyLink();
  private final Path folder;
  private final ExecutorService threads = SocketThreads.perTask();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicLong> answered = new ConcurrentHashMap<>();
  private final AtomicLong slowestNanos = new AtomicLong();
  private final AtomicInteger changes = new AtomicInteger();
  private final HttpClient admin = HttpClient.newHttpClient();
  private final Map<Sidecar, HttpClient> clients = new ConcurrentHashMap<>();
  private volatile boolean calling = true;
  private volatile InetSocketAddress registry = InetSocketAddress.createUnresolved("127.0.0.1", 0);
  private volatile long revision;
  private volatile boolean changed;

  /** With a link that does no harm yet. */
  LinkedMesh(Path folder) {
    this.folder = folder;
    opened.add(link);
  }

  @Override
  public void close() throws Exception {
    calling = false;
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    admin.close();
    threads.shutdownNow();
  }

  /** Where changes are made from now on. */
  void changeAt(String host, int port) {
    registry = InetSocketAddress.createUnresolved(host, port);
  }

  // ---- what is looked at

  /** Something is registered, and the sidecar has what came of it in force. */
  void changeArrives(Sidecar at, Duration within) {
    changed = false;
    await()
        .atMost(within)
        .ignoreExceptionsMatching(failure -> failure instanceof StatusRuntimeException)
        .until(() -> change() && metric(at, "weft_control_plane_revision") >= revision);
  }

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

  /** A page of a process in the namespace; empty: it does not answer. */
  String far(int port, String path) {
    try {
      return link.output("curl", "-s", "-m", "2", "http://" + link.far() + ":" + port + path);
    } catch (IllegalStateException e) {
      return "";
    }
  }

  double farMetric(int port, String name) {
    return metric(far(port, "/metrics"), name);
  }

  double metric(Sidecar sidecar, String name) {
    return metric(get(sidecar.adminPort(), "/metrics"), name);
  }

  static double metric(String page, String name) {
    return page.lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  String ready(ControlPlane controlPlane) {
    return get(controlPlane.metricsPort(), "/ready");
  }

  private String get(int port, String path) {
    try {
      return admin
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static long descriptors(Process process) throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return all.count();
    }
  }

  /** Our ends of the connections to that port of the namespace that are open as far as we know. */
  Set<String> connections(int port) {
    try {
      Process ss =
          new ProcessBuilder("ss", "-Htn", "state", "established", "dst", link.far() + ":" + port)
              .start();
      return new String(ss.getInputStream().readAllBytes(), UTF_8)
          .lines()
          .map(line -> line.strip().split("\\s+")[2])
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** How many connections to a port of the namespace are open as far as the namespace knows. */
  long farConnections(int port) {
    return link.output("ss", "-Htn", "state", "established", "sport", "=", ":" + port)
        .lines()
        .count();
  }

  // ---- load

  /** Requests from now on, which must all be answered with 200. */
  void load(Sidecar frontend) {
    await().atMost(PATIENCE).until(() -> call(frontend, "catalog") == 200);
    for (int i = 0; i < CALLERS; i++) {
      threads.execute(
          () -> {
            while (calling) {
              long begin = System.nanoTime();
              int status = call(frontend, "catalog");
              slowestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
              if (status != 200 && calling) {
                failures.add(String.valueOf(status));
              }
            }
          });
    }
  }

  /** What was not answered with 200 since this was asked before. */
  List<String> failures() {
    var all = new ArrayList<String>();
    for (String each = failures.poll(); each != null; each = failures.poll()) {
      all.add(each);
    }
    return all;
  }

  /** How long the slowest request took that has ended since this was asked before. */
  Duration slowest() {
    return Duration.ofNanos(slowestNanos.getAndSet(0));
  }

  /** So many further requests are answered by that application. */
  void answers(String name, int more, Duration within) {
    AtomicLong count = answered.computeIfAbsent(name, _ -> new AtomicLong());
    long before = count.get();
    await().atMost(within).until(() -> count.get() >= before + more);
  }

  /** The status; 0: there was no answer. */
  int call(Sidecar frontend, String service) {
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
              HttpRequest.newBuilder(URI.create("http://" + service + "/")).build(),
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

  ControlPlane controlPlane(StoreOptions store, String bind) {
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

  Process inside(String name, List<String> command) throws IOException {
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

  Sidecar sidecar(String service, String id, String controlPlane, String... more)
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

  int app(String name) throws IOException {
    HttpServer server = NamedApp.start(name, threads);
    opened.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }
}
