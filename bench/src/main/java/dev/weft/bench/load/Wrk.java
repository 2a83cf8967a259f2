package dev.weft.bench.load;

import dev.weft.bench.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** wrk: HTTP/1.1, as fast as it gets answers. */
public final class Wrk implements Load {
  private final String scheme;
  private final String path;
  private final int connections;
  private final Path script;

  private Wrk(String scheme, String path, int connections, Path script) {
    this.scheme = scheme;
    this.path = path;
    this.connections = connections;
    this.script = script;
  }

  /**
   * GETs with the workload's headers.
   *
   * @param further lines of Lua that run before the first request
   */
  public static Wrk gets(
      Path folder, String scheme, String host, String path, int connections, String further)
      throws IOException {
    var lua = new StringBuilder("wrk.headers[\"Host\"] = \"" + host + "\"\n");
    Workload.HEADERS.forEach(
        header ->
            lua.append("wrk.headers[\"%s\"] = \"%s\"\n".formatted(header.get(0), header.get(1))));
    lua.append(further);
    lua.append(
        """

        done = function(summary, latency, requests)
          io.write(string.format("FIGURES %d %d %d %d %d\\n", summary.requests, summary.duration,
            latency:percentile(50), latency:percentile(99),
            summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
        end
        """);
    Path script = Files.createTempFile(folder, "wrk-", ".lua");
    Files.writeString(script, lua);
    return new Wrk(scheme, path, connections, script);
  }

  @Override
  public Figures run(int port, int seconds) throws IOException, InterruptedException {
    String output =
        Generator.run(
            List.of(
                Programs.need("wrk"),
                "-t1",
                "-c" + connections,
                "-d" + seconds + "s",
                "--timeout",
                "60s",
                "-s",
                script.toString(),
                scheme + "://127.0.0.1:" + port + path));
    return Figures.parse("wrk", output);
  }
}
