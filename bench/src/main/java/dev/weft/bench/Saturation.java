package dev.weft.bench;

import dev.weft.bench.Run.Started;
import dev.weft.bench.load.Figures;
import dev.weft.bench.load.Load;
import dev.weft.bench.report.Measures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Loads the contenders of one scenario in turn, round after round, each as much as it takes. */
final class Saturation {
  private static final int BIG_WARMUP_SECONDS = 3;

  private final Run run;
  private final Scenario scenario;

  Saturation(Run run, Scenario scenario) {
    this.run = run;
    this.scenario = scenario;
  }

  void measure() throws IOException, InterruptedException {
    run.say("%n%s: %s", scenario.name(), scenario.title());
    var started = new ArrayList<Started>();
    try {
      for (String name : scenario.contenders()) {
        Started contender = run.start(name, scenario.way(), scenario.origin().applyAsInt(run));
        if (contender != null) {
          started.add(contender);
        } else if (run.wants(name)) {
          run.say("%-10s left out: it is not here, or has no such way", name);
        }
      }
      measure(started);
    } finally {
      started.forEach(Started::close);
    }
  }

  private void measure(List<Started> contenders) throws IOException, InterruptedException {
    Load load = scenario.loads().in(run);
    for (Started contender : contenders) {
      add(contender, Measures.RSS_IDLE, contender.residentMegabytes(), "MB");
    }
    int warmup =
        scenario.megabytes() > 0
            ? Math.min(BIG_WARMUP_SECONDS, run.settings.warmup())
            : run.settings.warmup();
    for (Started contender : contenders) {
      load.run(contender.contender().port(), warmup);
    }
    for (int round = 1; round <= run.settings.rounds(); round++) {
      for (Started contender : contenders) {
        round(round, contender, load);
      }
    }
    if (scenario.name().equals(Scenarios.HTTP1.name())) {
      new Rates(run, scenario.name(), contenders).measure();
    }
  }

  private void round(int round, Started contender, Load load)
      throws IOException, InterruptedException {
    long before = contender.child().cpuNanos();
    Figures figures = load.run(contender.contender().port(), run.settings.seconds());
    double cpuMicros = (contender.child().cpuNanos() - before) / 1e3;
    double cpu = cpuMicros / Math.max(1, figures.requests());
    add(contender, scenario.cpuMeasure(), cpu, "us");
    add(contender, Measures.RATE, figures.requestsPerSecond(), "1/s");
    add(contender, Measures.P50, (double) figures.p50Micros(), "us");
    add(contender, Measures.P99, (double) figures.p99Micros(), "us");
    if (scenario.megabytes() > 0) {
      add(
          contender,
          Measures.BYTES_PER_CPU,
          figures.requests() * scenario.megabytes() * 1.048576 / (cpuMicros / 1e6),
          "MB/s");
    }
    add(contender, Measures.RSS_LOAD, contender.residentMegabytes(), "MB");
    add(contender, Measures.ERRORS, (double) figures.errors(), "1");
    run.say(
        "round %d  %-10s %9.2f us/request %9.0f/s  p50 %6d us  p99 %6d us  %5.0f MB  errors %d",
        round,
        contender.name(),
        cpu,
        figures.requestsPerSecond(),
        figures.p50Micros(),
        figures.p99Micros(),
        contender.residentMegabytes(),
        figures.errors());
  }

  private void add(Started contender, String measure, double value, String unit) {
    run.results.add(scenario.name(), contender.name(), measure, value, unit);
  }
}
