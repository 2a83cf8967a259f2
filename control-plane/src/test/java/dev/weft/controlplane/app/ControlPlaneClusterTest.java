package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A control plane with the options of a person who has a kubeconfig. */
@ClusterTest
class ControlPlaneClusterTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void itServesWhatTheClusterHasAndSaysHowItFollows(Cluster cluster) throws Exception {
    ControlPlaneOptions options =
        ControlPlaneArgs.parse(
            "--data-dir",
            directory.resolve("store").toString(),
            "--kubeconfig",
            cluster.kubeconfig().toString(),
            "--grpc-port=0",
            "--metrics-port=0",
            "--replica-id=a");
    try (ControlPlane controlPlane = ControlPlane.start(options);
        HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest ready =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + controlPlane.metricsPort() + "/ready"))
              .build();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  http.send(ready, BodyHandlers.ofString())
                      .body()
                      .contains("kubernetes: all kinds known, this replica writes"));
      cluster.apply(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: catalog}
          spec: {clusterIP: None, ports: [{port: 80}]}
          ---
          apiVersion: discovery.k8s.io/v1
          kind: EndpointSlice
          metadata: {name: catalog-x, labels: {kubernetes.io/service-name: catalog}}
          addressType: IPv4
          ports: [{name: "", port: 8080}]
          endpoints: [{addresses: [192.0.2.7]}, {addresses: [192.0.2.8]}]
          """);
      try (TestClient client = TestClient.of(controlPlane)) {
        await()
            .atMost(PATIENCE)
            .until(() -> client.endpoints(cluster.namespace(), "catalog").size() == 2);
        assertThat(client.endpoints(cluster.namespace(), "catalog"))
            .isEqualTo(List.of("192.0.2.7", "192.0.2.8"));
      }
      assertThat(controlPlane.metricsText())
          .contains("weft_kubernetes_synced{kind=\"services\"} 1.0")
          .contains("weft_kubernetes_last_event_age_seconds{kind=\"pods\"}")
          .contains("weft_kubernetes_leading 1.0")
          .contains("weft_kubernetes_problems 0.0")
          .containsPattern("weft_kubernetes_writes_total [1-9]");
    }
  }
}
