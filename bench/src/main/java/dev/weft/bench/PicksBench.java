package dev.weft.bench;

import dev.weft.bench.picks.PickBenchmark;
import dev.weft.bench.report.Results;
import java.io.IOException;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** What choosing an endpoint costs, by balancer; JMH in a JVM of its own for each figure. */
final class PicksBench {
  static final String NAME = "picks";
  static final String TITLE = "Nanoseconds per choice of an endpoint, by balancer";

  /** Whom the others are compared with. */
  static final String REFERENCE = "round_robin";

  private static final int WARMUPS = 3;

  private final Results results;

  PicksBench(Results results) {
    this.results = results;
  }

  /**
   * @param rounds how many iterations count, each of a second
   */
  void measure(int rounds) throws IOException {
    var options =
        new OptionsBuilder()
            .include(PickBenchmark.class.getName())
            .forks(1)
            .warmupIterations(WARMUPS)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(rounds)
            .measurementTime(TimeValue.seconds(1))
            .shouldFailOnError(true)
            .build();
    try {
      for (RunResult result : new Runner(options).run()) {
        results.add(
            NAME,
            result.getParams().getParam("balancer").toLowerCase(Locale.ROOT),
            "ns_per_pick_" + result.getParams().getParam("among").toLowerCase(Locale.ROOT),
            result.getPrimaryResult().getScore(),
            "ns");
      }
    } catch (RunnerException e) {
      throw new IOException("JMH: " + e.getMessage(), e);
    }
  }
}
