package dev.weft.controlplane.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import dev.weft.controlplane.source.kubernetes.KubernetesSource;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
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
      StatusWriter writer)
      implements AutoCloseable {
    static Replica start(Store store, Cluster cluster, String name, MeterRegistry meters) {
      var registry = new Registry(store, PolicyReader.DOCUMENTS);
      registry.start().join();
      KubernetesClient client = KubernetesAccess.open(cluster.kubeconfig());
      KubernetesSource source = KubernetesSource.start(store, registry, name, client);
      return new Replica(
          store,
          registry,
          client,
          source,
          StatusWriter.start(registry, source::term, client, name, meters));
    }

    /** The store first: as if the process were gone, which gives nothing up. */
    @Override
    public void close() {
      store.close();
      writer.close();
      source.close();
      registry.close();
      client.close();
    }
  }

  @BeforeEach
  void define(Cluster cluster) {
    cluster.applyFile(CRD);
    cluster.everywhere(
        "wait", "crd/trafficpolicies.weft.dev", "--for=condition=Established", "--timeout=60s");
  }

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void aPolicySaysWhatBecameOfItAndSaysItOnce(Cluster cluster) {
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

    // What changes nothing of what is true is not written: the next change is the only one. Made in
    // the same second, the name decides which of two policies is in force: "slowest" comes last.
    double writes = writes();
    cluster.kubectl("annotate", "service/web", "example.com/note=other");
    cluster.apply(POLICY.formatted("slowest", "30s"));
    until(() -> condition(cluster, "slowest").startsWith("False Conflicted"));
    assertThat(writes()).isEqualTo(writes + 1);
  }

  @Test
  void aLeaderThatDiesInAStormLeavesStatusesThatTheNextOneEnds(Cluster cluster) {
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
    assertThat(applying.isAlive()).isFalse();
  }

  private static Store store(EtcdServer etcd) {
    return EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(2)));
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
