package dev.weft.bench;

import dev.weft.bench.Run.Started;
import dev.weft.bench.load.Figures;
import dev.weft.bench.load.Load;
import dev.weft.bench.process.Pins;
import dev.weft.bench.report.Contenders;
import dev.weft.bench.report.Measures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bytes of Java heap that the sidecar allocates for a request in the steady state, from the log of
 * its collector: between two collections, the young generation grew by what was allocated.
 */
final class AllocationBench {
  private static final Pattern COLLECTION =
      Pattern.compile("\\[([0-9.]+)s\\].*DefNew: (\\d+)K\\(\\d+K\\)->(\\d+)K");
  private static final int LONGER = 3;

  private final Run run;

  AllocationBench(Run run) {
    this.run = run;
  }

  void measure() throws IOException, InterruptedException {
    Path log = run.folder.resolve("weft-gc.log");
    Files.deleteIfExists(log);
    try (Started started =
        run.weft(
            run.wiring(Scenarios.HTTP1.way(), run.http1Origin),
            Pins.PROXY,
            "-Xlog:gc+heap=info:file=" + log + ":uptime")) {
      Load load = Scenarios.HTTP1.loads().in(run);
      int port = started.contender().port();
      load.run(port, run.settings.warmup() + run.settings.seconds());
      int before = Files.readAllLines(log).size();
      Figures figures = load.run(port, run.settings.seconds() * LONGER);
      List<String> lines = Files.readAllLines(log);
      double perSecond = allocatedPerSecond(lines.subList(before, lines.size()));
      double perRequest = perSecond / figures.requestsPerSecond();
      run.results.add(Scenarios.HTTP1.name(), Contenders.WEFT, Measures.ALLOCATED, perRequest, "B");
      run.say("weft allocates %.0f bytes of heap for a request", perRequest);
    }
  }

  /** 0 when there were fewer than two collections: then it is next to nothing. */
  static double allocatedPerSecond(List<String> log) {
    double first = -1;
    double last = -1;
    long kept = 0;
    long allocated = 0;
    for (String line : log) {
      Matcher matcher = COLLECTION.matcher(line);
      if (!matcher.find()) {
        continue;
      }
      last = Double.parseDouble(matcher.group(1));
      if (first < 0) {
        first = last;
      } else {
        allocated += Long.parseLong(matcher.group(2)) - kept;
      }
      kept = Long.parseLong(matcher.group(3));
    }
    return last > first ? allocated * 1024.0 / (last - first) : 0;
  }
}
