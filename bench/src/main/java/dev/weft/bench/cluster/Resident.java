package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resident memory of processes in pods, as their own metrics say it (VmRSS, files included); of an
 * older version, whose metrics do not say it, there is none.
 */
public final class Resident {
  private static final int SIDECAR_METRICS = 15021;
  private static final int CONTROL_PLANE_METRICS = 7701;
  private static final double MEGABYTE = 1e6;
  private static final Pattern METRIC =
      Pattern.compile("(?m)^process_resident_memory_bytes(?:\\{[^}]*})? ([0-9.eE+]+)$");

  private Resident() {}

  /** The sidecars' of the bench's frontends and catalogs, in megabytes, in no order. */
  public static List<Double> sidecars(BenchCluster cluster)
      throws IOException, InterruptedException {
    List<Pod> pods =
        cluster
            .client
            .pods()
            .inNamespace(BenchCluster.NAMESPACE)
            .withLabelIn("app", "frontend", "catalog")
            .list()
            .getItems();
    return read(cluster, pods, SIDECAR_METRICS);
  }

  /** The control plane's replicas', in megabytes. */
  public static List<Double> controlPlanes(BenchCluster cluster)
      throws IOException, InterruptedException {
    return read(cluster, cluster.controlPlanes(), CONTROL_PLANE_METRICS);
  }

  private static List<Double> read(BenchCluster cluster, List<Pod> pods, int port)
      throws IOException, InterruptedException {
    var all = new ArrayList<Double>();
    for (Pod pod : pods) {
      parse(
              cluster.get(
                  "/api/v1/namespaces/"
                      + pod.getMetadata().getNamespace()
                      + "/pods/"
                      + pod.getMetadata().getName()
                      + ":"
                      + port
                      + "/proxy/metrics"))
          .ifPresent(all::add);
    }
    return all;
  }

  static OptionalDouble parse(String metrics) {
    Matcher found = METRIC.matcher(metrics);
    return found.find()
        ? OptionalDouble.of(Double.parseDouble(found.group(1)) / MEGABYTE)
        : OptionalDouble.empty();
  }
}
