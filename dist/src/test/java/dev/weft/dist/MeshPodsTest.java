package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.dist.PeerPod.Answer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods of the mesh by their own names and addresses, as StatefulSets and headless Services have it,
 * and what a pod may do in its first instant.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MeshPodsTest {
  private static final List<String> REPLICAS = List.of("db-0", "db-1");
  private static final int FIRST_PODS = 3;

  private static final String NEVER_READY =
      """
      hostname: late
      subdomain: late
      readinessGates: [{conditionType: weft.test/never}]
      """;

  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: db}
      spec:
        clusterIP: None
        selector: {app: db}
        ports:
          - {name: http, port: 8080}
          - {name: greeter, port: 2525, appProtocol: tcp}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: bare}
      spec: {clusterIP: None, selector: {app: db}, ports: [{port: 8080}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: portless}
      spec: {clusterIP: None, selector: {app: db}}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: late}
      spec:
        clusterIP: None
        publishNotReadyAddresses: true
        selector: {app: late}
        ports: [{port: 8080}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: server}
      spec: {selector: {app: db}, ports: [{name: http, port: 80, targetPort: 8080}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: self}
      spec: {selector: {app: client}, ports: [{name: http, port: 80, targetPort: 8080}]}
      ---
      """;

  private static final String STATEFUL_SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db}
      spec:
        serviceName: db
        replicas: 2
        podManagementPolicy: Parallel
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}}
          spec:
      %s
      ---
      """;

  /** One request each, at once, never sent again: by an init container, and by the application. */
  private static final String FIRST =
      """
      apiVersion: batch/v1
      kind: Job
      metadata: {name: first}
      spec:
        completions: %1$d
        parallelism: %1$d
        backoffLimit: 0
        template:
          spec:
            restartPolicy: Never
            initContainers:
              - name: before
                image: %2$s
                imagePullPolicy: IfNotPresent
                command: [curl, -sS, --fail, --max-time, "20", "http://server/"]
            containers:
              - name: first
                image: %2$s
                imagePullPolicy: IfNotPresent
                command: [curl, -sS, --fail, --max-time, "20", "http://server/", "http://db-0.db:8080/"]
      """;

  private Cluster cluster;
  private InstalledMesh mesh;
  private PeerPod client;

  @BeforeAll
  void begin(Cluster cluster, InstalledMesh mesh, @TempDir Path folder) throws Exception {
    PeerPod.load(mesh, folder);
    mesh.join(cluster);
    this.cluster = cluster;
    this.mesh = mesh;
    client = pod("client");
    cluster.apply(
        SERVICES
            + PeerPod.config("db", PeerPod.HTTP, "")
            + STATEFUL_SET.formatted(
                PeerPod.podSpec(cluster, "db", PeerPod.HTTP).indent(6).stripTrailing())
            + PeerPod.manifest(cluster, "late", PeerPod.HTTP, NEVER_READY, "")
            + PeerPod.manifest(cluster, "client"));
    client.awaitReady();
    cluster.await("pod/late", "condition=ContainersReady");
    cluster.kubectl("rollout", "status", "statefulset/db", "--timeout=120s");
  }

  @Test
  void aPodsNameLeadsToThatPodAlone() {
    for (String replica : REPLICAS) {
      for (int i = 0; i < 5; i++) {
        Answer answer = client.ask("http://" + replica + ".db:8080/");
        assertThat(answer.pod()).isEqualTo(replica);
        assertThat(answer.passedASidecar()).isTrue();
        assertThat(answer.host()).isEqualTo(replica + ".db:8080");
      }
    }
  }

  @Test
  void aPodsAddressLeadsToThatPodAlone() {
    for (String replica : REPLICAS) {
      String address = pod(replica).address();
      assertThat(client.ask("http://" + address + ":8080/").pod()).isEqualTo(replica);
      // By whatever host, and at a port that no Service names.
      assertThat(client.ask("http://" + address + ":8080/", "-H", "Host: db-9.db").pod())
          .isEqualTo(replica);
      assertThat(client.echo(address)).isEqualTo("hello");
    }
  }

  /** With names of ports, with a port without a name, and without a port at all. */
  @Test
  void aHeadlessServicesNameLeadsToOneOfItsPods() {
    for (String service : List.of("db", "bare", "portless")) {
      for (int i = 0; i < 5; i++) {
        assertThat(client.ask("http://" + service + ":8080/").pod()).as(service).isIn(REPLICAS);
      }
    }
  }

  /** Of {@code db} the port is declared; the Service {@code late} does not name it. */
  @Test
  void aServerThatSpeaksFirstDoesSoDeclaredOrNot() {
    for (String host : List.of("db-0.db", "db-1.db", "late.late")) {
      assertThat(client.greeting(host, PeerPod.GREETER))
          .isEqualTo("220 " + host.substring(0, host.indexOf('.')));
    }
  }

  @Test
  void aPodThatIsNotReadyIsReachedWhereItsServicePublishesIt() {
    assertThat(cluster.field("pod/late", "{.status.conditions[?(@.type==\"Ready\")].status}"))
        .isEqualTo("False");
    for (String host : List.of("late.late", "late")) {
      Answer answer = client.ask("http://" + host + ":8080/");
      assertThat(answer.pod()).isEqualTo("late");
      assertThat(answer.passedASidecar()).isTrue();
    }
  }

  @Test
  void aPodReachesItselfByEachOfItsNames() {
    String service = cluster.field("service/self", "{.spec.clusterIP}");
    for (String at : List.of("self", service, client.address() + ":8080", "localhost:8080")) {
      assertThat(client.ask("http://" + at + "/").pod()).as(at).isEqualTo("client");
    }
    assertThat(client.echo(client.address())).isEqualTo("hello");
  }

  @Test
  void membersCallEachOtherAndThemselves() {
    for (String from : REPLICAS) {
      for (String to : REPLICAS) {
        assertThat(pod(from).ask("http://" + to + ".db:8080/").pod()).isEqualTo(to);
        assertThat(pod(from).echo(to + ".db")).isEqualTo("hello");
      }
    }
  }

  @Test
  void aPodThatComesBackWithAnotherAddressIsFound() {
    String before = pod("db-1").address();
    cluster.kubectl("delete", "pod", "db-1", "--timeout=60s");
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> !cluster.field("pod/db-1", "{.status.podIP}").isEmpty());
    cluster.await("pod/db-1", "condition=Ready");
    assertThat(pod("db-1").address()).isNotEqualTo(before);
    // The cluster's DNS remembers the old address for some seconds.
    await()
        .atMost(InstalledMesh.PATIENCE)
        .ignoreExceptions()
        .until(() -> client.ask("http://db-1.db:8080/").pod().equals("db-1"));
  }

  @Test
  void theFirstRequestOfAPodsFirstInstantIsServed() {
    cluster.apply(FIRST.formatted(FIRST_PODS, PeerPod.IMAGE));
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(
            () ->
                !cluster
                    .field("job/first", "{.status.conditions[?(@.status==\"True\")].type}")
                    .isEmpty());
    for (String container : List.of("before", "first")) {
      String logs =
          cluster.kubectl("logs", "--selector=job-name=first", "-c", container, "--tail=-1");
      assertThat(cluster.field("job/first", "{.status.succeeded}"))
          .as(logs)
          .isEqualTo(Integer.toString(FIRST_PODS));
      assertThat(logs.lines().filter(line -> line.contains("|00-")))
          .as("through the sidecar: " + logs)
          .hasSize(FIRST_PODS * (container.equals("first") ? 2 : 1));
    }
  }

  @Test
  void whatASidecarWasGivenAndHasInForceAndLogsIsShownToAPerson() {
    assertThat(client.ask("http://server/").pod()).isIn(REPLICAS);
    String pod = "client." + cluster.namespace();
    String name = "server." + cluster.namespace() + ":80";

    assertThat(mesh.weft("config", pod))
        .containsPattern("CLUSTER +" + Pattern.quote(name) + " ")
        .containsPattern("resources of client at revision [1-9]");
    assertThat(mesh.weft("config", pod, "--live"))
        .contains("\"id\": \"client\"", "\"connected\": true", "\"name\": \"" + name + "\"");
    assertThat(mesh.weft("logs", pod)).contains("connected to control plane ");
    assertThat(mesh.weft("logs", pod, "--tail", "1").lines()).hasSize(1);
  }

  private PeerPod pod(String name) {
    return new PeerPod(cluster, name);
  }
}
