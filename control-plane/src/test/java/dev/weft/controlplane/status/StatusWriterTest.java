package dev.weft.controlplane.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.discovery.DiscoveryEngine;
import dev.weft.controlplane.discovery.DiscoveryOptions;
import dev.weft.controlplane.inforce.ReplicaReports;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RemovalMarks;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import dev.weft.controlplane.source.kubernetes.KubernetesSource;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands on the objects of a real cluster. */
@ClusterTest
class StatusWriterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Path CRD = Path.of("../deploy/k8s/base/crds/trafficpolicies.weft.dev.yaml");

  private static final String WEB =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {ports: [{name: http, port: 80}]}
      """;
  private static final String POLICY =
      """
      ---
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: %s}
      spec:
        targetRefs: [{kind: Service, name: web}]
        timeouts: {request: %s}
      """;

  private static final int STORM = 500;

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  @TempDir Path directory;

  /** What of a control plane has to do with statuses. */
  private record Replica(
      Store store,
      Registry registry,
      KubernetesClient client,
      KubernetesSource source,
      StatusWriter writer,
      ScheduledExecutorService ticker,
      DiscoveryEngine engine,
      Server server)
      implements AutoCloseable {
    static Replica start(Store bare, Cluster cluster, String name, MeterRegistry meters)
        throws IOException {
      var store = new RemovalMarks(bare);
      var registry = new Registry(store, PolicyReader.DOCUMENTS);
      registry.start().join();
      DiscoveryEngine engine =
          DiscoveryEngine.start(
              registry,
              new SimpleMeterRegistry(),
              DiscoveryOptions.DEFAULT,
              new PeerLimits(new SimpleMeterRegistry(), System::currentTimeMillis),
              name);
      String server = InProcessServerBuilder.generateName();
      var lease = new ReplicaLease(store, name, Duration.ofSeconds(10));
      ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor();
      ticker.scheduleWithFixedDelay(lease::tick, 0, 1, TimeUnit.SECONDS);
      KubernetesClient client = KubernetesAccess.open(cluster.kubeconfig());
      KubernetesSource source = KubernetesSource.start(store, registry, name, client);
      return new Replica(
          store,
          registry,
          client,
          source,
          StatusWriter.start(
              registry,
              source::term,
              client,
              name,
              new SidecarCounts(name, engine::inForce, new ReplicaReports(store, lease, meters)),
              meters),
          ticker,
          engine,
          InProcessServerBuilder.forName(server).addService(engine.service()).build().start());
    }

    Caller caller(String id, String... hosts) {
      return new Caller(server, id, hosts);
    }

    /** The store first: as if the process were gone, which gives nothing up. */
    @Override
    public void close() {
      ticker.shutdownNow();
      server.shutdownNow();
      engine.close();
      store.close();
      writer.close();
      source.close();
      registry.close();
      client.close();
    }
  }

  /** The control plane's side of a sidecar: confirms what it is sent, or refuses it. */
  private static final class Caller implements AutoCloseable, StreamObserver<DiscoveryResponse> {
    private final ManagedChannel channel;
    private final StreamObserver<DiscoveryRequest> requests;
    private volatile boolean refuses;

    Caller(Server server, String id, String... hosts) {
      var address = (InProcessSocketAddress) server.getListenSockets().getFirst();
      channel = InProcessChannelBuilder.forName(address.getName()).build();
      requests = DiscoveryServiceGrpc.newStub(channel).streamResources(this);
      var first = DiscoveryRequest.newBuilder().setNode(Node.newBuilder().setId(id));
      for (String host : hosts) {
        first.addSubscribe(
            ResourceName.newBuilder().setKind(ResourceKind.VIRTUAL_HOST).setName(host));
      }
      requests.onNext(first.build());
    }

    void refuses(boolean now) {
      refuses = now;
    }

    @Override
    public void onNext(DiscoveryResponse response) {
      var answer = DiscoveryRequest.newBuilder().setNonce(response.getNonce());
      response.getResourcesList().stream()
          .filter(each -> refuses && each.hasVirtualHost())
          .findFirst()
          .ifPresent(
              each ->
                  answer.setRejection(
                      Rejection.newBuilder()
                          .setResource(each.getName())
                          .setFieldPath("routes[0]")
                          .setMessage("is not for me")));
      requests.onNext(answer.build());
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  @BeforeEach
  void define(Cluster cluster) {
    cluster.define(CRD);
  }

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void aPolicySaysWhatBecameOfItAndSaysItOnce(Cluster cluster) throws IOException {
    cluster.awaitOthersGone();
    opened.push(Replica.start(EmbeddedStore.open(directory), cluster, "one", meters));
    cluster.apply(POLICY.formatted("slow", "10s"));
    until(() -> condition(cluster, "slow").startsWith("False TargetNotFound"));
    until(() -> cluster.kubectl("get", "events", "-o", "wide").contains("TargetNotFound"));

    cluster.apply(WEB);
    until(() -> condition(cluster, "slow").startsWith("True Accepted"));
    cluster.apply(POLICY.formatted("slower", "20s"));
    until(() -> condition(cluster, "slower").startsWith("False Conflicted"));
    assertThat(condition(cluster, "slower"))
        .contains("TrafficPolicy " + cluster.namespace() + "/slow");

    cluster.kubectl("delete", "trafficpolicy/slow");
    until(() -> condition(cluster, "slower").startsWith("True Accepted"));
    until(() -> condition(cluster, "slower").contains("True NotNeeded"));

    // What changes nothing of what is true is not written: the next change is the only one. Made in
    // the same second, the name decides which of two policies is in force: "slowest" comes last.
    double writes = writes();
    cluster.kubectl("annotate", "service/web", "example.com/note=other");
    cluster.apply(POLICY.formatted("slowest", "30s"));
    until(() -> condition(cluster, "slowest").startsWith("False Conflicted"));
    assertThat(writes()).isEqualTo(writes + 1);
  }

  @Test
  void aLeaderThatDiesInAStormLeavesStatusesThatTheNextOneEnds(Cluster cluster) throws IOException {
    EtcdServer etcd = EtcdServer.start();
    opened.push(etcd);
    Replica first = Replica.start(store(etcd), cluster, "one", meters);
    until(() -> first.source.term() != null);
    opened.push(Replica.start(store(etcd), cluster, "two", meters));
    cluster.apply(WEB);
    var storm = new StringBuilder();
    for (int i = 0; i < STORM; i++) {
      storm.append(POLICY.formatted("p-" + i, i + 1 + "s"));
    }
    Thread applying = Thread.ofVirtual().start(() -> cluster.apply(storm.toString()));
    until(() -> writes() > STORM / 10);
    first.close();

    until(
        () -> {
          String all =
              cluster.kubectl(
                  "get",
                  "trafficpolicies",
                  "-o",
                  "jsonpath={range .items[*]}{.status.ancestors[0].conditions[0].reason}{\"\\n\"}{end}");
          return all.lines().filter("Accepted"::equals).count() == 1
              && all.lines().filter("Conflicted"::equals).count() == STORM - 1;
        });
    until(() -> !applying.isAlive());
  }

  @Test
  void aPolicySaysInHowManySidecarsItIsAndWhoRefusesIt(Cluster cluster) throws IOException {
    EtcdServer etcd = EtcdServer.start();
    opened.push(etcd);
    Replica one = Replica.start(store(etcd), cluster, "one", meters);
    opened.push(one);
    until(() -> one.source.term() != null);
    Replica two = Replica.start(store(etcd), cluster, "two", meters);
    opened.push(two);
    until(() -> one.registry.current().replicas().size() == 2);
    cluster.apply(WEB);
    cluster.apply(POLICY.formatted("slow", "10s"));
    until(() -> condition(cluster, "slow").contains("True NotNeeded"));

    String host = cluster.namespace() + "/web:80";
    opened.push(one.caller("a", host));
    opened.push(one.caller("b", host, cluster.namespace() + "/web." + cluster.namespace()));
    Caller other = two.caller("c", host);
    opened.push(other);
    opened.push(two.caller("d", cluster.namespace() + "/elsewhere:80"));
    cluster.apply(POLICY.formatted("slow", "11s"));
    until(() -> condition(cluster, "slow").contains("True InForce It is in force in 3 of 3"));
    assertThat(condition(cluster, "slow")).contains("True Accepted");

    other.refuses(true);
    cluster.apply(POLICY.formatted("slow", "12s"));
    until(
        () ->
            condition(cluster, "slow")
                .contains(
                    "False Refused It is in force in 2 of 3 sidecars that need it; 1 refuses it and"
                        + " keeps what it had: c: VIRTUAL_HOST "
                        + host
                        + " routes[0] is not for me."));
    until(() -> events(cluster).contains("routes[0] is not for me"));
    assertThat(events(cluster).lines().filter(line -> line.contains("Refused"))).hasSize(1);

    other.refuses(false);
    cluster.apply(POLICY.formatted("slow", "13s"));
    until(() -> condition(cluster, "slow").contains("True InForce It is in force in 3 of 3"));

    // Nothing happens: nothing is written, to the API server or the store.
    var quiet = new AtomicReference<>("");
    var since = new AtomicLong();
    until(
        () -> {
          String now = writes() + " " + one.registry.current().revision();
          if (!now.equals(quiet.getAndSet(now))) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > Duration.ofSeconds(5).toNanos();
        });
  }

  @Test
  void sidecarsThatComeAndGoCauseFewWrites(Cluster cluster) throws IOException {
    cluster.awaitOthersGone();
    int policies = 50;
    Duration churn = Duration.ofSeconds(30);
    Replica one = Replica.start(EmbeddedStore.open(directory), cluster, "one", meters);
    opened.push(one);
    var all = new StringBuilder();
    var hosts = new ArrayList<String>();
    for (int i = 0; i < policies; i++) {
      String service = "web-" + i;
      all.append("---\n").append(WEB.replace("name: web", "name: " + service));
      all.append(POLICY.formatted("p-" + i, "1s").replace("name: web", "name: " + service));
      hosts.add(cluster.namespace() + '/' + service + ":80");
    }
    cluster.apply(all.toString());
    until(
        () ->
            conditions(cluster).lines().filter(each -> each.equals("Accepted NotNeeded")).count()
                == policies);
    double before = writes();
    long begin = System.nanoTime();
    Deque<Caller> callers = new ArrayDeque<>();
    int[] started = new int[1];
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              callers.add(one.caller("caller-" + started[0]++, hosts.toArray(String[]::new)));
              if (callers.size() > 20) {
                callers.pop().close();
              }
              return System.nanoTime() - begin > churn.toNanos();
            });
    callers.forEach(Caller::close);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double made = writes() - before;
    System.getLogger("test")
        .log(
            System.Logger.Level.INFO,
            "{0} sidecars came to {1} policies in {2} s: {3} writes",
            started[0],
            policies,
            seconds,
            made);
    // Each was needed for the first time; and however slowly sidecars answer here, it is no storm.
    assertThat(made).isBetween((double) policies, StatusWriter.COUNTS_PER_SECOND * (seconds + 1));
  }

  private static String conditions(Cluster cluster) {
    return cluster.kubectl(
        "get",
        "trafficpolicies",
        "-o",
        "jsonpath={range .items[*]}{.status.ancestors[*].conditions[*].reason}{\"\\n\"}{end}");
  }

  private static String events(Cluster cluster) {
    return cluster.kubectl("get", "events", "-o", "wide");
  }

  private static Store store(EtcdServer etcd) {
    return EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5)));
  }

  private double writes() {
    return meters.counter("weft.status.writes").count();
  }

  private static String condition(Cluster cluster, String policy) {
    return cluster.field(
        "trafficpolicy/" + policy,
        "{range .status.ancestors[*].conditions[*]}{.status} {.reason} {.message}{end}");
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(PATIENCE).until(condition);
  }
}
