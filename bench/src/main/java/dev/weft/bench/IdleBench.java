package dev.weft.bench;

import static dev.weft.bench.report.Contenders.ENVOY;
import static dev.weft.bench.report.Contenders.HAPROXY;
import static dev.weft.bench.report.Contenders.NGINX;
import static dev.weft.bench.report.Contenders.WEFT;

import dev.weft.bench.Run.Started;
import dev.weft.bench.load.IdleConnections;
import dev.weft.bench.peer.Haproxy;
import dev.weft.bench.process.Pins;
import dev.weft.bench.report.Measures;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What ten thousand connections cost in resident memory that have each sent one request. */
final class IdleBench {
  static final String NAME = "idle";
  static final String TITLE = "10,000 idle HTTP/1.1 connections";
  private static final int CONNECTIONS = 10_000;

  /** With its defaults (64 MB of heap) a sidecar takes fewer. */
  private static final String WEFT_MEMORY = "-Xmx192m -XX:MaxDirectMemorySize=256m";

  private final Run run;

  IdleBench(Run run) {
    this.run = run;
  }

  void measure() throws IOException, InterruptedException {
    run.say("%n%s: %s", NAME, TITLE);
    for (String name : List.of(HAPROXY, NGINX, ENVOY, WEFT)) {
      try (Started started = start(name)) {
        if (started != null) {
          measure(started);
        }
      }
    }
  }

  private @Nullable Started start(String name) throws IOException {
    if (!name.equals(WEFT)) {
      return run.start(name, Scenarios.HTTP1.way(), run.http1Origin);
    }
    return run.wants(WEFT)
        ? run.weft(run.wiring(Scenarios.HTTP1.way(), run.http1Origin), Pins.PROXY, WEFT_MEMORY)
        : null;
  }

  /** These two want two descriptors for each connection, and the usual limit is 20,000. */
  private static int count(Started started) {
    boolean counts = started.name().equals(HAPROXY) || started.name().equals(WEFT);
    return counts ? Math.min(CONNECTIONS, Haproxy.MAX_CONNECTIONS - 50) : CONNECTIONS;
  }

  private void measure(Started started) throws IOException, InterruptedException {
    int port = started.contender().port();
    // What the first requests load and allocate is not the connections'.
    Scenarios.HTTP1.loads().in(run).run(port, Math.min(5, run.settings.warmup()));
    double before = started.child().residentBytes();
    try (var connections = IdleConnections.open(port, Scenarios.HOST, count(started))) {
      double perConnection = (started.child().residentBytes() - before) / connections.count();
      run.results.add(
          NAME, started.name(), Measures.BYTES_PER_CONNECTION, Math.max(0, perConnection), "B");
      run.results.add(NAME, started.name(), Measures.RSS_LOAD, started.residentMegabytes(), "MB");
      run.say(
          "%-10s %6.0f bytes a connection, %4.0f MB, %d connections",
          started.name(), perConnection, started.residentMegabytes(), connections.count());
    }
  }
}
