package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The applications: {@code frontend} so many times, each with a sidecar and each passing on what
 * {@code catalog} answers, of which there are two versions. The programs are those of the demo.
 */
public final class Shop implements AutoCloseable {
  private static final int PORT = 8080;
  private static final String ROUTE =
      "/apis/gateway.networking.k8s.io/v1/namespaces/"
          + BenchCluster.NAMESPACE
          + "/httproutes/catalog";

  private final BenchCluster cluster;

  private Shop(BenchCluster cluster) {
    this.cluster = cluster;
  }

  /** Makes the namespace, and in it the pods; returns when they are ready. */
  public static Shop open(BenchCluster cluster, Installation installation, int frontends)
      throws IOException, InterruptedException {
    cluster.createNamespace();
    String image = installation.image();
    cluster.kubectl(
        service("frontend", "app: frontend")
            + service("catalog", "app: catalog")
            + service("catalog-v1", "app: catalog, version: v1")
            + service("catalog-v2", "app: catalog, version: v2")
            + deployment("catalog-v1", "catalog", "v1", 1, image)
            + deployment("catalog-v2", "catalog", "v2", 1, image)
            + deployment("frontend", "frontend", "v1", frontends, image),
        "apply",
        "-f",
        "-");
    for (String name : List.of("catalog-v1", "catalog-v2", "frontend")) {
      cluster.kubectl(
          "",
          "rollout",
          "status",
          "-n",
          BenchCluster.NAMESPACE,
          "deployment/" + name,
          "--timeout=300s");
    }
    return new Shop(cluster);
  }

  private static String service(String name, String selector) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %s, namespace: %s}
    spec:
      selector: {%s}
      ports: [{name: http, port: 80, targetPort: http}]
    ---
    """
        .formatted(name, BenchCluster.NAMESPACE, selector);
  }

  private static String deployment(
      String name, String app, String version, int replicas, String image) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: %1$s, namespace: %2$s}
    spec:
      replicas: %5$d
      selector: {matchLabels: {app: %3$s, version: %4$s}}
      template:
        metadata: {labels: {app: %3$s, version: %4$s}}
        spec:
          terminationGracePeriodSeconds: 5
          containers:
            - name: %3$s
              image: %6$s
              imagePullPolicy: IfNotPresent
              command: [/weft/runtime/bin/java, -XX:+UseSerialGC, -XX:TieredStopAtLevel=1, -Xmx32m, -cp, /weft/lib/*]
              args: [dev.weft.cli.demo.app.DemoPod, %3$s, %4$s, "8080"]
              ports: [{name: http, containerPort: 8080}]
              readinessProbe: {httpGet: {path: /health, port: http}, periodSeconds: 1}
    ---
    """
        .formatted(name, BenchCluster.NAMESPACE, app, version, replicas, image);
  }

  /** Ways to every frontend. */
  public List<InetSocketAddress> frontends() {
    var all = new ArrayList<InetSocketAddress>();
    for (Pod pod : cluster.pods(BenchCluster.NAMESPACE, "app", "frontend")) {
      all.add(cluster.reach(pod, PORT));
    }
    return all;
  }

  /** Sends all that asks for the catalog to one of its versions. One request to the API server. */
  void route(String version) throws IOException, InterruptedException {
    cluster.apply(
        ROUTE,
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: catalog, namespace: %s}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog, port: 80}]
          rules: [{backendRefs: [{name: catalog-%s, port: 80}]}]
        """
            .formatted(BenchCluster.NAMESPACE, version));
  }

  /** Deletes the namespace with everything in it. */
  @Override
  public void close() throws IOException {
    try {
      cluster.deleteNamespace();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
