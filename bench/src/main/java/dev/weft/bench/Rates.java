package dev.weft.bench;

import dev.weft.bench.Run.Started;
import dev.weft.bench.load.Figures;
import dev.weft.bench.load.Pacer;
import dev.weft.bench.report.Contenders;
import dev.weft.bench.report.Measures;
import java.io.IOException;
import java.util.List;

/**
 * Latency at a rate that a contender can bear: 70% of its own maximum, and 70% of Envoy's, with
 * exponential gaps between requests.
 */
final class Rates {
  private static final double SHARE = 0.7;

  private final Run run;
  private final String bench;
  private final List<Started> contenders;

  Rates(Run run, String bench, List<Started> contenders) {
    this.run = run;
    this.bench = bench;
    this.contenders = contenders;
  }

  void measure() throws IOException, InterruptedException {
    Double envoys = run.results.median(bench, Contenders.ENVOY, Measures.RATE);
    for (int round = 1; round <= run.settings.rounds(); round++) {
      for (Started contender : contenders) {
        if (contender.name().equals(Contenders.RELAY)) {
          continue;
        }
        Double own = run.results.median(bench, contender.name(), Measures.RATE);
        if (own != null) {
          measure(contender, own * SHARE, Measures.P50_OWN, Measures.P99_OWN);
        }
        if (envoys != null) {
          measure(contender, envoys * SHARE, Measures.P50_ENVOY, Measures.P99_ENVOY);
        }
      }
    }
  }

  private void measure(Started contender, double rate, String p50, String p99)
      throws IOException, InterruptedException {
    Figures figures =
        Pacer.rate(Scenarios.HOST, Scenarios.CONNECTIONS, rate)
            .run(contender.contender().port(), run.settings.seconds());
    run.results.add(bench, contender.name(), p50, (double) figures.p50Micros(), "us");
    run.results.add(bench, contender.name(), p99, (double) figures.p99Micros(), "us");
    run.say(
        "%-10s at %6.0f/s (got %6.0f)  p50 %6d us  p99 %6d us  errors %d  %.1f%% late by the generator",
        contender.name(),
        rate,
        figures.requestsPerSecond(),
        figures.p50Micros(),
        figures.p99Micros(),
        figures.errors(),
        figures.latePercent());
  }
}
