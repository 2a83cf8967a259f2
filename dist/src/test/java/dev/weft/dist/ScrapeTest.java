package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weft.testkit.Programs;
import dev.weft.testkit.PrometheusServer;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus with the configuration that is shipped scrapes the pods of the mesh by their
 * annotations, and its series are those that the dashboards ask for.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class ScrapeTest {
  private static final Path DASHBOARDS = Path.of("..", "deploy", "k8s", "dashboards");
  private static final int CONNECT_MILLIS = 5_000;
  private static final int SIDECAR_METRICS = 15021;

  /** As if each pod declared these; each pod is scraped once all the same. */
  private static final List<Integer> PORTS = List.of(80, 8080);

  @Test
  void theShippedConfigurationFindsWhatIsAnnotated(
      Cluster cluster, InstalledMesh mesh, @TempDir Path folder) throws Exception {
    assumeTrue(
        Programs.find(PrometheusServer.PROGRAM) != null, "prometheus is not on the PATH: left out");
    mesh.join(cluster);
    SmallApps.observer(cluster);
    cluster.apply(SmallApps.web(cluster, "web"));
    cluster.await("pod/web", "condition=Ready");
    cluster.apply(
        SmallApps.pod(
            cluster,
            "caller",
            "enabled",
            "while true; do wget -q -O /dev/null http://web/; sleep 0.1; done",
            ""));
    cluster.await("pod/caller", "condition=Ready");
    assumeTrue(reached(cluster), "this machine does not reach addresses of pods: left out");

    try (var prometheus = PrometheusServer.start(folder, configuration(cluster, folder))) {
      String here = "{namespace=\"" + cluster.namespace() + "\"}";
      await()
          .atMost(InstalledMesh.PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(values(prometheus, "up" + here + " == 1", "pod"))
                    .as("not the pod without a sidecar")
                    .containsExactly("caller", "web");
                assertThat(values(prometheus, "count by (pod) (up" + here + ") > 1", "pod"))
                    .as("scraped twice")
                    .isEmpty();
                assertThat(values(prometheus, "up{namespace=\"weft-system\"} == 1", "pod"))
                    .singleElement()
                    .asString()
                    .startsWith("weft-control-plane-");
                for (String query : queries("Calls by route", cluster)) {
                  assertThat(values(prometheus, query + " > 0", "route")).as(query).isNotEmpty();
                }
              });
    }
  }

  private static boolean reached(Cluster cluster) {
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(cluster.field("pod/web", "{.status.podIP}"), SIDECAR_METRICS),
          CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * As it is shipped; but distributions build Prometheus without the discovery of Kubernetes, so
   * that it is told what that would find.
   */
  private static String configuration(Cluster cluster, Path folder) throws IOException {
    String shipped = Files.readString(DASHBOARDS.resolve("scrape.yaml"));
    Path pods = Files.writeString(folder.resolve("pods.json"), discovered(cluster).toString());
    String told =
        shipped.replace(
            "kubernetes_sd_configs: [{role: pod}]", "file_sd_configs: [{files: [" + pods + "]}]");
    assertThat(told).isNotEqualTo(shipped);
    return told;
  }

  /** Every pod that has an address, as {@code role: pod} has it: a target for each of its ports. */
  private static JsonArray discovered(Cluster cluster) {
    var targets = new JsonArray();
    JsonObject all =
        JsonParser.parseString(cluster.everywhere("get", "pods", "--all-namespaces", "-o", "json"))
            .getAsJsonObject();
    for (JsonElement each : all.getAsJsonArray("items")) {
      JsonObject pod = each.getAsJsonObject();
      JsonObject status = pod.getAsJsonObject("status");
      if (status.has("podIP")) {
        String address = status.get("podIP").getAsString();
        JsonObject labels = labels(pod.getAsJsonObject("metadata"));
        labels.addProperty("__meta_kubernetes_pod_ip", address);
        labels.add("__meta_kubernetes_pod_phase", status.get("phase"));
        for (int port : PORTS) {
          var addresses = new JsonArray();
          addresses.add(address + ":" + port);
          var target = new JsonObject();
          target.add("targets", addresses);
          target.add("labels", labels);
          targets.add(target);
        }
      }
    }
    return targets;
  }

  private static JsonObject labels(JsonObject metadata) {
    var labels = new JsonObject();
    labels.add("__meta_kubernetes_namespace", metadata.get("namespace"));
    labels.add("__meta_kubernetes_pod_name", metadata.get("name"));
    if (metadata.has("annotations")) {
      metadata
          .getAsJsonObject("annotations")
          .asMap()
          .forEach(
              (name, value) ->
                  labels.add(
                      "__meta_kubernetes_pod_annotation_" + name.replaceAll("[^a-zA-Z0-9_]", "_"),
                      value));
    }
    return labels;
  }

  /** What a panel of the dashboard of services asks, for the Service {@code web}. */
  private static List<String> queries(String panel, Cluster cluster) throws IOException {
    JsonObject dashboard =
        JsonParser.parseString(Files.readString(DASHBOARDS.resolve("service.json")))
            .getAsJsonObject();
    List<String> queries =
        StreamSupport.stream(dashboard.getAsJsonArray("panels").spliterator(), false)
            .map(JsonElement::getAsJsonObject)
            .filter(each -> each.get("title").getAsString().equals(panel))
            .flatMap(
                each -> StreamSupport.stream(each.getAsJsonArray("targets").spliterator(), false))
            .map(target -> target.getAsJsonObject().get("expr").getAsString())
            .map(
                query ->
                    query
                        .replace("$service", "web." + cluster.namespace() + ":80")
                        .replace("$namespace", cluster.namespace())
                        .replace("$__rate_interval", "20s"))
            .toList();
    assertThat(queries).as(panel).isNotEmpty();
    return queries;
  }

  /** A label of a query's series; the query must be understood. */
  private static Set<String> values(PrometheusServer prometheus, String query, String label) {
    String answer = prometheus.get("/api/v1/query", Map.of("query", query));
    JsonObject read = JsonParser.parseString(answer).getAsJsonObject();
    assertThat(read.get("status").getAsString()).as(answer).isEqualTo("success");
    var values = new TreeSet<String>();
    for (JsonElement each : read.getAsJsonObject("data").getAsJsonArray("result")) {
      values.add(each.getAsJsonObject().getAsJsonObject("metric").get(label).getAsString());
    }
    return values;
  }
}
