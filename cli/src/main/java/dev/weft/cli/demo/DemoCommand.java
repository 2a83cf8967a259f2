package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.mesh.Place;
import dev.weft.cli.demo.process.DemoFailed;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Starts a small mesh to play with, or checks one step by step. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Start a small mesh of real processes and show it; Ctrl-C ends it all.",
      "With --once: check it step by step; exit code 1 when a check is missed."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final Duration SHORT_TTL = Duration.ofSeconds(3);
  private static final Duration TTL = Duration.ofSeconds(5);
  private static final int STEADY = 400;

  /** Where the registry is kept. */
  enum Store {
    EMBEDDED,
    ETCD
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--once", description = "Run every step, check it and end.")
  private boolean once;

  @Option(
      names = "--store",
      defaultValue = "embedded",
      description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private Store store = Store.EMBEDDED;

  @Option(names = "--keep", description = "Keep the logs also when every check holds.")
  private boolean keep;

  @Option(
      names = "--steps",
      split = ",",
      paramLabel = "STEP",
      description =
          "With --once: only these (discovery, canary, crash, control-plane, bad-policy,"
              + " propagation, zones, etcd).")
  private List<String> only = new ArrayList<>();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Place place;
    try {
      place = Place.create();
    } catch (DemoFailed e) {
      err.println("error: " + e.getMessage());
      err.flush();
      return 1;
    }
    DemoMesh mesh = new DemoMesh(place, store == Store.ETCD, once ? SHORT_TTL : TTL, !once);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(mesh, place, out), "demo-end"));
    boolean good = false;
    try {
      good = once ? checkAll(mesh, out) : new LiveDemo(mesh, out).run();
    } catch (DemoFailed e) {
      err.println("error: " + e.getMessage());
      err.flush();
    } finally {
      mesh.close();
      if (good && !keep) {
        place.delete();
      } else {
        out.println("logs: " + place.folder());
        out.flush();
      }
    }
    return good ? 0 : 1;
  }

  /** When the process is interrupted. */
  private void end(DemoMesh mesh, Place place, PrintWriter out) {
    if (mesh.closed()) {
      return;
    }
    mesh.close();
    if (once || keep) {
      out.println();
      out.println("logs: " + place.folder());
    } else {
      place.delete();
      out.println();
      out.println("Everything has ended.");
    }
    out.flush();
  }

  private boolean checkAll(DemoMesh mesh, PrintWriter out) {
    long began = System.nanoTime();
    Report report = new Report(out);
    mesh.start();
    report.note(
        "start",
        String.format(
            "control plane, %d applications and %d sidecars are ready after %.1f s",
            mesh.instances().size(), mesh.instances().size(), (System.nanoTime() - began) / 1e9));
    try (Load load = new Load(mesh.frontend().inboundPort(), STEADY)) {
      steps().forEach(step -> step.run(mesh, load, report));
      Counts all = load.counts();
      report.note("load", "in all: " + all.figure());
    }
    out.printf(
        "%s: %d checks, %d missed, %.0f s%n",
        report.missed() == 0 ? "PASSED" : "FAILED",
        report.checked(),
        report.missed(),
        (System.nanoTime() - began) / 1e9);
    out.flush();
    return report.missed() == 0;
  }

  private List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    add(steps, "discovery", new DiscoveryStep());
    add(steps, "canary", new CanaryStep());
    add(steps, "crash", new CrashStep());
    add(steps, "control-plane", new ControlPlaneGoneStep());
    add(steps, "bad-policy", new BadPolicyStep());
    add(steps, "propagation", new PropagationStep());
    add(steps, "zones", new ZonesStep());
    if (store == Store.ETCD) {
      add(steps, "etcd", new EtcdStep());
    }
    return steps;
  }

  private void add(List<Step> steps, String name, Step step) {
    if (only.isEmpty() || only.contains(name)) {
      steps.add(step);
    }
  }
}
