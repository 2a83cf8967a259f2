package dev.weft.bench;

import dev.weft.bench.Run.Started;
import dev.weft.bench.load.Figures;
import dev.weft.bench.load.Load;
import dev.weft.bench.process.Pins;
import dev.weft.bench.report.Measures;
import java.io.IOException;

/**
 * One worker and two, both free to use both processors, which they share with the load: what a
 * request costs must not grow with the second worker.
 */
final class WorkersBench {
  static final String NAME = "workers";
  static final String TITLE = "one worker and two, on the load's processor as well";

  private final Run run;

  WorkersBench(Run run) {
    this.run = run;
  }

  void measure() throws IOException, InterruptedException {
    run.say("%n%s: %s", NAME, TITLE);
    try (Started one = start("1");
        Started two = start("2")) {
      Load load = Scenarios.HTTP1.loads().in(run);
      for (Started each : new Started[] {one, two}) {
        load.run(each.contender().port(), run.settings.warmup());
      }
      for (int round = 1; round <= run.settings.rounds(); round++) {
        round(load, one, "weft");
        round(load, two, "weft-2-workers");
      }
    }
  }

  private Started start(String workers) throws IOException {
    return run.weft(
        run.wiring(Scenarios.HTTP1.way(), run.http1Origin), Pins.BOTH, "", "--workers", workers);
  }

  private void round(Load load, Started started, String name)
      throws IOException, InterruptedException {
    long before = started.child().cpuNanos();
    Figures figures = load.run(started.contender().port(), run.settings.seconds());
    double cpu = (started.child().cpuNanos() - before) / 1e3 / Math.max(1, figures.requests());
    run.results.add(NAME, name, Measures.CPU, cpu, "us");
    run.results.add(NAME, name, Measures.RATE, figures.requestsPerSecond(), "1/s");
    run.results.add(NAME, name, Measures.P99, (double) figures.p99Micros(), "us");
    run.say("%-16s %6.2f us/request  %8.0f/s", name, cpu, figures.requestsPerSecond());
  }
}
