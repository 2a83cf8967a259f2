package dev.weft.bench;

import dev.weft.bench.Run.Started;
import dev.weft.bench.load.Figures;
import dev.weft.bench.load.Load;
import dev.weft.bench.process.Pins;
import dev.weft.bench.report.Contenders;
import dev.weft.bench.report.Measures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bytes of Java heap that the sidecar allocates for a request in the steady state: by how much the
 * young generation grew (asked with jcmd), and what its collector took meanwhile (from its log).
 * What the process allocates beside requests is in it.
 */
final class AllocationBench {
  private static final Pattern COLLECTION = Pattern.compile("DefNew: (\\d+)K\\(\\d+K\\)->(\\d+)K");
  private static final Pattern USED = Pattern.compile("DefNew\\s+total \\d+K, used (\\d+)K");
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
      // The first question loads what answers it.
      usedKilobytes(started.child().pid());
      long usedBefore = usedKilobytes(started.child().pid());
      int linesBefore = Files.readAllLines(log).size();
      Figures figures = load.run(port, run.settings.seconds() * LONGER);
      List<String> lines = Files.readAllLines(log);
      long allocated =
          usedKilobytes(started.child().pid())
              - usedBefore
              + collectedKilobytes(lines.subList(linesBefore, lines.size()));
      double perRequest = allocated * 1024.0 / figures.requests();
      run.results.add(Scenarios.HTTP1.name(), Contenders.WEFT, Measures.ALLOCATED, perRequest, "B");
      run.say("weft allocates %.0f bytes of heap for a request", perRequest);
    }
  }

  /** How much of the young generation's content went away in collections. */
  static long collectedKilobytes(List<String> log) {
    long collected = 0;
    for (String line : log) {
      Matcher matcher = COLLECTION.matcher(line);
      if (matcher.find()) {
        collected += Long.parseLong(matcher.group(1)) - Long.parseLong(matcher.group(2));
      }
    }
    return collected;
  }

  private static long usedKilobytes(long pid) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                "GC.heap_info")
            .redirectErrorStream(true)
            .start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    jcmd.waitFor();
    Matcher matcher = USED.matcher(said);
    if (!matcher.find()) {
      throw new IOException("jcmd does not say how full the heap is: " + said);
    }
    return Long.parseLong(matcher.group(1));
  }
}
