package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * From nothing to a canary on a real cluster, by the commands of the guide. {@code WEFT_IMAGE_LOAD}
 * is the command that loads an image's archive, e.g. {@code kind load image-archive}.
 */
@ClusterTest
final class KubernetesInstallTest {
  private static final Path SOURCES = Path.of("..").toAbsolutePath().normalize();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern FORWARDED = Pattern.compile("127\\.0\\.0\\.1:([0-9]+)");
  private static final Distribution WEFT = Distribution.built();

  @BeforeAll
  static void install(Cluster cluster) throws Exception {
    String load = System.getenv("WEFT_IMAGE_LOAD");
    assumeTrue(load != null, "needs WEFT_IMAGE_LOAD, the command that loads an image's archive");
    Run made = WEFT.run(Map.of(), "weft", "images");
    assertThat(made.exitCode()).as(made.out() + made.err()).isZero();
    for (String name : List.of("weft-control-plane", "weft-sidecar")) {
      var command = new ArrayList<>(List.of(load.split(" ")));
      command.add(WEFT.home().resolve("images").resolve(name + ".tar").toString());
      Process process = new ProcessBuilder(command).inheritIO().start();
      assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }
    cluster.everywhere("apply", "-k", SOURCES.resolve("deploy/k8s").toString());
    cluster.everywhere(
        "rollout",
        "status",
        "-n",
        "weft-system",
        "deployment/weft-control-plane",
        "--timeout=180s");
  }

  @AfterAll
  static void uninstall(Cluster cluster) throws IOException {
    Run printed = WEFT.run(Map.of(), "weft", "uninstall");
    Path file = Files.createTempFile("weft-uninstall", ".yaml");
    Files.writeString(file, printed.out());
    cluster.everywhere("delete", "--ignore-not-found", "--timeout=120s", "-f", file.toString());
    Files.delete(file);
    for (String kind :
        List.of(
            "namespaces",
            "clusterroles",
            "clusterrolebindings",
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
            "customresourcedefinitions")) {
      assertThat(
              cluster.everywhere("get", kind, "-l", "app.kubernetes.io/part-of=weft", "-o", "name"))
          .as("what an uninstall leaves")
          .isEmpty();
    }
  }

  @Test
  void fromALabelToACanary(Cluster cluster) throws Exception {
    String namespace = cluster.namespace();
    cluster.everywhere("label", "namespace", namespace, "weft.dev/inject=enabled");
    cluster.apply(example("shop.yaml", namespace));
    for (String name : List.of("frontend", "catalog-v1", "catalog-v2")) {
      cluster.kubectl("rollout", "status", "deployment/" + name, "--timeout=180s");
    }
    String pods =
        cluster.kubectl(
            "get",
            "pods",
            "-o",
            "jsonpath={range .items[*]}{.metadata.labels.app}={.spec.initContainers[*].name}{\"\\n\"}{end}");
    assertThat(pods.lines())
        .hasSize(3)
        .allMatch(pod -> pod.endsWith("weft-init weft-sidecar"), pods);

    try (var frontend = new Forward(cluster, "service/frontend", 80);
        var client = HttpClient.newHttpClient()) {
      // Both versions, as Kubernetes has it, and through both sidecars.
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(versions(client, frontend)).containsOnly("v1", "v2"));
      assertThat(metrics(cluster, "frontend")).containsPattern(requests("outbound"));
      assertThat(metrics(cluster, "catalog")).containsPattern(requests("inbound"));

      cluster.apply(
          example("canary.yaml", namespace)
              .replace("weight: 90", "weight: 1")
              .replace("weight: 10", "weight: 0"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(versions(client, frontend)).containsExactly("v1"));

      cluster.apply(
          example("canary.yaml", namespace)
              .replace("weight: 90", "weight: 0")
              .replace("weight: 10", "weight: 1"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(versions(client, frontend)).containsExactly("v2"));
    }
  }

  /** The catalog's versions in some answers, each of which must be good. */
  private static Set<String> versions(HttpClient client, Forward frontend) throws Exception {
    var versions = new TreeSet<String>();
    for (int i = 0; i < 30; i++) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + frontend.port + "/items/" + i))
                  .timeout(Duration.ofSeconds(10))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      versions.add(answer.headers().firstValue("x-catalog-version").orElse("none"));
    }
    return versions;
  }

  private static String metrics(Cluster cluster, String app) {
    String pod =
        cluster.kubectl(
            "get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[0].metadata.name}");
    return cluster.everywhere(
        "get",
        "--raw",
        "/api/v1/namespaces/" + cluster.namespace() + "/pods/" + pod + ":15021/proxy/metrics");
  }

  private static String requests(String direction) {
    return "weft_upstream_rq_total\\{[^}]*direction=\"" + direction + "\"[^}]*} [1-9]";
  }

  private static String example(String name, String namespace) throws IOException {
    return Files.readString(SOURCES.resolve("examples/kubernetes").resolve(name))
        .replace("namespace: shop", "namespace: " + namespace);
  }

  /** {@code kubectl port-forward} to a port that is free here. */
  private static final class Forward implements AutoCloseable {
    private final Process process;
    private final String port;

    Forward(Cluster cluster, String target, int targetPort) throws IOException {
      process =
          new ProcessBuilder(
                  "kubectl",
                  "port-forward",
                  "--namespace=" + cluster.namespace(),
                  "--address=127.0.0.1",
                  target,
                  ":" + targetPort)
              .redirectErrorStream(true)
              .start();
      BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
      String line = out.readLine();
      Matcher forwarded = FORWARDED.matcher(line == null ? "" : line);
      assertThat(forwarded.find()).as(line).isTrue();
      port = forwarded.group(1);
      Thread.ofVirtual().start(() -> out.lines().forEach(rest -> {}));
    }

    @Override
    public void close() {
      process.destroy();
    }
  }
}
