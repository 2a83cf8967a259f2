package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.ListResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.history.History;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two control planes on an etcd, sidecars that call each other all the time, writers and readers of
 * documents, and the history of what these did and saw.
 */
final class MeshUnderLoad implements AutoCloseable {
  static final Duration TTL = Duration.ofSeconds(3);
  static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final int WRITERS = 3;
  private static final String DOCUMENTS = "policy/apply/Service/";
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern PORT = Pattern.compile("\"port\":\\s*(\\d+)");
  private static final Pattern ADDRESS = Pattern.compile("\"address\":\\s*\"([^\"]+)\"");

  final History history = new History();
  private final ControlPlane b;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final ExecutorService serverThreads = SocketThreads.perTask();
  private final ScheduledExecutorService callers = Executors.newScheduledThreadPool(2);
  private final ScheduledExecutorService clients = Executors.newScheduledThreadPool(2 * WRITERS);
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong values = new AtomicLong(1_000);
  private final ManagedChannel toA;
  private final ManagedChannel toB;
  private final EtcdStore store;
  private final HttpClient direct = HttpClient.newHttpClient();
  private final HttpClient throughFrontend;
  private final Sidecar frontend;
  private volatile boolean clientsMayCall = true;
  private volatile boolean storeIsRead = true;
  private final AtomicLong underWay = new AtomicLong();

  /**
   * @param endpointsOfA where one control plane finds etcd
   * @param endpoints where the other one does, and the test
   */
  MeshUnderLoad(String endpointsOfA, String endpoints) throws IOException {
    ControlPlane a = controlPlane("a", endpointsOfA);
    b = controlPlane("b", endpoints);
    toA = connect(a);
    toB = connect(b);
    store = EtcdStore.open(EtcdOptions.of(endpoints).withTimeout(STORE_TIMEOUT));
    opened.push(store);
    sidecar("catalog", "catalog-0", a, b);
    sidecar("catalog", "catalog-1", b, a);
    frontend = sidecar("frontend", "frontend-0", a, b);
    throughFrontend =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", frontend.outboundPort())))
            .build();
    await().atMost(PATIENCE).until(() -> ready(toA) == 3 && ready(toB) == 3);
    await().atMost(PATIENCE).ignoreExceptions().until(() -> call().statusCode() == 200);
    for (int i = 0; i < 2; i++) {
      every(5, callers, this::callOnce);
    }
    for (int i = 0; i < WRITERS; i++) {
      String own = "w" + i;
      ManagedChannel to = i % 2 == 0 ? toA : toB;
      every(30, clients, () -> write(to, own));
      every(45, clients, () -> write(to, "shared"));
    }
    every(40, clients, () -> read(toA, "a"));
    every(40, clients, () -> read(toB, "b"));
    every(40, clients, this::readStore);
    getsOn();
  }

  /** Waits until requests and writes have gone on for a while. */
  void getsOn() {
    long requests = answered.get() + 200;
    long writes = history.acknowledgedWrites() + 30;
    long reads = history.reads() + 30;
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                answered.get() >= requests
                    && history.acknowledgedWrites() >= writes
                    && history.reads() >= reads);
  }

  /** Waits until requests, of which none needs the store, have gone on for a time. */
  void requestsGoOnFor(Duration time) {
    long begin = System.nanoTime();
    long requests = answered.get() + time.toMillis() / 20;
    await()
        .atMost(time.plus(PATIENCE))
        .until(() -> System.nanoTime() - begin > time.toNanos() && answered.get() >= requests);
  }

  /** No client writes or reads; what is under way has ended. Requests go on. */
  void quiet() {
    clientsMayCall = false;
    await().atMost(PATIENCE).until(() -> underWay.get() == 0);
  }

  /** Clients go on; without those who read the store past the control planes. */
  void clientsOfControlPlanesGoOn() {
    storeIsRead = false;
    clientsMayCall = true;
  }

  /** A document that no client writes again. */
  void writeOnce(String key) {
    long before = history.acknowledgedWrites();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              write(toB, key);
              return history.acknowledgedWrites() > before;
            });
  }

  boolean everyReplicaWithholds() {
    return withheld(toA) > 0 && withheld(toB) > 0;
  }

  int withheld() {
    return withheld(toA) + withheld(toB);
  }

  int portOfB() {
    return b.grpcPort();
  }

  /** Registry, sidecars and store are equal; no request failed; the history is as promised. */
  void isWhole() {
    quiet();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              Range range = store.range(DOCUMENTS).join();
              Map<String, String> stored = state(range);
              assertThat(state(list(toA))).isEqualTo(stored);
              assertThat(state(list(toB))).isEqualTo(stored);
              assertThat(withheld()).isZero();
              for (ManagedChannel each : List.of(toA, toB)) {
                assertThat(ready(each)).isEqualTo(3);
                assertThat(unsynced(each)).isEmpty();
                assertThat(addressesHeld()).containsAll(addresses(each));
              }
            });
    readStoreNow();
    readNow(toA, "a");
    readNow(toB, "b");
    callers.shutdown();
    await().atMost(PATIENCE).until(callers::isTerminated);
    assertThat(failures).as("of %s requests", answered.get()).isEmpty();
    assertThat(history.violations()).isEmpty();
  }

  @Override
  public void close() throws Exception {
    callers.shutdownNow();
    clients.shutdownNow();
    await().atMost(PATIENCE).until(() -> clients.isTerminated() && callers.isTerminated());
    throughFrontend.shutdownNow();
    direct.shutdownNow();
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
    serverThreads.shutdownNow();
  }

  private static void every(long millis, ScheduledExecutorService threads, Runnable task) {
    var _ = threads.scheduleWithFixedDelay(task, 0, millis, TimeUnit.MILLISECONDS);
  }

  private void callOnce() {
    try {
      HttpResponse<String> answer = call();
      if (answer.statusCode() == 200) {
        answered.incrementAndGet();
      } else {
        failures.add(answer.statusCode() + " " + answer.body());
      }
    } catch (IOException | InterruptedException e) {
      if (!callers.isShutdown()) {
        failures.add(e.toString());
      }
    }
  }

  private HttpResponse<String> call() throws IOException, InterruptedException {
    return throughFrontend.send(
        HttpRequest.newBuilder(URI.create("http://catalog/")).timeout(CALL_TIMEOUT).build(),
        BodyHandlers.ofString());
  }

  private void asClient(Runnable call) {
    underWay.incrementAndGet();
    try {
      if (clientsMayCall) {
        call.run();
      }
    } finally {
      underWay.decrementAndGet();
    }
  }

  private void write(ManagedChannel to, String key) {
    asClient(
        () -> {
          String value = String.valueOf(values.incrementAndGet());
          String manifest =
              """
              apiVersion: v1
              kind: Service
              metadata: {name: %s}
              spec: {ports: [{port: %s}]}
              """
                  .formatted(key, value);
          long begin = history.now();
          try {
            ApplyResponse response =
                PolicyServiceGrpc.newBlockingStub(to)
                    .withDeadlineAfter(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                    .apply(
                        ApplyRequest.newBuilder()
                            .addManifests(Manifest.newBuilder().setName("-").setContent(manifest))
                            .build());
            if (response.getErrorsCount() > 0) {
              failures.add(response.getErrors(0).getMessage());
            } else {
              history.acknowledged(key, value, response.getRevision(), begin);
            }
          } catch (StatusRuntimeException e) {
            history.unknown(key, value, begin);
          }
        });
  }

  private void read(ManagedChannel from, String session) {
    asClient(
        () -> {
          try {
            readNow(from, session);
          } catch (StatusRuntimeException e) {
            // That the replica does not answer is no wrong answer.
          }
        });
  }

  private void readNow(ManagedChannel from, String session) {
    long begin = history.now();
    ListResponse response = list(from);
    history.read(session, false, response.getRevision(), state(response), begin);
  }

  private void readStore() {
    asClient(
        () -> {
          try {
            if (storeIsRead) {
              readStoreNow();
            }
          } catch (CompletionException e) {
            // As above.
          }
        });
  }

  private void readStoreNow() {
    long begin = history.now();
    Range range = store.range(DOCUMENTS).join();
    history.read("store", true, range.revision(), state(range), begin);
  }

  private static ListResponse list(ManagedChannel from) {
    return PolicyServiceGrpc.newBlockingStub(from)
        .withDeadlineAfter(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
        .list(ListRequest.newBuilder().setKind("Service").build());
  }

  private static Map<String, String> state(ListResponse response) {
    Map<String, String> state = new TreeMap<>();
    for (Policy policy : response.getPoliciesList()) {
      state.put(policy.getKey().getName(), port(policy));
    }
    return state;
  }

  private static Map<String, String> state(Range range) {
    Map<String, String> state = new TreeMap<>();
    range
        .entries()
        .forEach(
            entry -> {
              try {
                state.put(
                    entry.key().substring(entry.key().lastIndexOf('/') + 1),
                    port(Policy.parseFrom(entry.value())));
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    return state;
  }

  private static String port(Policy policy) {
    Matcher found = PORT.matcher(policy.getJson());
    if (!found.find()) {
      throw new IllegalStateException("no port in " + policy.getJson());
    }
    return found.group(1);
  }

  private static int withheld(ManagedChannel at) {
    return RegistryServiceGrpc.newBlockingStub(at)
        .recover(RecoverRequest.getDefaultInstance())
        .getWithheld();
  }

  private static List<Instance> instances(ManagedChannel at) {
    return RegistryServiceGrpc.newBlockingStub(at)
        .listInstances(ListInstancesRequest.getDefaultInstance())
        .getInstancesList();
  }

  private static long ready(ManagedChannel at) {
    return instances(at).stream()
        .filter(instance -> instance.getReadiness() == Readiness.READY)
        .count();
  }

  private static Set<String> addresses(ManagedChannel at) {
    Set<String> found = new TreeSet<>();
    for (Instance instance : instances(at)) {
      if (instance.getService().equals("catalog")) {
        found.add(instance.getAddress() + ":" + instance.getPorts(0).getPort());
      }
    }
    return found;
  }

  private static List<String> unsynced(ManagedChannel at) {
    return MeshServiceGrpc.newBlockingStub(at)
        .listNodes(ListNodesRequest.getDefaultInstance())
        .getNodesList()
        .stream()
        .filter(node -> node.getState() != NodeStatus.SyncState.SYNCED)
        .map(node -> node.getNode().getId())
        .toList();
  }

  /** What the caller's sidecar would call. */
  private Set<String> addressesHeld() throws IOException, InterruptedException {
    String page =
        direct
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + frontend.adminPort() + "/clusters"))
                    .build(),
                BodyHandlers.ofString())
            .body();
    Set<String> found = new TreeSet<>();
    ADDRESS.matcher(page).results().forEach(each -> found.add(each.group(1)));
    return found;
  }

  private ControlPlane controlPlane(String id, String endpoints) {
    ControlPlaneOptions standard = ControlPlaneOptions.embedded(Path.of("unused"));
    ControlPlane started =
        ControlPlane.start(
            new ControlPlaneOptions(
                new StoreOptions.Etcd(EtcdOptions.of(endpoints).withTimeout(STORE_TIMEOUT)),
                standard.bind(),
                0,
                0,
                TTL,
                id,
                standard.clusterDomain(),
                standard.security(),
                standard.kubernetes()));
    opened.push(started);
    started.ready().join();
    return started;
  }

  private ManagedChannel connect(ControlPlane to) {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + to.grpcPort(), InsecureChannelCredentials.create())
            .build();
    opened.push(channel::shutdownNow);
    return channel;
  }

  private Sidecar sidecar(String service, String id, ControlPlane first, ControlPlane second)
      throws IOException {
    Sidecar started =
        Sidecar.start(
            SidecarOptions.parse(
                List.of(
                    "--node-id=" + id,
                    "--service=" + service,
                    "--control-plane=127.0.0.1:"
                        + first.grpcPort()
                        + ",127.0.0.1:"
                        + second.grpcPort(),
                    "--outbound-port=0",
                    "--inbound-port=0",
                    "--admin-port=0",
                    "--app-port=" + server(id)),
                Map.of()));
    opened.push(started);
    return started;
  }

  private int server(String id) throws IOException {
    HttpServer server = NamedApp.start(id, serverThreads);
    opened.push(() -> server.stop(0));
    return server.getAddress().getPort();
  }
}
