package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What happens to a whole cluster, while a shop in it serves and loses no request. */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClusterChangesTest {
  private static final String DEFINITION = "customresourcedefinition/trafficpolicies.weft.dev";

  /** A next version beside ours, and objects of any form in both. */
  private static final String NEXT_VERSION =
      """
      [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema",
        "value": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
       {"op": "copy", "from": "/spec/versions/0", "path": "/spec/versions/1"},
       {"op": "replace", "path": "/spec/versions/1/name", "value": "v1beta1"},
       {"op": "replace", "path": "/spec/versions/1/storage", "value": false}]
      """;

  private static final String NEXT_OBJECTS =
      """
      apiVersion: weft.dev/v1beta1
      kind: TrafficPolicy
      metadata: {name: more}
      spec:
        targetRefs: [{kind: Service, name: catalog}]
        timeouts: {request: 5s, dream: 1s}
        future: [{anything: 1}]
      ---
      apiVersion: weft.dev/v1beta1
      kind: TrafficPolicy
      metadata: {name: other}
      spec:
        targetRefs: [{kind: Service, name: frontend}]
        loadBalancer: {type: Quantum}
      """;

  private static final String ATTACHED =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: web}
      spec:
        parentRefs: [{group: "", kind: Service, name: web, port: 80}]
        rules: [{backendRefs: [{name: web, port: 80}]}]
      ---
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: web}
      spec: {targetRefs: [{kind: Service, name: web}], timeouts: {request: 5s}}
      """;

  private Cluster cluster;
  private InstalledMesh mesh;
  private Shop shop;

  @BeforeAll
  void open(Cluster cluster, InstalledMesh mesh) {
    this.cluster = cluster;
    this.mesh = mesh;
    shop = Shop.open(cluster, mesh);
  }

  @Test
  @Tag("long")
  void aNamespaceIsDeletedWithEverythingInItAndItsNameIsUsedAgain() throws Exception {
    cluster.apply(SmallApps.pod(cluster, "caller", "enabled", "exec tail -f /dev/null", ""));
    cluster.await("pod/caller", "condition=Ready");
    try (Cluster other = Cluster.open()) {
      mesh.join(other);
      serve(other);
      String name = other.namespace();
      String url = "http://web." + name + "/";
      until(() -> SmallApps.ask(cluster, "caller", url).equals(SmallApps.ANSWER));
      assertThat(mesh.connected(other)).containsExactly("web");
      assertThat(known(name)).contains("Service", "HTTPRoute", "TrafficPolicy", "1 instance at");
      int restarts = mesh.controlPlaneRestarts();

      shop.losesNothingBy(
          () -> {
            cluster.everywhere("delete", "namespace", name, "--timeout=120s");
            until(() -> mesh.connected(other).isEmpty());
            until(() -> known(name).startsWith("0 instances at"));
            assertThat(SmallApps.ask(cluster, "caller", url)).isEmpty();
            shop.routeTo("v1");
            shop.awaitOnly("v1");

            cluster.everywhere("create", "namespace", name);
            mesh.join(other);
            serve(other);
            until(() -> SmallApps.ask(cluster, "caller", url).equals(SmallApps.ANSWER));
          });

      assertThat(mesh.controlPlaneRestarts()).as("of the control plane").isEqualTo(restarts);
    }
  }

  @Test
  @Tag("long")
  void whatANextVersionLeftIsReadAsFarAsItIsUnderstoodAndHindersNothing() throws Exception {
    try {
      shop.losesNothingBy(
          () -> {
            // It would refuse them; a control plane of the next version would not have.
            mesh.stopControlPlane();
            cluster.everywhere("patch", DEFINITION, "--type=json", "--patch=" + NEXT_VERSION);
            await()
                .atMost(InstalledMesh.PATIENCE)
                .ignoreException(IllegalStateException.class)
                .until(
                    () -> {
                      cluster.apply(NEXT_OBJECTS);
                      return true;
                    });
            mesh.startControlPlane();

            until(() -> said("more").equals("Accepted=True@1 InForce=True@1 "));
            until(() -> said("other").equals("Invalid=False@1 "));
            assertThat(
                    cluster.field(
                        "trafficpolicy/other", "{.status.ancestors[0].conditions[0].message}"))
                .contains("spec.loadBalancer.type");
            for (String version : List.of("v2", "v1")) {
              shop.routeTo(version);
              shop.awaitOnly(version);
            }
          });
    } finally {
      cluster.kubectl("delete", "trafficpolicies", "more", "other", "--ignore-not-found");
      mesh.restore();
    }
  }

  private static void serve(Cluster namespace) {
    namespace.apply(SmallApps.web(namespace, "web") + ATTACHED);
    namespace.await("pod/web", "condition=Ready");
  }

  /** What the control plane knows of a namespace. */
  private String known(String namespace) {
    return mesh.weft("get", "all", "--namespace", namespace)
        + mesh.weft("registry", "list", "--namespace", namespace)
            .replaceFirst("^NAMESPACE.*\\n", "");
  }

  private String said(String policy) {
    return cluster.field(
        "trafficpolicy/" + policy,
        "{range .status.ancestors[*].conditions[*]}"
            + "{.reason}={.status}@{.observedGeneration} {end}");
  }

  private static void until(Callable<Boolean> condition) {
    await().atMost(InstalledMesh.PATIENCE).until(condition);
  }
}
