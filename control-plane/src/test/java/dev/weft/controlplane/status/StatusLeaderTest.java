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
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import dev.weft.controlplane.source.kubernetes.KubernetesSource;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who does not lead, or no longer, leaves the objects of a real cluster alone. */
@ClusterTest
class StatusLeaderTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Path CRD = Path.of("../deploy/k8s/base/crds/trafficpolicies.weft.dev.yaml");
  private static final int POLICIES = 10;

  /** Of a Service that is not there, so that there is something to say of each at once. */
  private static final String POLICY =
      """
      ---
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: p-%d}
      spec:
        targetRefs: [{kind: Service, name: nowhere}]
        timeouts: {request: 1s}
      """;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /** A replica with what writes statuses, which may be told another term than its source has. */
  private static final class Replica implements AutoCloseable {
    final MeterRegistry meters = new SimpleMeterRegistry();

    /** How often its writer has asked whether it leads: at least once in each of its turns. */
    final AtomicLong asked = new AtomicLong();

    final Registry registry;
    final KubernetesSource source;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    /**
     * @param speaks of what its source leads by, whether the writer hears of it
     */
    Replica(Cluster cluster, EtcdServer etcd, String name, Predicate<Replica> speaks)
        throws IOException {
      KubernetesClient client = KubernetesAccess.open(cluster.kubeconfig());
      parts.push(client);
      Store store =
          new RemovalMarks(
              EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5))));
      registry = new Registry(store, PolicyReader.DOCUMENTS);
      registry.start().join();
      parts.push(registry);
      source = KubernetesSource.start(store, registry, name, client);
      parts.push(source);
      var limits = new PeerLimits(meters, System::currentTimeMillis);
      DiscoveryEngine engine =
          DiscoveryEngine.start(registry, meters, DiscoveryOptions.DEFAULT, limits, name);
      var lease = new ReplicaLease(store, name, Duration.ofSeconds(10));
      parts.push(
          StatusWriter.start(
              registry,
              () -> term(speaks),
              client,
              name,
              new SidecarCounts(name, engine::inForce, new ReplicaReports(store, lease, meters)),
              meters));
      parts.push(engine);
      // First of all to be closed, as if the process were gone: it gives nothing up.
      parts.push(store);
    }

    private @Nullable Object term(Predicate<Replica> speaks) {
      asked.incrementAndGet();
      return speaks.test(this) ? source.term() : null;
    }

    long writes() {
      return (long) meters.counter("weft.status.writes").count();
    }

    /** Waits until the writer has looked, whatever it made of that. */
    void awaitTurns() {
      long before = asked.get();
      until(() -> asked.get() >= before + 3);
    }

    boolean knowsAll(String namespace) {
      return registry.current().policies(Kinds.TRAFFIC_POLICY, namespace).size() == POLICIES;
    }

    @Override
    public void close() throws Exception {
      while (!parts.isEmpty()) {
        parts.pop().close();
      }
    }
  }

  @BeforeEach
  void define(Cluster cluster) {
    cluster.awaitOthersGone();
    cluster.define(CRD);
  }

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void whoDoesNotLeadWritesNothingUntilItDoes(Cluster cluster) throws Exception {
    EtcdServer etcd = open(EtcdServer.start());
    // The one that leads is silent here, so that a word of anybody is the other's.
    Replica leads = open(new Replica(cluster, etcd, "one", replica -> false));
    until(() -> leads.source.term() != null);
    Replica follows = open(new Replica(cluster, etcd, "two", replica -> true));
    applyPolicies(cluster);
    until(() -> follows.knowsAll(cluster.namespace()));

    follows.awaitTurns();

    assertThat(follows.source.term()).isNull();
    assertThat(follows.writes()).isZero();
    assertThat(said(cluster)).isZero();

    leads.close();
    until(() -> said(cluster) == POLICIES);
    assertThat(follows.source.term()).isNotNull();
    assertThat(follows.writes()).isGreaterThanOrEqualTo(POLICIES);
  }

  @Test
  void whoseTermEndsBetweenTwoObjectsLeavesTheSecondAlone(Cluster cluster) throws Exception {
    EtcdServer etcd = open(EtcdServer.start());
    var mayWrite = new AtomicLong();
    Replica replica =
        open(new Replica(cluster, etcd, "one", each -> each.writes() < mayWrite.get()));
    applyPolicies(cluster);
    until(() -> replica.source.term() != null && replica.knowsAll(cluster.namespace()));
    replica.awaitTurns();
    assertThat(said(cluster)).isZero();

    mayWrite.set(3);
    until(() -> replica.writes() >= 3);
    replica.awaitTurns();

    assertThat(replica.writes()).isEqualTo(3);
    assertThat(said(cluster)).isLessThanOrEqualTo(3);

    mayWrite.set(Long.MAX_VALUE);
    until(() -> said(cluster) == POLICIES);
  }

  private <T extends AutoCloseable> T open(T part) {
    opened.push(part);
    return part;
  }

  private static void applyPolicies(Cluster cluster) {
    var all = new StringBuilder();
    for (int i = 0; i < POLICIES; i++) {
      all.append(POLICY.formatted(i));
    }
    cluster.apply(all.toString());
  }

  /** Of how many policies something is said. */
  private static long said(Cluster cluster) {
    return cluster
        .kubectl(
            "get",
            "trafficpolicies",
            "-o",
            "jsonpath={range .items[*]}{.status.ancestors[0].conditions[0].reason}{\"\\n\"}{end}")
        .lines()
        .filter("TargetNotFound"::equals)
        .count();
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(PATIENCE).until(condition);
  }
}
