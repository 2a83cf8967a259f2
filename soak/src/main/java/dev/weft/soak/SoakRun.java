package dev.weft.soak;

import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.soak.fault.Fault;
import dev.weft.soak.fault.FaultSchedule;
import dev.weft.soak.fault.Injector;
import dev.weft.soak.load.Aim;
import dev.weft.soak.load.Judge;
import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.load.MixedLoad.Protocol;
import dev.weft.soak.load.Pressure;
import dev.weft.soak.mesh.Equality;
import dev.weft.soak.mesh.SoakMesh;
import dev.weft.soak.watch.ProcessWatch;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Strikes a mesh that has been started, again and again, while requests go through it. */
final class SoakRun {
  /** Everything is started at once and cold. */
  private static final Duration WARM_UP = Duration.ofSeconds(15);

  private static final Duration LAST_ANSWERS = Duration.ofSeconds(30);
  private static final String BEGUN = "the response had begun";
  private static final String LOST_WITH_EDGE = "under way in a caller's sidecar that was killed";

  private final SoakMesh mesh;
  private final long seed;
  private final Duration lasts;
  private final int rate;
  private final PrintWriter out;
  private final List<String> troubles = new ArrayList<>();
  private final Map<String, Integer> faults = new TreeMap<>();
  private @Nullable Fault now;
  private long began;

  SoakRun(SoakMesh mesh, long seed, Duration lasts, int rate, PrintWriter out) {
    this.mesh = mesh;
    this.seed = seed;
    this.lasts = lasts;
    this.rate = rate;
    this.out = out;
  }

  /** What of the failures could not be avoided: see ADR 0033. */
  private Judge judge() {
    return (problem, requestBegan, ended) -> {
      if (problem.begun()) {
        return BEGUN;
      }
      return problem.broken() && mesh.lostWithEdge(problem.port(), requestBegan, ended)
          ? LOST_WITH_EDGE
          : null;
    };
  }

  /** Whether nothing failed that could have been avoided, and everything stayed flat and equal. */
  boolean run() {
    try (ProcessWatch watch = new ProcessWatch(mesh::processes);
        Equality equality = new Equality(mesh);
        Injector injector = new Injector(mesh, this::trouble);
        MixedLoad load =
            new MixedLoad(
                List.of(Protocol.values()),
                new Aim(SoakMesh.FRONTEND, mesh.ports()),
                rate,
                WARM_UP,
                judge())) {
      FaultSchedule schedule = new FaultSchedule(seed, injector.plan());
      say(
          String.format(
              "seed %d; spared what kills: %s", seed, String.join(", ", schedule.spared())));
      Await.pause(WARM_UP);
      load.awaitSettled();
      boolean goOn = equal(equality);
      began = System.nanoTime();
      while (goOn && System.nanoTime() - began < lasts.toNanos()) {
        goOn = strike(schedule.next(), injector, equality, load);
      }
      load.stop();
      boolean answered = Await.until(LAST_ANSWERS, () -> load.underWay() == 0);
      if (!answered) {
        troubles.add(load.underWay() + " requests have no answer after " + LAST_ANSWERS);
      }
      return new SoakReport(load, watch.lives(), faults, troubles, out)
          .print(seed, lasts, rate, Duration.ofNanos(System.nanoTime() - began));
    }
  }

  /** Whether the mesh is still one to go on with. */
  private boolean strike(Fault fault, Injector injector, Equality equality, MixedLoad load) {
    now = fault;
    long failed = load.failed();
    long ok = load.ok();
    long excused = excused(load);
    Pressure pressed = load.pressure();
    Map<String, String> before = equality.incarnations();
    long since = System.nanoTime();
    boolean goOn = false;
    try {
      injector.carryOut(fault);
      load.targets(mesh.ports());
      goOn = equal(equality);
      kept(before, equality.incarnations(), injector.replaced(fault));
    } catch (DemoFailed | StatusRuntimeException e) {
      trouble("the run ends here: " + e.getMessage());
    }
    double seconds = (System.nanoTime() - since) / 1e9;
    faults.merge(fault.kind().toString(), 1, Integer::sum);
    Await.pause(fault.quiet());
    Pressure pressure = load.pressure().since(pressed);
    say(
        String.format(
            "#%d %s: equal again after %.1f s; %,d answered, %d failed%s%s",
            fault.number(),
            fault.describe(),
            seconds,
            load.ok() - ok,
            load.failed() - failed,
            excused(load) == excused
                ? ""
                : ", " + (excused(load) - excused) + " that could not be avoided",
            pressure.heldBack() == 0 ? "" : ", " + pressure.heldBack() + " held back"));
    if (pressure.stalled()) {
      trouble(pressure.describe());
    }
    if (load.failed() > failed) {
      trouble(
          (load.failed() - failed) + " requests failed that need not; logs: " + concerned(fault));
    }
    return goOn;
  }

  private String concerned(Fault fault) {
    return mesh.instances().containsKey(fault.target())
        ? mesh.logs(fault.target())
        : "those of " + String.join(", ", mesh.edges().stream().map(it -> it.name()).toList());
  }

  private static long excused(MixedLoad load) {
    return load.excused().values().stream().mapToLong(Long::longValue).sum();
  }

  private boolean equal(Equality equality) {
    List<String> differences = equality.await();
    if (!differences.isEmpty()) {
      trouble("not equal after a minute: " + String.join("; ", differences));
    }
    return mesh.dead().isEmpty();
  }

  /** Whoever was not touched is still who it was: nobody was thought to have vanished. */
  private void kept(Map<String, String> before, Map<String, String> after, List<String> replaced) {
    before.forEach(
        (id, incarnation) -> {
          if (mesh.instances().containsKey(id)
              && !replaced.contains(id)
              && !incarnation.equals(after.get(id))) {
            trouble(id + " registered anew, though nothing had happened to it");
          }
        });
  }

  private void trouble(String what) {
    Fault during = now;
    String text =
        (during == null
                ? "before the first fault"
                : "#" + during.number() + " " + during.describe())
            + ": "
            + what;
    troubles.add(text);
    say(String.format("TROUBLE %s", text));
  }

  private void say(String text) {
    long seconds = began == 0 ? 0 : (System.nanoTime() - began) / 1_000_000_000;
    out.printf("%3d:%02d  %s%n", seconds / 60, seconds % 60, text);
    out.flush();
  }
}
