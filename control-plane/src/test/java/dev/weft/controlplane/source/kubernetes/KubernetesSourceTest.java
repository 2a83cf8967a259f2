package dev.weft.controlplane.source.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdStore;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real cluster has, and what of it is in the store. */
@ClusterTest
class KubernetesSourceTest {
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** How long things happen after a definition was changed, and how soon they are known then. */
  private static final Duration CHANGE = Duration.ofSeconds(8);

  private static final Duration SOON = Duration.ofSeconds(30);

  private static final String POLICY =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: %s}
      spec: {targetRefs: [{kind: Service, name: catalog}], timeouts: {request: 1s}}
      """;

  private static final String CATALOG =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: catalog, annotations: {weft.dev/note: ours, example.com/note: theirs}}
      spec:
        ports: [{name: http, port: 80, targetPort: 8080, appProtocol: http}]
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: catalog-0
        labels: {app: catalog, version: v1}
        annotations: {weft.dev/status: injected}
      spec:
        # Never scheduled: it is there to be pointed at.
        schedulingGates: [{name: weft.dev/test}]
        containers: [{name: app, image: catalog}]
      """;

  private static final String SLICE =
      """
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata: {name: catalog-x, labels: {kubernetes.io/service-name: catalog}}
      addressType: IPv4
      ports: [{name: http, port: 8080, protocol: TCP}]
      endpoints:
      - addresses: [192.0.2.7]
        conditions: {ready: %s, serving: true, terminating: %s}
        zone: east-1
        hints: {forZones: [{name: east-1}]}
        targetRef: {kind: Pod, name: catalog-0, uid: %s}
      """;

  @TempDir Path directory;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void whatIsAppliedIsStoredAndWhatIsDeletedGoes(Cluster cluster) {
    FollowedCluster followed = follow(cluster);
    cluster.apply(CATALOG);
    String uid = cluster.field("pod/catalog-0", "{.metadata.uid}");
    cluster.apply(SLICE.formatted("true", "false", uid));
    until(() -> followed.endpoints("catalog").stream().anyMatch(ServiceEndpoint::getSidecar));
    until(() -> followed.document("Service", "catalog").isPresent());

    Policy service = followed.document("Service", "catalog").orElseThrow();
    assertThat(service.getJson())
        .contains("\"weft.dev/note\":\"ours\"", "\"clusterIPs\":[\"")
        .doesNotContain("theirs", "managedFields", "status");
    assertThat(service.getChangedAtMillis()).isPositive();
    ServiceEndpoint endpoint = followed.endpoints("catalog").getFirst();
    assertThat(endpoint.getId()).isEqualTo("catalog-0");
    assertThat(endpoint.getIncarnation()).isEqualTo(uid);
    assertThat(endpoint.getReady()).isTrue();
    assertThat(endpoint.getLocality().getZone()).isEqualTo("east-1");
    assertThat(endpoint.getForZonesList()).containsExactly("east-1");
    assertThat(endpoint.getServiceAccount()).isEqualTo("default");
    assertThat(endpoint.getLabelsMap()).containsEntry("version", "v1");

    cluster.apply(SLICE.formatted("false", "true", uid));
    until(() -> followed.endpoints("catalog").getFirst().getTerminating());
    assertThat(followed.endpoints("catalog").getFirst().getReady()).isFalse();
    cluster.kubectl("label", "pod/catalog-0", "--overwrite", "version=v2");
    until(
        () -> "v2".equals(followed.endpoints("catalog").getFirst().getLabelsMap().get("version")));

    // What nobody reads is not written: the next change is the only one.
    String before = followed.document("Service", "catalog").orElseThrow().toString();
    cluster.kubectl("annotate", "service/catalog", "--overwrite", "example.com/note=other");
    cluster.kubectl("create", "service", "clusterip", "later", "--tcp=80");
    until(() -> followed.services().contains("later"));
    assertThat(followed.document("Service", "catalog").orElseThrow().toString()).isEqualTo(before);

    cluster.kubectl("delete", "service/catalog", "endpointslice/catalog-x", "--wait=false");
    until(() -> !followed.services().contains("catalog"));
    until(() -> followed.endpoints("catalog").isEmpty());
    assertThat(followed.source.status().problems()).isEmpty();
    assertThat(followed.source.status().synced()).isTrue();
  }

  @Test
  void aPodIsReadyThenTerminatingThenGone(Cluster cluster) {
    FollowedCluster followed = follow(cluster);
    cluster.apply(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web-0, labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 20
          containers:
          - name: app
            image: %s
            command: [sh, -c, 'mkdir /w; trap "" TERM; while :; do sleep 1; done']
            readinessProbe: {exec: {command: [test, -e, /w/ready]}, periodSeconds: 1}
        """
            .formatted(cluster.busybox()));
    until(() -> followed.endpoints("web").size() == 1);
    assertThat(followed.endpoints("web").getFirst().getReady()).isFalse();
    cluster.await("pod/web-0", "jsonpath={.status.containerStatuses[0].started}=true");
    cluster.kubectl("exec", "web-0", "--", "touch", "/w/ready");
    until(() -> followed.endpoints("web").getFirst().getReady());
    assertThat(followed.endpoints("web").getFirst().getNode())
        .isEqualTo(cluster.field("pod/web-0", "{.spec.nodeName}"));

    cluster.kubectl("delete", "pod/web-0", "--wait=false");
    until(() -> followed.endpoints("web").stream().anyMatch(ServiceEndpoint::getTerminating));
    ServiceEndpoint leaving = followed.endpoints("web").getFirst();
    assertThat(leaving.getReady()).isFalse();
    assertThat(leaving.getServing()).isTrue();
    cluster.kubectl("delete", "pod/web-0", "--wait=false", "--grace-period=0", "--force");
    until(() -> followed.endpoints("web").isEmpty());
  }

  @Test
  void aKindThatIsInstalledLaterIsTakenThen(Cluster cluster) {
    String definition = "customresourcedefinition/trafficpolicies.weft.dev";
    assumeTrue(
        cluster.everywhere("get", definition, "--ignore-not-found").isEmpty(),
        "the cluster has TrafficPolicy already");
    FollowedCluster followed = follow(cluster);
    assertThat(followed.source.status().synced()).isTrue();
    cluster.apply(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: trafficpolicies.weft.dev}
        spec:
          group: weft.dev
          scope: Namespaced
          names: {kind: TrafficPolicy, plural: trafficpolicies, singular: trafficpolicy}
          versions:
          - name: v1alpha1
            served: true
            storage: true
            schema:
              openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """);
    opened.push(
        () -> cluster.everywhere("delete", definition, "--wait=false", "--ignore-not-found"));
    cluster.everywhere("wait", definition, "--for=condition=Established", "--timeout=60s");
    cluster.apply(
        """
        apiVersion: weft.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: one}
        spec: {targetRefs: [{kind: Service, name: catalog}], future: [1]}
        """);
    until(() -> followed.document("TrafficPolicy", "one").isPresent());

    cluster.everywhere("delete", definition, "--wait=false");
    until(() -> followed.document("TrafficPolicy", "one").isEmpty());
  }

  @Test
  void aKindWhoseDefinitionChangesIsFollowedOn(Cluster cluster) {
    String definition = "customresourcedefinition/trafficpolicies.weft.dev";
    if (cluster.everywhere("get", definition, "--ignore-not-found").isEmpty()) {
      opened.push(() -> cluster.everywhere("delete", definition, "--ignore-not-found"));
    }
    cluster.define(Path.of("../deploy/k8s/base/crds/trafficpolicies.weft.dev.yaml"));
    FollowedCluster followed = follow(cluster);
    cluster.apply(POLICY.formatted("before"));
    until(() -> followed.document("TrafficPolicy", "before").isPresent());

    cluster.everywhere(
        "patch",
        definition,
        "--type=json",
        "--patch=[{op: add, path: /spec/versions/0/schema/openAPIV3Schema/description, value:"
            + " Changed "
            + System.currentTimeMillis()
            + "}]");
    // The API server serves the old and the new form side by side for a moment: told of at any time
    // after the change, all are heard of soon.
    long changed = System.nanoTime();
    Deque<String> told = new ArrayDeque<>();
    while (System.nanoTime() - changed < CHANGE.toNanos()) {
      String name = "after-" + told.size();
      // For a moment it may serve none.
      await()
          .ignoreException(IllegalStateException.class)
          .until(
              () -> {
                cluster.apply(POLICY.formatted(name));
                return true;
              });
      told.push(name);
    }
    await()
        .atMost(SOON)
        .until(() -> told.stream().allMatch(each -> known(followed, "TrafficPolicy", each)));
  }

  private static boolean known(FollowedCluster followed, String kind, String name) {
    return followed.document(kind, name).isPresent();
  }

  @Test
  void whileTheApiServerIsAwayNothingChangesAndThenAllIsThere(Cluster cluster) {
    cluster.awaitOthersGone();
    FollowedCluster followed = follow(cluster);
    cluster.apply(CATALOG);
    until(() -> followed.services().contains("catalog"));
    long writes = followed.source.writes();

    assumeTrue(cluster.killApiServer(), "the API server does not run on this machine");
    until(() -> !followed.source.status().problems().isEmpty());
    assertThat(followed.source.status().problems().toString()).contains("API server");
    assertThat(followed.source.writes()).isEqualTo(writes);
    assertThat(followed.services()).contains("catalog");

    until(() -> followed.source.status().problems().isEmpty());
    await()
        .atMost(PATIENCE)
        .ignoreException(IllegalStateException.class)
        .until(
            () -> {
              cluster.kubectl("delete", "service/catalog", "--ignore-not-found", "--wait=false");
              return true;
            });
    until(() -> !followed.services().contains("catalog"));
  }

  @Test
  void theNextLeaderFinishesWhatAKilledOneBegan(Cluster cluster) {
    EtcdServer etcd = EtcdServer.start();
    opened.push(etcd);
    FollowedCluster a = new FollowedCluster(store(etcd), "a", cluster).awaitLead();
    Store second = store(etcd);
    opened.push(second);
    FollowedCluster b = new FollowedCluster(second, "b", cluster);
    opened.push(b);
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      many.append(
          """
          ---
          apiVersion: v1
          kind: Service
          metadata: {name: s%d}
          spec: {clusterIP: None, ports: [{port: 80}]}
          """
              .formatted(i));
    }
    Thread applying = Thread.ofVirtual().start(() -> cluster.apply(many.toString()));
    until(() -> b.services().size() > 20);
    assertThat(b.source.term()).isNull();
    a.die();
    long killed = System.nanoTime();
    b.awaitLead();
    assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(15));
    cluster.kubectl("delete", "service/s0", "--ignore-not-found", "--wait=false");
    until(() -> !applying.isAlive());
    cluster.kubectl("delete", "service/s0", "--ignore-not-found", "--wait=false");
    until(() -> b.services().size() == 199 && !b.services().contains("s0"));
    assertThat(b.source.writes()).isPositive();
  }

  @Test
  void aReplicaThatEndsHandsOver(Cluster cluster) {
    FollowedCluster a = follow(cluster);
    FollowedCluster b = new FollowedCluster(a.store, "b", cluster);
    opened.push(b);
    until(() -> b.source.status().synced());
    assertThat(b.source.term()).isNull();

    a.source.retire();
    b.awaitLead();
    cluster.kubectl("create", "service", "clusterip", "later", "--tcp=80");
    until(() -> b.services().contains("later"));
    assertThat(b.source.writes()).isPositive();
  }

  @Test
  void whatARoleLacksIsToldAndTheRestGoesOn(Cluster cluster) throws Exception {
    String name = cluster.namespace();
    cluster.kubectl("create", "serviceaccount", "reader");
    cluster.everywhere(
        "create",
        "clusterrole",
        name,
        "--verb=get,list,watch",
        "--resource=services,pods,endpointslices.discovery.k8s.io");
    opened.push(() -> cluster.everywhere("delete", "clusterrole,clusterrolebinding", name));
    cluster.everywhere(
        "create",
        "clusterrolebinding",
        name,
        "--clusterrole=" + name,
        "--serviceaccount=" + name + ":reader");
    Store store = EmbeddedStore.open(directory.resolve("store"));
    opened.push(store);
    FollowedCluster followed = new FollowedCluster(store, "a", cluster, asReader(cluster));
    opened.push(followed);
    cluster.apply(CATALOG);

    until(() -> followed.services().contains("catalog"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(followed.source.status().problems())
                    .anyMatch(
                        problem ->
                            problem.startsWith("nodes cannot be read")
                                && problem.contains("lacks get, list and watch on nodes")
                                && problem.contains(name + ":reader")));

    cluster.everywhere(
        "create",
        "clusterrolebinding",
        name + "-view",
        "--clusterrole=cluster-admin",
        "--serviceaccount=" + name + ":reader");
    opened.push(() -> cluster.everywhere("delete", "clusterrolebinding", name + "-view"));
    until(() -> followed.source.status().problems().isEmpty());
    assertThat(followed.source.status().synced()).isTrue();
  }

  private Path asReader(Cluster cluster) throws Exception {
    String token = cluster.kubectl("create", "token", "reader").strip();
    String server = config(cluster, "{.clusters[0].cluster.server}");
    String ca = config(cluster, "{.clusters[0].cluster.certificate-authority-data}");
    return Files.writeString(
        directory.resolve("reader.kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "%s", certificate-authority-data: "%s"}}]
        users: [{name: reader, user: {token: "%s"}}]
        contexts: [{name: c, context: {cluster: c, user: reader}}]
        current-context: c
        """
            .formatted(server, ca, token));
  }

  private static String config(Cluster cluster, String jsonPath) {
    return cluster.everywhere(
        "config", "view", "--raw", "--minify", "--flatten", "-o", "jsonpath=" + jsonPath);
  }

  private FollowedCluster follow(Cluster cluster) {
    Store store = EmbeddedStore.open(directory.resolve("store"));
    opened.push(store);
    FollowedCluster followed = new FollowedCluster(store, "a", cluster);
    opened.push(followed);
    return followed.awaitLead();
  }

  private static Store store(EtcdServer etcd) {
    return EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5)));
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(PATIENCE).until(condition);
  }
}
