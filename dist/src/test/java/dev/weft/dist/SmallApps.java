package dev.weft.dist;

import dev.weft.testkit.cluster.Cluster;

/** Applications of busybox for pods of tests: small, and quick to start. */
final class SmallApps {
  /** What {@link #SERVE} answers. */
  static final String ANSWER = "served";

  /** Serves on port 8080 of all addresses. */
  static final String SERVE = "exec httpd -f -p 8080 -h /tmp/pages";

  /** A readiness probe by HTTP. */
  static final String READY_BY_HTTP =
      "readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}";

  /** Who asks from outside the mesh. */
  static final String OBSERVER = "observer";

  private SmallApps() {}

  /**
   * A pod.
   *
   * @param inject {@code enabled} or {@code disabled}
   * @param script what its container runs in a shell, after the pages are there
   * @param more fields of the container, a line each
   */
  static String pod(Cluster cluster, String name, String inject, String script, String more) {
    return """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, labels: {app: %s, weft.dev/inject: %s}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: app
            image: %s
            command: [sh, -c, 'mkdir /tmp/pages; echo %s > /tmp/pages/index.html; %s']
        """
            .formatted(name, name, inject, cluster.busybox(), ANSWER, script)
        + more.indent(4);
  }

  /** A pod of the mesh that serves, and its Service of that name on port 80. */
  static String web(Cluster cluster, String name) {
    return pod(cluster, name, "enabled", SERVE, READY_BY_HTTP)
        + """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec:
          selector: {app: %s}
          ports: [{name: http, port: 80, targetPort: 8080}]
        """
            .formatted(name, name);
  }

  /** A pod outside the mesh to ask others from; it is ready when this returns. */
  static void observer(Cluster cluster) {
    cluster.apply(pod(cluster, OBSERVER, "disabled", "exec tail -f /dev/null", ""));
    cluster.await("pod/" + OBSERVER, "condition=Ready");
  }

  /** What a pod answers the observer, by its own address; empty if it does not serve. */
  static String ask(Cluster cluster, String pod) {
    return ask(
        cluster, OBSERVER, "http://" + cluster.field("pod/" + pod, "{.status.podIP}") + ":8080/");
  }

  /** What is answered to an application of ours that asks once; empty if it is not served. */
  static String ask(Cluster cluster, String from, String url) {
    try {
      return cluster.kubectl("exec", from, "-c", "app", "--", "wget", "-q", "-O", "-", url).strip();
    } catch (IllegalStateException e) {
      // Refused, or an error of the sidecar's: wget ends with 1 either way.
      if (e.getMessage() != null && e.getMessage().contains("exit code 1")) {
        return "";
      }
      throw e;
    }
  }

  static boolean ready(Cluster cluster, String pod) {
    return cluster
        .field("pod/" + pod, "{.status.conditions[?(@.type==\"Ready\")].status}")
        .equals("True");
  }

  /** How often the application has been restarted. */
  static int restarts(Cluster cluster, String pod) {
    String count = cluster.field("pod/" + pod, "{.status.containerStatuses[0].restartCount}");
    return count.isEmpty() ? 0 : Integer.parseInt(count);
  }

  /** How often a probe of the application or the sidecar was said to have failed. */
  static int failedProbes(Cluster cluster, String pod, String message) {
    return cluster
        .kubectl(
            "get",
            "events",
            "--field-selector=reason=Unhealthy,involvedObject.name=" + pod,
            "-o",
            "jsonpath={range .items[*]}{.count} {.message}{\"\\n\"}{end}")
        .lines()
        .filter(line -> line.contains(message))
        .mapToInt(line -> line.startsWith(" ") ? 1 : Integer.parseInt(line.split(" ")[0]))
        .sum();
  }
}
