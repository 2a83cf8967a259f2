package dev.weft.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Runs wrk, the load generator, pinned to one processor, and reads its figures. */
final class Wrk {
  private final Path script;

  Wrk(Path script) {
    this.script = script;
  }

  /** What one run counted; latencies in microseconds. */
  record Figures(long requests, long durationMicros, long p50Micros, long p99Micros, long errors) {
    double requestsPerSecond() {
      return requests * 1e6 / durationMicros;
    }
  }

  /**
   * Loads 127.0.0.1:{@code port} with keep-alive connections.
   *
   * @throws IOException when wrk failed or printed no figures; its output is in the message
   */
  Figures run(String cpu, int port, int connections, int seconds)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    "taskset",
                    "-c",
                    cpu,
                    "wrk",
                    "-t1",
                    "-c" + connections,
                    "-d" + seconds + "s",
                    "-s",
                    script.toString(),
                    "http://127.0.0.1:" + port + Workload.PATH))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output
        .lines()
        .filter(line -> line.startsWith("FIGURES "))
        .findFirst()
        .map(Wrk::parse)
        .orElseThrow(() -> new IOException("wrk printed no figures:\n" + output));
  }

  private static Figures parse(String line) {
    String[] words = line.split(" ");
    return new Figures(
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        Long.parseLong(words[5]));
  }
}
