package dev.weft.bench;

import static dev.weft.bench.report.Contenders.ENVOY;
import static dev.weft.bench.report.Contenders.HAPROXY;
import static dev.weft.bench.report.Contenders.NGINX;
import static dev.weft.bench.report.Contenders.RELAY;
import static dev.weft.bench.report.Contenders.WEFT;
import static dev.weft.bench.report.Contenders.WEFT_BEFORE;

import dev.weft.bench.Run.Started;
import dev.weft.bench.report.Measures;
import java.io.IOException;
import java.util.List;

/** From the start of a process on one processor to its first accepted connection. */
final class StartBench {
  static final String NAME = "start";
  static final String TITLE = "from start to listening, one processor";

  private final Run run;

  StartBench(Run run) {
    this.run = run;
  }

  void measure() throws IOException, InterruptedException {
    run.say("%n%s: %s", NAME, TITLE);
    for (int round = 0; round <= run.settings.rounds(); round++) {
      for (String name : List.of(HAPROXY, NGINX, ENVOY, RELAY, WEFT, WEFT_BEFORE)) {
        try (Started started = run.start(name, Scenarios.HTTP1.way(), run.http1Origin)) {
          // The first start of each reads files that later ones find in memory.
          if (started != null && round > 0) {
            run.results.add(NAME, name, Measures.START, started.startMillis(), "ms");
            run.say("round %d  %-10s %6.0f ms", round, name, started.startMillis());
          }
        }
      }
    }
  }
}
