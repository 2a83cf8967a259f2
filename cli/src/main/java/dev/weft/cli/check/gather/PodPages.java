package dev.weft.cli.check.gather;

import com.google.gson.JsonParseException;
import dev.weft.cli.check.rule.Pods;
import dev.weft.cli.check.rule.ReplicaReport;
import dev.weft.cli.check.rule.SidecarReport;
import dev.weft.cli.cluster.ClusterException;
import dev.weft.cli.cluster.MeshCluster;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Asks pods for pages of theirs, through forwards of the API server. Owns the threads for that. */
final class PodPages implements AutoCloseable {
  /** Sidecars that are asked in one check: each needs a forward of the API server's. */
  static final int MOST_SIDECARS = 200;

  private static final int AT_A_TIME = 8;
  private static final int SIDECAR_PORT = 15_000;
  private static final int REPLICA_PORT = 7_701;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final MeshCluster cluster;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  PodPages(MeshCluster cluster) {
    this.cluster = cluster;
  }

  /** What a replica of the control plane says. */
  ReplicaReport replica(String pod) {
    try {
      return cluster.through(
          cluster.system(),
          pod,
          REPLICA_PORT,
          port -> {
            String ready = get(port, "/ready").body();
            return ReplicaReport.of(pod, ready, get(port, "/metrics").body());
          });
    } catch (IOException | ClusterException e) {
      return ReplicaReport.silent(pod, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** What sidecars say, by namespace and name of their pods. */
  Map<String, SidecarReport> sidecars(List<Pod> pods) {
    Map<String, SidecarReport> reports = new ConcurrentHashMap<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(AT_A_TIME, Thread.ofVirtual().factory())) {
      for (Pod pod : pods.subList(0, Math.min(pods.size(), MOST_SIDECARS))) {
        threads.execute(() -> reports.put(Pods.key(pod), sidecar(pod)));
      }
    }
    return reports;
  }

  private SidecarReport sidecar(Pod pod) {
    try {
      return cluster.through(
          pod.getMetadata().getNamespace(),
          pod.getMetadata().getName(),
          SIDECAR_PORT,
          port -> {
            HttpResponse<String> page = get(port, "/status");
            return page.statusCode() == HttpURLConnection.HTTP_OK
                ? SidecarReport.of(page.body())
                : SidecarReport.silent("it answers " + page.statusCode() + " to /status");
          });
    } catch (IOException | ClusterException | JsonParseException e) {
      return SidecarReport.silent(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(PATIENCE)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted", e);
  }

  @Override
  public void close() {
    http.close();
  }
}
