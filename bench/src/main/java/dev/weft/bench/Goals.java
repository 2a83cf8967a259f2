package dev.weft.bench;

import static dev.weft.bench.report.Contenders.ENVOY;
import static dev.weft.bench.report.Contenders.ENVOY_MESH;
import static dev.weft.bench.report.Contenders.HAPROXY;
import static dev.weft.bench.report.Contenders.RELAY;

import dev.weft.bench.report.Goal;
import dev.weft.bench.report.Measures;
import java.util.ArrayList;
import java.util.List;

/** What Weft is to reach, bench by bench. */
final class Goals {
  private Goals() {}

  static List<Goal> all() {
    var goals = new ArrayList<Goal>();
    goals.add(Goal.atMost("http1", Measures.CPU, 0.82, HAPROXY));
    goals.add(Goal.atMost("http1", Measures.CPU, 1.08, RELAY));
    goals.add(Goal.atMost("http1", Measures.CPU, 0.33, ENVOY));
    goals.add(Goal.atMost("http1", Measures.ALLOCATED, 100));
    goals.add(Goal.atMost("http1", Measures.P50_OWN, 1.1, HAPROXY));
    goals.add(Goal.atMost("http1", Measures.P99_OWN, 1.1, HAPROXY));
    goals.add(Goal.atMost("http1", Measures.P50_ENVOY, 1, ENVOY));
    goals.add(Goal.atMost("http1", Measures.P99_ENVOY, 1, ENVOY));
    goals.add(Goal.atMost("http1", Measures.RSS_LOAD, 72));
    goals.add(Goal.atMost("start", Measures.START, 250));
    goals.add(Goal.atMost("mesh", Measures.CPU, 0.90, HAPROXY));
    goals.add(Goal.atMost("mesh", Measures.CPU, 0.33, ENVOY_MESH));
    for (String bench : List.of("h2-h2", "h2-h1", "h1-h2", "grpc-unary", "grpc-stream")) {
      goals.add(Goal.atMost(bench, Measures.CPU, 1.0, HAPROXY));
      goals.add(Goal.atMost(bench, Measures.CPU, 0.6, ENVOY));
    }
    for (String bench : List.of("tls", "mtls-in", "mtls-out")) {
      goals.add(Goal.atMost(bench, Measures.CPU, 1.0, HAPROXY));
      goals.add(Goal.atMost(bench, Measures.CPU, 0.5, ENVOY));
    }
    goals.add(Goal.atMost("handshakes", Measures.CPU_HANDSHAKE, 1.0, HAPROXY));
    goals.add(Goal.atMost("handshakes", Measures.CPU_HANDSHAKE, 0.5, ENVOY));
    goals.add(Goal.atMost("tcp-1k", Measures.CPU, 1.05, HAPROXY));
    goals.add(Goal.atMost("tcp-1m", Measures.CPU, 1.05, HAPROXY));
    goals.add(Goal.atMost("idle", Measures.BYTES_PER_CONNECTION, 1, ENVOY));
    goals.add(Goal.atLeast("body-down", Measures.BYTES_PER_CPU, 0.9, HAPROXY));
    goals.add(Goal.atLeast("body-up", Measures.BYTES_PER_CPU, 0.9, HAPROXY));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.IMAGE_CONTROL_PLANE, 120));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.IMAGE_SIDECAR, 120));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.WEBHOOK_P99, 20));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.WEBHOOK_P99_TEN, 20));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.ROUTE_P99, 500));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.ROUTE_ERRORS, 0));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.SIDECAR_IDLE, 72));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.SIDECAR_LOAD, 72));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.CONTROL_PLANE_RSS, 300));
    goals.add(Goal.atMost(KubernetesBench.NAME, Measures.POD_DELAY, 1_000));
    return goals;
  }
}
