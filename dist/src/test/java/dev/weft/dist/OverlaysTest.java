package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Every overlay becomes Ready in the cluster, serves, and leaves nothing behind. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@Tag("long")
final class OverlaysTest {
  private static final String SYSTEM = "--namespace=weft-system";
  private static final String ETCD = "weft.test/etcd:1";
  private static final int MEMBERS = 3;
  private static final String MEMBERS_OF_ETCD = "app.kubernetes.io/name=weft-etcd";
  private static final String MEMBER = "weft-etcd-0.weft-etcd.weft-system.svc";
  private static final String CONTROL_PLANES = "app.kubernetes.io/name=weft-control-plane";

  @TempDir Path folder;

  @AfterEach
  void installAsBefore(InstalledMesh mesh) {
    mesh.install();
  }

  @Test
  void oneReplicaForTryingOut(Cluster cluster, InstalledMesh mesh) throws Exception {
    mesh.uninstall();
    mesh.install(overlay(cluster, "try"));

    Shop shop = Shop.open(cluster, mesh);
    shop.losesNothingBy(mesh::restartControlPlane);

    mesh.uninstall("--overlay", "try");
    assertThat(InstalledMesh.left(cluster)).isEmpty();
  }

  @Test
  void twoReplicasOnThreeMembersOfEtcdLoseOneOfEachAndNoRequest(Cluster cluster, InstalledMesh mesh)
      throws Exception {
    mesh.uninstall();
    LocalImage.load(mesh, folder, ETCD, "etcd", "etcdctl");
    makeVolumes(cluster);
    try {
      mesh.install(overlay(cluster, "ha"));
      cluster.everywhere("rollout", "status", SYSTEM, "statefulset/weft-etcd", "--timeout=140s");
      assertThat(ready(cluster, "deployment/weft-control-plane")).isEqualTo("2");
      assertThat(ready(cluster, "statefulset/weft-etcd")).isEqualTo("3");

      Shop shop = Shop.open(cluster, mesh);
      shop.losesNothingBy(
          () -> {
            kill(cluster, MEMBERS_OF_ETCD);
            kill(cluster, CONTROL_PLANES);
            shop.routeTo("v2");
            shop.awaitOnly("v2");
            cluster.everywhere("rollout", "status", SYSTEM, "statefulset/weft-etcd");
          });

      etcdAnswersItsMembersOnly(cluster);
      shop.losesNothingBy(
          () -> {
            replaceCertificates(cluster);
            shop.routeTo("v1");
            shop.awaitOnly("v1");
          });

      shop.losesNothingBy(
          () -> {
            drainNode(cluster);
            shop.routeTo("v2");
            shop.awaitOnly("v2");
            cluster.everywhere("uncordon", node(cluster));
            cluster.everywhere("rollout", "status", SYSTEM, "statefulset/weft-etcd");
          });

      mesh.uninstall("--overlay", "ha");
      assertThat(InstalledMesh.left(cluster)).isEmpty();
    } finally {
      cluster.everywhere("uncordon", node(cluster));
      cluster.everywhere(
          "delete", "persistentvolume", "-l", "weft.test/volume", "--ignore-not-found");
    }
  }

  private Path overlay(Cluster cluster, String name) throws IOException {
    Path overlays = Path.of("..", "deploy", "k8s", "overlays").toAbsolutePath().normalize();
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        cluster
            .everywhere("kustomize", overlays.resolve(name).toString())
            .replaceAll("image: registry\\.k8s\\.io/etcd:\\S+", "image: " + ETCD));
  }

  private static String ready(Cluster cluster, String workload) {
    return cluster.everywhere("get", SYSTEM, workload, "-o", "jsonpath={.status.readyReplicas}");
  }

  /** As when its node dies: nobody is told before. */
  private static void kill(Cluster cluster, String label) {
    String pod =
        cluster.everywhere(
            "get", "pods", SYSTEM, "-l", label, "-o", "jsonpath={.items[0].metadata.name}");
    cluster.everywhere("delete", SYSTEM, "pod/" + pod, "--grace-period=0", "--force");
  }

  private static void etcdAnswersItsMembersOnly(Cluster cluster) {
    assertThat(cluster.everywhere("exec", SYSTEM, "weft-etcd-0", "--", "etcdctl", "member", "list"))
        .contains("https://weft-etcd-2.weft-etcd.weft-system.svc:2379");
    String health = "[wget, -q, -O, '-', 'http://%s:2381/health']".formatted(MEMBER);
    assertThat(stranger(cluster, "metrics", cluster.busybox(), health, "Succeeded"))
        .contains("\"health\":\"true\"");
    for (String scheme : List.of("http", "https")) {
      String read =
          "[etcdctl, --endpoints=%s://%s:2379, --insecure-skip-tls-verify, get, --prefix, /]"
              .formatted(scheme, MEMBER);
      assertThat(stranger(cluster, scheme, ETCD, read, "Failed")).doesNotContain("/weft/");
    }
  }

  /** What somebody outside the mesh is told, who is to end like that. */
  private static String stranger(
      Cluster cluster, String name, String image, String command, String phase) {
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: stranger-%s, labels: {weft.dev/inject: disabled}}
        spec:
          restartPolicy: Never
          containers: [{name: stranger, image: "%s", imagePullPolicy: IfNotPresent, command: %s}]
        """
            .formatted(name, image, command));
    cluster.await("pod/stranger-" + name, "jsonpath={.status.phase}=" + phase);
    return cluster.kubectl("logs", "stranger-" + name);
  }

  /** As docs/guides/access.md says. */
  private static void replaceCertificates(Cluster cluster) {
    String before = authority(cluster);
    scale(cluster, 0);
    cluster.everywhere(
        "wait", SYSTEM, "--for=delete", "pod", "-l", CONTROL_PLANES, "--timeout=60s");
    cluster.everywhere("delete", SYSTEM, "secret/weft-etcd");
    scale(cluster, 2);
    cluster.everywhere("wait", SYSTEM, "--for=create", "secret/weft-etcd", "--timeout=60s");
    assertThat(authority(cluster)).isNotEqualTo(before);
    cluster.everywhere("delete", SYSTEM, "pod", "-l", MEMBERS_OF_ETCD);
    cluster.everywhere("rollout", "status", SYSTEM, "deployment/weft-control-plane");
    cluster.everywhere("rollout", "status", SYSTEM, "statefulset/weft-etcd");
  }

  private static void scale(Cluster cluster, int replicas) {
    cluster.everywhere("scale", SYSTEM, "deployment/weft-control-plane", "--replicas=" + replicas);
  }

  private static String authority(Cluster cluster) {
    return cluster.everywhere("get", SYSTEM, "secret/weft-etcd", "-o", "jsonpath={.data.ca\\.crt}");
  }

  /** As for its maintenance; what the budgets keep stays, and it goes no further. */
  private static void drainNode(Cluster cluster) {
    assertThatThrownBy(
            () ->
                cluster.everywhere(
                    "drain",
                    node(cluster),
                    "--pod-selector=app.kubernetes.io/part-of=weft",
                    "--delete-emptydir-data",
                    "--timeout=20s"))
        .hasMessageContaining("would violate the pod's disruption budget");
    assertThat(ready(cluster, "deployment/weft-control-plane")).isEqualTo("1");
    assertThat(ready(cluster, "statefulset/weft-etcd")).isEqualTo("2");
  }

  private static String node(Cluster cluster) {
    return cluster.everywhere("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}");
  }

  /** Where nobody provides them: folders of the node, which etcd's user may write to. */
  private static void makeVolumes(Cluster cluster) {
    if (!cluster.everywhere("get", "storageclasses", "-o", "name").isBlank()) {
      return;
    }
    List<String> paths =
        IntStream.range(0, MEMBERS).mapToObj(i -> "/var/tmp/weft-test-etcd/" + i).toList();
    cluster.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: folders}
        spec:
          restartPolicy: Never
          containers:
            - name: folders
              image: %s
              command: [sh, -c, "cd /host && rm -rf weft-test-etcd && mkdir -p -m 777 %s"]
              volumeMounts: [{name: host, mountPath: /host}]
          volumes: [{name: host, hostPath: {path: /var/tmp, type: DirectoryOrCreate}}]
        """
            .formatted(
                cluster.busybox(),
                paths.stream()
                    .map(path -> path.substring("/var/tmp/".length()))
                    .collect(Collectors.joining(" "))));
    cluster.await("pod/folders", "jsonpath={.status.phase}=Succeeded");
    for (String path : paths) {
      cluster.apply(
          """
          apiVersion: v1
          kind: PersistentVolume
          metadata:
            name: weft-test-etcd-%s
            labels: {weft.test/volume: etcd}
          spec:
            capacity: {storage: 4Gi}
            accessModes: [ReadWriteOnce]
            persistentVolumeReclaimPolicy: Retain
            hostPath: {path: %s}
          """
              .formatted(path.substring(path.lastIndexOf('/') + 1), path));
    }
  }
}
