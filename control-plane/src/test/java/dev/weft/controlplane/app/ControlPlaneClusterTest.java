package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.Route;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

  @Test
  void routesOfTcpAndTlsAreTakenFromTheClusterAndToldWhatBecameOfThem(Cluster cluster) {
    List<String> ours = new ArrayList<>();
    ours.addAll(define(cluster, "TCPRoute", "tcproutes"));
    ours.addAll(define(cluster, "TLSRoute", "tlsroutes"));
    try {
      connectionRoutes(cluster);
    } finally {
      ours.forEach(name -> cluster.everywhere("delete", "crd", name));
    }
  }

  private void connectionRoutes(Cluster cluster) {
    ControlPlaneOptions options =
        ControlPlaneArgs.parse(
            "--data-dir",
            directory.resolve("store").toString(),
            "--kubeconfig",
            cluster.kubeconfig().toString(),
            "--grpc-port=0",
            "--metrics-port=0");
    try (ControlPlane controlPlane = ControlPlane.start(options);
        TestClient client = TestClient.of(controlPlane)) {
      cluster.apply(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: db}
          spec: {ports: [{name: sql, port: 5432, appProtocol: tcp}, {name: tls, port: 5433, appProtocol: tls}]}
          ---
          apiVersion: v1
          kind: Service
          metadata: {name: db-v2}
          spec: {ports: [{name: sql, port: 5432}, {name: tls, port: 5433}]}
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: TCPRoute
          metadata: {name: split}
          spec:
            parentRefs: [{group: "", kind: Service, name: db, port: 5432}]
            rules:
            - backendRefs: [{name: db, port: 5432, weight: 9}, {name: db-v2, port: 5432}]
          ---
          apiVersion: gateway.networking.k8s.io/v1
          kind: TLSRoute
          metadata: {name: by-name}
          spec:
            parentRefs: [{group: "", kind: Service, name: db, port: 5433}]
            hostnames: [db.example.org]
            rules: [{backendRefs: [{name: db-v2, port: 5433}]}]
          """);
      String namespace = cluster.namespace();
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(
              () -> {
                Route split = client.virtualHost(namespace, "db:5432").getRoutes(0);
                assertThat(split.getBackendsList())
                    .extracting(each -> each.getCluster() + ' ' + each.getWeight())
                    .containsExactly(
                        "db." + namespace + ":5432 9", "db-v2." + namespace + ":5432 1");
              });
      Route byName = client.virtualHost(namespace, "db:5433").getRoutes(0);
      assertThat(byName.getMatch().getServerName()).isEqualTo("db.example.org");
      for (String route : List.of("tcproute/split", "tlsroute/by-name")) {
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(
                            cluster.field(
                                route,
                                "{range .status.parents[0].conditions[*]}{.type}={.status} {end}"))
                        .contains("Accepted=True ResolvedRefs=True"));
      }
    }
  }

  /** For a cluster without Gateway API; returns what has to go again. */
  private static List<String> define(Cluster cluster, String kind, String plural) {
    String name = plural + ".gateway.networking.k8s.io";
    boolean missing = cluster.everywhere("get", "crd", name, "--ignore-not-found").isEmpty();
    if (missing) {
      cluster.apply(
          """
          apiVersion: apiextensions.k8s.io/v1
          kind: CustomResourceDefinition
          metadata:
            name: %s
            annotations: {api-approved.kubernetes.io: "unapproved, for a test"}
          spec:
            group: gateway.networking.k8s.io
            scope: Namespaced
            names: {kind: %s, plural: %s}
            versions:
            - name: v1
              served: true
              storage: true
              subresources: {status: {}}
              schema:
                openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
          """
              .formatted(name, kind, plural));
    }
    cluster.everywhere("wait", "crd/" + name, "--for=condition=Established", "--timeout=60s");
    return missing ? List.of(name) : List.of();
  }
}
