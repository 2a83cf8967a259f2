package dev.weft.bench;

import static dev.weft.bench.report.Contenders.WEFT;

import dev.weft.bench.cluster.BenchCluster;
import dev.weft.bench.cluster.Callers;
import dev.weft.bench.cluster.Installation;
import dev.weft.bench.cluster.PodStarts;
import dev.weft.bench.cluster.Resident;
import dev.weft.bench.cluster.Reviews;
import dev.weft.bench.cluster.RouteChanges;
import dev.weft.bench.cluster.Shop;
import dev.weft.bench.report.Measures;
import dev.weft.bench.report.Results;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** What Weft costs on a cluster, and how soon a change is in force there. */
final class KubernetesBench {
  static final String NAME = "k8s";
  static final String TITLE = "on a cluster of Kubernetes";

  private static final double MEGABYTE = 1e6;
  private static final Duration REST = Duration.ofSeconds(10);

  /** 8 connections to each frontend, together 200 requests a second of each. */
  private static final int CONNECTIONS = 8;

  private static final Duration PACE = Duration.ofMillis(40);
  private static final int LOAD_SAMPLES = 10;
  private static final Duration SAMPLE_EVERY = Duration.ofSeconds(2);

  private final Path home;
  private final Results results;
  private final PrintWriter out;
  private double controlPlane;

  KubernetesBench(Path home, Results results, PrintWriter out) {
    this.home = home;
    this.results = results;
    this.out = out;
  }

  /**
   * Measures everything.
   *
   * @param sidecars frontends, each with one
   * @param changes of a route
   * @param rounds of pods that are started, one of each kind in each
   */
  void measure(int sidecars, int changes, int rounds) throws IOException, InterruptedException {
    out.printf(Locale.ROOT, "%n%s: %s%n", NAME, TITLE);
    out.flush();
    try (var cluster = BenchCluster.open(out);
        var installation = Installation.open(cluster, home)) {
      image(Measures.IMAGE_CONTROL_PLANE, installation.unpackedBytes("weft-control-plane"));
      image(Measures.IMAGE_SIDECAR, installation.unpackedBytes("weft-sidecar"));
      reviews(Reviews.measure(cluster));
      look(cluster);
      try (var shop = Shop.open(cluster, installation, sidecars)) {
        List<InetSocketAddress> frontends = shop.frontends();
        changes(RouteChanges.measure(shop, frontends, changes));
        look(cluster);
        memory(cluster, frontends);
        starts(PodStarts.measure(cluster, rounds));
        look(cluster);
      }
      resident(Measures.CONTROL_PLANE_RSS, controlPlane);
    }
  }

  private void image(String measure, long bytes) {
    if (bytes > 0) {
      add(measure, bytes / MEGABYTE, "MB");
    }
  }

  private void reviews(Reviews reviews) {
    add(Measures.WEBHOOK_P50, reviews.sequential().median(), "ms");
    add(Measures.WEBHOOK_P99, reviews.sequential().at(99), "ms");
    add(Measures.WEBHOOK_P50_TEN, reviews.parallel().median(), "ms");
    add(Measures.WEBHOOK_P99_TEN, reviews.parallel().at(99), "ms");
  }

  private void changes(RouteChanges changes) {
    add(Measures.ROUTE_P50, changes.inForce().median(), "ms");
    add(Measures.ROUTE_P99, changes.inForce().at(99), "ms");
    add(Measures.ROUTE_APPLIED, changes.applied().median(), "ms");
    add(Measures.ROUTE_ERRORS, changes.failures(), "");
  }

  private void memory(BenchCluster cluster, List<InetSocketAddress> frontends)
      throws IOException, InterruptedException {
    // What the compilers took comes back.
    LockSupport.parkNanos(REST.toNanos());
    resident(Measures.SIDECAR_IDLE, largest(Resident.sidecars(cluster)));
    double most = 0;
    long from = System.nanoTime();
    try (var callers = new Callers(frontends, CONNECTIONS, PACE)) {
      for (int i = 0; i < LOAD_SAMPLES; i++) {
        LockSupport.parkNanos(SAMPLE_EVERY.toNanos());
        most = Math.max(most, largest(Resident.sidecars(cluster)));
      }
      add(Measures.LOAD_RATE, callers.calls() / ((System.nanoTime() - from) / 1e9), "1/s");
    }
    resident(Measures.SIDECAR_LOAD, most);
  }

  private void starts(PodStarts starts) {
    add(Measures.POD_PLAIN, starts.plain().median(), "ms");
    add(Measures.POD_INJECTED, starts.injected().median(), "ms");
    add(Measures.POD_IDLE, starts.idle().median(), "ms");
    add(Measures.POD_DELAY, starts.delay(), "ms");
    add(Measures.POD_OWN, starts.own(), "ms");
  }

  private void look(BenchCluster cluster) throws IOException, InterruptedException {
    controlPlane = Math.max(controlPlane, largest(Resident.controlPlanes(cluster)));
  }

  private void resident(String measure, double megabytes) {
    if (megabytes > 0) {
      add(measure, megabytes, "MB");
    } else {
      out.println(measure + ": what is installed has no metric of it");
    }
  }

  private static double largest(List<Double> all) {
    return all.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  private void add(String measure, double value, String unit) {
    results.add(NAME, WEFT, measure, value, unit);
    out.printf(Locale.ROOT, "%-32s %,10.1f %s%n", measure, value, unit);
    out.flush();
  }
}
