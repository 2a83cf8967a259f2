package dev.weft.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * HTTP/1.1 keep-alive through one proxy on one processor, load generator and origin on another:
 * Weft's sidecar as shipped, HAProxy and nginx, loaded in turn, round after round.
 */
@Command(
    name = "http1",
    mixinStandardHelpOptions = true,
    description =
        "HTTP/1.1 keep-alive: the sidecar beside HAProxy and nginx. Needs wrk, haproxy, nginx and taskset.")
final class Http1Bench implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Counted rounds of every contender (${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "8",
      description = "Seconds of load per round (${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--warmup",
      defaultValue = "8",
      description = "Seconds of load before the first round (${DEFAULT-VALUE}).")
  int warmup;

  @Option(
      names = "--connections",
      defaultValue = "64",
      description = "Client connections (${DEFAULT-VALUE}).")
  int connections;

  @Option(names = "--only", split = ",", description = "Contenders to run: weft, haproxy, nginx.")
  List<String> only = List.of("haproxy", "nginx", "weft");

  @Option(
      names = "--json",
      description = "Write rows {bench, contender, measure, value, unit} to this file.")
  @Nullable Path json;

  @Option(
      names = "--home",
      defaultValue = "${sys:weft.home}",
      description = "The distribution to measure.")
  @Nullable Path home;

  private static final String PROXY_CPU = "0";
  private static final String LOAD_CPU = "1";

  @Override
  public Integer call() throws Exception {
    if (home == null || !Files.isExecutable(home.resolve("sidecar/bin/weft-sidecar"))) {
      throw new IOException(
          "no distribution at " + home + ": run it as ./weft bench http1, or give --home");
    }
    PrintWriter out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    Path folder = Files.createTempDirectory("weft-bench-");
    var running = new LinkedHashMap<Contender, Child>();
    var report = new Report("http1");
    int originPort = freePort();
    int grpcPort = freePort();
    try (Child origin =
        Child.start(Contender.origin(program("nginx"), folder, originPort), LOAD_CPU, folder)) {
      origin.awaitListening(originPort, System.nanoTime());
      try (WeftMesh mesh =
          WeftMesh.start(home, folder, LOAD_CPU, grpcPort, freePort(), originPort)) {
        for (Contender contender : contenders(home, folder, originPort, grpcPort)) {
          long start = System.nanoTime();
          Child child = Child.start(contender, PROXY_CPU, folder);
          running.put(contender, child);
          report.add(
              contender.name(), "start_ms", child.awaitListening(contender.port(), start), "ms");
        }
        measure(
            running,
            report,
            new Wrk(Files.writeString(folder.resolve("load.lua"), Workload.wrkScript())),
            out);
      } finally {
        running.values().forEach(Child::close);
      }
    }
    report.print(out, "haproxy");
    if (json != null) {
      report.writeJson(json);
    }
    return 0;
  }

  private void measure(Map<Contender, Child> running, Report report, Wrk wrk, PrintWriter out)
      throws IOException, InterruptedException {
    for (var entry : running.entrySet()) {
      report.add(entry.getKey().name(), "rss_mb_idle", megabytes(entry.getValue()), "MB");
    }
    for (Contender contender : running.keySet()) {
      wrk.run(LOAD_CPU, contender.port(), connections, warmup);
    }
    for (int round = 1; round <= rounds; round++) {
      for (var entry : running.entrySet()) {
        Child child = entry.getValue();
        String name = entry.getKey().name();
        long before = child.cpuNanos();
        Wrk.Figures figures = wrk.run(LOAD_CPU, entry.getKey().port(), connections, seconds);
        double cpu = (child.cpuNanos() - before) / 1e3 / figures.requests();
        report.add(name, "cpu_us_per_request", cpu, "us");
        report.add(name, "requests_per_second", figures.requestsPerSecond(), "1/s");
        report.add(name, "p50_us", (double) figures.p50Micros(), "us");
        report.add(name, "p99_us", (double) figures.p99Micros(), "us");
        report.add(name, "rss_mb_load", megabytes(child), "MB");
        report.add(name, "errors", (double) figures.errors(), "1");
        out.printf(
            "round %d  %-8s %6.2f us/request  %8.0f/s  p50 %d us  p99 %d us  errors %d%n",
            round,
            name,
            cpu,
            figures.requestsPerSecond(),
            figures.p50Micros(),
            figures.p99Micros(),
            figures.errors());
        out.flush();
      }
    }
  }

  private List<Contender> contenders(Path home, Path folder, int originPort, int grpcPort)
      throws IOException {
    var all = new ArrayList<Contender>();
    for (String name : only) {
      all.add(
          switch (name) {
            case "haproxy" -> Contender.haproxy(program("haproxy"), folder, freePort(), originPort);
            case "nginx" -> Contender.nginx(program("nginx"), folder, freePort(), originPort);
            case "weft" ->
                WeftMesh.sidecar(
                    home, folder, freePort(), freePort(), freePort(), originPort, grpcPort);
            default ->
                throw new IOException(
                    "unknown contender " + name + ": expected weft, haproxy or nginx");
          });
    }
    return all;
  }

  private static double megabytes(Child child) {
    return child.residentBytes() / 1e6;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String program(String name) throws IOException {
    for (String folder : (System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin").split(":")) {
      Path candidate = Path.of(folder, name);
      if (Files.isExecutable(candidate)) {
        return candidate.toString();
      }
    }
    throw new IOException(name + " is not on the PATH: install it, or leave it out with --only");
  }
}
