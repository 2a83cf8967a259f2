package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
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
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Two control planes on an etcd, sidecars through which calls are made all the time, clients that
 * write and read documents, instances that come and go, and the history of what these did and saw.
 */
final class MeshUnderLoad implements AutoCloseable {
  static final Duration TTL = Duration.ofSeconds(3);
  static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final String CALLED = "catalog";
  private static final int GUESTS = 3;
  private static final int READERS = 4;
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  private final ControlPlane a;
  private final ControlPlane b;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final ExecutorService serverThreads = SocketThreads.perTask();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private final PacedCalls writers = new PacedCalls(DocumentsUnderLoad.writes() + GUESTS, failures);
  private final PacedCalls readers = new PacedCalls(READERS, failures);
  private final PacedCalls storeReaders = new PacedCalls(2, failures);
  private final PacedCalls callers;
  private final ManagedChannel toA;
  private final ManagedChannel toB;
  private final DocumentsUnderLoad documents;
  private final InstancesUnderLoad instances;
  private final List<RecordedKind> kinds;
  private final Map<String, Sidecar> sidecars = new TreeMap<>();
  private final MeshEquality equality;

  /**
   * @param endpointsOfA where one control plane finds etcd
   * @param endpoints where the other one does, and the test
   */
  MeshUnderLoad(String endpointsOfA, String endpoints) throws IOException {
    a = controlPlane("a", endpointsOfA);
    b = controlPlane("b", endpoints);
    toA = connect(a);
    toB = connect(b);
    List<ManagedChannel> replicas = List.of(toA, toB);
    EtcdStore store = EtcdStore.open(EtcdOptions.of(endpoints).withTimeout(STORE_TIMEOUT));
    opened.push(store);
    sidecar(CALLED, "catalog-0", a, b);
    sidecar(CALLED, "catalog-1", b, a);
    sidecar("frontend", "frontend-0", a, b);
    sidecar("frontend", "frontend-1", b, a);
    await().atMost(PATIENCE).until(() -> replicas.stream().allMatch(this::ready));
    equality = new MeshEquality(replicas, sidecars, CALLED);
    opened.push(equality);
    GuestHeartbeats heartbeats = new GuestHeartbeats(replicas, TTL);
    opened.push(heartbeats);
    documents = new DocumentsUnderLoad(store, failures);
    instances = new InstancesUnderLoad(store, CALLED, heartbeats, failures);
    kinds = List.of(documents, instances);
    callers = new PacedCalls(sidecars.size(), failures);
    opened.push(callers);
    for (Sidecar each : sidecars.values()) {
      HttpClient client = clientThrough(each);
      await().atMost(PATIENCE).ignoreExceptions().until(() -> call(client).statusCode() == 200);
      callers.every(10, () -> callOnce(client));
    }
    opened.push(writers);
    opened.push(readers);
    opened.push(storeReaders);
    documents.begin(writers, replicas);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < GUESTS; i++) {
      ports.add(server("guest-" + i));
    }
    instances.begin(writers, replicas, CALLED, ports);
    for (RecordedKind kind : kinds) {
      readers.every(40, () -> kind.read(toA, "a"));
      readers.every(40, () -> kind.read(toB, "b"));
      storeReaders.every(40, kind::readStore);
    }
    getsOn();
  }

  /** Waits until requests, and writes and reads of every kind, have gone on for a while. */
  void getsOn() {
    requestsGoOn(200);
    for (RecordedKind kind : kinds) {
      long writes = kind.history.acknowledgedWrites() + 30;
      long reads = kind.history.reads() + 30;
      await()
          .atMost(PATIENCE)
          .until(
              () -> kind.history.acknowledgedWrites() >= writes && kind.history.reads() >= reads);
    }
  }

  /** Waits until requests, of which none needs the store, have gone on for a time. */
  void requestsGoOnFor(Duration time) {
    long begin = System.nanoTime();
    long requests = answered.get() + time.toMillis() / 20;
    await()
        .atMost(time.plus(PATIENCE))
        .until(() -> System.nanoTime() - begin > time.toNanos() && answered.get() >= requests);
  }

  private void requestsGoOn(long count) {
    long requests = answered.get() + count;
    await().atMost(PATIENCE).until(() -> answered.get() >= requests);
  }

  /** Instances are replaced by others and leave no more; returns when all are there. */
  void instancesStay() {
    instances.stay();
  }

  /** A document that no client writes again; every replica has it when this returns. */
  void writeOnce(String key) {
    await().atMost(PATIENCE).until(() -> documents.writeOnce(toB, key));
    await().atMost(PATIENCE).until(() -> documents.listed(toA).state().containsKey(key));
  }

  /** Nobody reads the store past the control planes any more. */
  void storeIsNotRead() {
    storeReaders.rest();
  }

  /** Writes go on, and it is not promised that they are kept; nobody reads. */
  void writesMayBeLost() {
    storeReaders.rest();
    readers.rest();
    writers.rest();
    kinds.forEach(RecordedKind::mayBeLost);
    writers.goOn();
  }

  /**
   * The store was set back: from here on writes are kept, and what the control planes say is read.
   */
  void writesAreKeptAgain() {
    writers.rest();
    kinds.forEach(RecordedKind::isKeptAgain);
    writers.goOn();
    kinds.forEach(RecordedKind::awaitWritten);
    readers.goOn();
  }

  boolean everyReplicaWithholds() {
    return MeshEquality.withheld(toA) > 0 && MeshEquality.withheld(toB) > 0;
  }

  int withheld() {
    return MeshEquality.withheld(toA) + MeshEquality.withheld(toB);
  }

  /** How many instances have been removed because nobody heard of them. */
  double reaped() {
    return Stream.of(a, b)
        .mapToDouble(each -> LinkedMesh.metric(each.metricsText(), "weft_reaper_removals_total"))
        .sum();
  }

  int portOfB() {
    return b.grpcPort();
  }

  /** Registry, sidecars and store are equal; no request failed; the history is as promised. */
  void isWhole() {
    writers.rest();
    readers.rest();
    storeReaders.rest();
    await().atMost(PATIENCE).untilAsserted(() -> equality.check(documents, instances));
    for (RecordedKind kind : kinds) {
      kind.readStoreNow();
      kind.readNow(toA, "a");
      kind.readNow(toB, "b");
    }
    callers.rest();
    assertThat(failures).as("of %s requests", answered.get()).isEmpty();
    for (RecordedKind kind : kinds) {
      assertThat(kind.history.violations()).isEmpty();
    }
  }

  @Override
  public void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
    serverThreads.shutdownNow();
  }

  private void callOnce(HttpClient client) {
    try {
      HttpResponse<String> answer = call(client);
      if (answer.statusCode() == 200) {
        answered.incrementAndGet();
      } else {
        failures.add(answer.statusCode() + " " + answer.body());
      }
    } catch (IOException e) {
      failures.add(e.toString());
    } catch (InterruptedException e) {
      // The end of the test.
      Thread.currentThread().interrupt();
    }
  }

  private static HttpResponse<String> call(HttpClient client)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://" + CALLED + "/")).timeout(CALL_TIMEOUT).build(),
        BodyHandlers.ofString());
  }

  private HttpClient clientThrough(Sidecar sidecar) {
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", sidecar.outboundPort())))
            .build();
    opened.push(client::shutdownNow);
    return client;
  }

  private boolean ready(ManagedChannel at) {
    return InstancesUnderLoad.allListed(at).stream()
            .filter(instance -> instance.getReadiness() == Readiness.READY)
            .count()
        == sidecars.size();
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

  private void sidecar(String service, String id, ControlPlane first, ControlPlane second)
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
    sidecars.put(id, started);
  }

  private int server(String id) throws IOException {
    HttpServer server = NamedApp.start(id, serverThreads);
    opened.push(() -> server.stop(0));
    return server.getAddress().getPort();
  }
}
