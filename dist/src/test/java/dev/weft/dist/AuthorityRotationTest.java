package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.Gson;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The authority that signs the certificates of webhooks and control plane is replaced by another
 * one, while pods are created and deleted. What takes three days by itself is written into the
 * Secret, step by step.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class AuthorityRotationTest {
  private static final String SYSTEM = "--namespace=weft-system";
  private static final String NEVER_SCHEDULED =
      """
      {"apiVersion": "v1", "spec": {"schedulingGates": [{"name": "weft.test/gate"}]}}
      """;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z ]+)-----.+?-----END \\1-----\\n", Pattern.DOTALL);

  /** So many pods come in every step. */
  private static final int CREATIONS = 20;

  @Test
  @Tag("long")
  void everyPodHasItsSidecarWhileTheAuthorityIsRotated(Cluster cluster, InstalledMesh mesh) {
    mesh.join(cluster);
    start(cluster, "before");
    try (Cluster other = Cluster.open()) {
      mesh.join(other);
      var over = new AtomicBoolean();
      var created = new AtomicInteger();
      CompletableFuture<Void> churn =
          CompletableFuture.runAsync(() -> churn(other, over, created), Thread.ofVirtual()::start);
      try {
        rotate(cluster, () -> awaitCreations(churn, created));
      } finally {
        over.set(true);
        churn.handle((done, failed) -> null).join();
      }
      churn.join();
    }

    mesh.restartControlPlane();
    for (String pod : List.of("before", "spread", "signed", "after")) {
      await().atMost(InstalledMesh.PATIENCE).until(() -> mesh.connected(cluster).contains(pod));
    }
  }

  private static void rotate(Cluster cluster, Runnable awaitCreations) {
    String old = trusted(cluster);
    awaitCreations.run();

    // It is what asks for a rotation: the next authority is made, and only trusted for a day.
    cluster.everywhere("delete", "secret", SYSTEM, "weft-ca");
    await().atMost(InstalledMesh.PATIENCE).until(() -> blocks(trusted(cluster)).size() == 2);
    List<String> held = blocks(roots(cluster));
    assertThat(held).as("certificate and key of the old, then of the new").hasSize(4);
    assertThat(held.getFirst()).isEqualTo(old);
    String next = held.get(2);
    String nextKey = held.get(3);
    awaitTrusted(cluster, old + next);
    awaitCreations.run();
    start(cluster, "spread");

    // After a day it signs.
    keep(cluster, next + nextKey + old, next + old);
    awaitTrusted(cluster, next + old);
    awaitCreations.run();
    start(cluster, "signed");

    // After two more the old one is not trusted any more.
    keep(cluster, next + nextKey, next);
    awaitTrusted(cluster, next);
    awaitCreations.run();
    start(cluster, "after");
  }

  /** A pod that runs, with what its sidecar trusts from its start; it is ready then. */
  private static void start(Cluster cluster, String pod) {
    cluster.apply(SmallApps.pod(cluster, pod, "enabled", SmallApps.SERVE, SmallApps.READY_BY_HTTP));
    cluster.await("pod/" + pod, "condition=Ready");
  }

  /** Creates pods that never run, each of which must be given its sidecar, and deletes them. */
  private static void churn(Cluster cluster, AtomicBoolean over, AtomicInteger created) {
    while (!over.get()) {
      String name = "churn-" + created.get();
      String containers =
          cluster.kubectl(
              "run",
              name,
              "--image=none",
              "--overrides=" + NEVER_SCHEDULED,
              "-o",
              "jsonpath={.spec.initContainers[*].name}");
      assertThat(containers).as(name).isEqualTo("weft-sidecar weft-init");
      cluster.kubectl("delete", "pod/" + name, "--wait=false");
      created.incrementAndGet();
    }
  }

  private static void awaitCreations(CompletableFuture<Void> churn, AtomicInteger created) {
    int before = created.get();
    await()
        .atMost(InstalledMesh.PATIENCE)
        .until(() -> churn.isDone() || created.get() >= before + CREATIONS);
    if (churn.isDone()) {
      churn.join();
    }
  }

  /** Until all that verify have been told: the API server for its webhooks, and sidecars. */
  private static void awaitTrusted(Cluster cluster, String certificates) {
    await()
        .atMost(InstalledMesh.PATIENCE)
        .untilAsserted(
            () -> {
              for (String kind : List.of("mutating", "validating")) {
                assertThat(bundles(cluster, kind)).containsOnly(certificates);
              }
              assertThat(cluster.field("configmap/weft-ca", "{.data.ca\\.crt}"))
                  .isEqualTo(certificates);
            });
  }

  private static List<String> bundles(Cluster cluster, String kind) {
    String name = kind.equals("mutating") ? "weft-injector" : "weft-validator";
    return cluster
        .everywhere(
            "get",
            kind + "webhookconfiguration/" + name,
            "-o",
            "jsonpath={range .webhooks[*]}{.clientConfig.caBundle}{\"\\n\"}{end}")
        .lines()
        .map(AuthorityRotationTest::decoded)
        .toList();
  }

  /** Whom people are told to trust. */
  private static String trusted(Cluster cluster) {
    return cluster.everywhere(
        "get", "configmap", SYSTEM, "weft-ca", "-o", "jsonpath={.data.ca\\.crt}");
  }

  private static String roots(Cluster cluster) {
    return decoded(
        cluster.everywhere(
            "get", "secret", SYSTEM, "weft-ca", "-o", "jsonpath={.data.roots\\.pem}"));
  }

  private static void keep(Cluster cluster, String roots, String trusted) {
    String data =
        new Gson()
            .toJson(
                Map.of("data", Map.of("roots.pem", encoded(roots), "ca.crt", encoded(trusted))));
    cluster.everywhere("patch", "secret", SYSTEM, "weft-ca", "--type=merge", "--patch=" + data);
  }

  private static List<String> blocks(String pem) {
    var blocks = new ArrayList<String>();
    Matcher block = BLOCK.matcher(pem);
    while (block.find()) {
      blocks.add(block.group());
    }
    return blocks;
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.US_ASCII);
  }
}
