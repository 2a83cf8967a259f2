package dev.weft.soak;

import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.load.Aim;
import dev.weft.soak.load.Judge;
import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.load.MixedLoad.Protocol;
import dev.weft.soak.load.Tally;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Restarts callers and callees, pair after pair, again and again under load. */
@Command(
    name = "rollout",
    mixinStandardHelpOptions = true,
    description = {
      "Restart every pair of application and sidecar, of callers and of callees, one after the other,",
      "again and again, under HTTP/1.1, HTTP/2 and gRPC from a generator that retries nothing and honours",
      "Connection: close and GOAWAY. Exit code 1 when a request failed."
    })
final class RolloutCommand implements Callable<Integer> {
  /** Everything is started at once and cold; a pair that is restarted later gets no such time. */
  private static final Duration WARM_UP = Duration.ofSeconds(20);

  /** Less is another test: of a machine on which cold processes take what the others need. */
  private static final double RATE_MET = 0.9;

  private static final Duration LAST_ANSWERS = Duration.ofSeconds(30);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--rollouts", defaultValue = "50", description = "Default ${DEFAULT-VALUE}.")
  private int rollouts = 50;

  @Option(
      names = "--rate",
      defaultValue = "2000",
      description = "Requests a second in all; default ${DEFAULT-VALUE}.")
  private int rate = 2000;

  @Option(
      names = "--pairs",
      defaultValue = "2",
      description = "Pairs of the callers, and of the callees; default ${DEFAULT-VALUE}.")
  private int pairs = 2;

  @Option(
      names = "--protocols",
      split = ",",
      defaultValue = "HTTP1,HTTP2,GRPC",
      description = "${COMPLETION-CANDIDATES}; default all.")
  private List<Protocol> protocols = List.of(Protocol.values());

  @Option(names = "--keep", description = "Keep the logs also when nothing failed.")
  private boolean keep;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Place place;
    try {
      place = Place.create();
    } catch (DemoFailed e) {
      spec.commandLine().getErr().println("error: " + e.getMessage());
      return 1;
    }
    boolean good = false;
    try (RolloutMesh mesh = new RolloutMesh(place, pairs)) {
      Runtime.getRuntime().addShutdownHook(new Thread(mesh::close, "soak-end"));
      mesh.start();
      good = run(mesh, out);
    } catch (DemoFailed e) {
      spec.commandLine().getErr().println("error: " + e.getMessage());
    }
    if (good && !keep) {
      place.delete();
    } else {
      out.println("logs: " + place.folder());
    }
    out.flush();
    return good ? 0 : 1;
  }

  private boolean run(RolloutMesh mesh, PrintWriter out) {
    List<Integer> ports = mesh.callers().stream().map(ServiceInstance::inboundPort).toList();
    try (MixedLoad load =
        new MixedLoad(protocols, new Aim("", ports), rate, WARM_UP, Judge.STRICT)) {
      Await.pause(WARM_UP);
      load.awaitSettled();
      long began = System.nanoTime();
      long before = load.ok();
      for (int i = 1; i <= rollouts; i++) {
        long since = System.nanoTime();
        long answered = load.ok();
        long failed = load.failed();
        int impolite = mesh.restartEach(load);
        double seconds = (System.nanoTime() - since) / 1e9;
        out.printf(
            "rollout %2d of %d: %d pairs in %.1f s, %,d requests (%,.0f a second), %d failed%s%n",
            i,
            rollouts,
            mesh.size(),
            seconds,
            load.ok() - answered,
            (load.ok() - answered) / seconds,
            load.failed() - failed,
            impolite == 0 ? "" : ", " + impolite + " had to be killed");
        out.flush();
      }
      double rateSeen = (load.ok() - before) / ((System.nanoTime() - began) / 1e9);
      load.stop();
      boolean all = Await.until(LAST_ANSWERS, () -> load.underWay() == 0);
      return report(load, rateSeen, all, out);
    }
  }

  private boolean report(MixedLoad load, double rateSeen, boolean all, PrintWriter out) {
    for (Tally tally : load.tallies()) {
      out.printf(
          "%-8s %,9d answered, %,d failed; p50 %.2f ms, p99 %.2f ms, longest %.0f ms%n",
          tally.protocol(),
          tally.ok(),
          tally.failed(),
          tally.latencyMillis(50),
          tally.latencyMillis(99),
          tally.latencyMillis(100));
      tally.failures().forEach(failure -> out.println("         " + failure));
    }
    boolean good = load.failed() == 0 && all && rateSeen >= rate * RATE_MET;
    out.printf(
        "%s: %d rollouts, %,d requests answered, %,d failed, %,d held back, %d without an answer, about"
            + " %,.0f a second%n",
        good ? "PASSED" : "FAILED",
        rollouts,
        load.ok(),
        load.failed(),
        load.pressure().heldBack(),
        load.underWay(),
        rateSeen);
    out.flush();
    return good;
  }
}
