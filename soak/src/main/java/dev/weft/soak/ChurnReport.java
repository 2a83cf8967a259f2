package dev.weft.soak;

import dev.weft.soak.churn.Promptness;
import dev.weft.soak.churn.Propagation;
import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.load.Pressure;
import dev.weft.soak.load.Tally;
import dev.weft.soak.watch.CpuUse;
import dev.weft.soak.watch.Flatness;
import dev.weft.soak.watch.Flatness.Judgement;
import dev.weft.soak.watch.ProcessWatch.Life;
import dev.weft.soak.watch.Sample;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a run of churn has shown, printed at its end. */
final class ChurnReport {
  private static final double RATE_MET = 0.95;

  private final MixedLoad load;
  private final Propagation registrations;
  private final Propagation ends;
  private final List<Life> controlPlanes;
  private final List<String> troubles;
  private final PrintWriter out;
  private int judged;

  /**
   * @param controlPlanes replicas and their store
   * @param troubles what was seen before
   */
  ChurnReport(
      MixedLoad load,
      Propagation registrations,
      Propagation ends,
      List<Life> controlPlanes,
      List<String> troubles,
      PrintWriter out) {
    this.load = load;
    this.registrations = registrations;
    this.ends = ends;
    this.controlPlanes = controlPlanes;
    this.troubles = new ArrayList<>(troubles);
    this.out = out;
  }

  /**
   * Prints everything, the verdict last; whether it is good.
   *
   * @param registered how many instances did, from one time to the other
   */
  boolean print(ChurnRun.Size size, long seed, long registered, Duration from, Duration to) {
    out.println();
    controlPlanes.forEach(life -> process(life, from, to));
    List<Promptness> promptness =
        List.of(
            new Promptness("seen", registrations.laterMillis(99)),
            new Promptness("gone", ends.laterMillis(99)));
    for (Promptness each : promptness) {
      out.println(each.describe());
      if (!each.kept()) {
        troubles.add("changes came late: " + each.describe());
      }
    }
    load.tallies().forEach(this::requests);
    double seconds = to.minus(from).toMillis() / 1000.0;
    double met = registered / seconds;
    if (met < size.rate() * RATE_MET) {
      troubles.add(String.format("the rate was not met: %.0f a second", met));
    }
    Pressure pressure = load.pressure();
    if (!pressure.met()) {
      troubles.add(pressure.describe());
    }
    troubles.forEach(trouble -> out.println("TROUBLE " + trouble));
    boolean good = troubles.isEmpty() && load.failed() == 0 && load.ok() > 0;
    out.printf(
        "%s: %,d instances of %,d services, %.1f registrations and ends a second for %.1f minutes;"
            + " a registration seen after p50 %.1f, p99 %.1f, longest %.0f ms, an end p99 %.1f ms (%,d"
            + " seen); in thirds %s; %,d requests answered, %d failed, %,d held back; replicas %s%n",
        good ? "PASSED" : "FAILED",
        size.instances(),
        size.services(),
        met,
        seconds / 60,
        registrations.millis(50),
        registrations.millis(99),
        registrations.millis(100),
        ends.millis(99),
        registrations.count() + ends.count(),
        promptness.stream().map(Promptness::describe).collect(Collectors.joining(", ")),
        load.ok(),
        load.failed(),
        pressure.heldBack(),
        troubles.isEmpty() ? "equal, " + growth() : "see above");
    out.printf(
        "again: ./weft soak churn --services %d --instances %d --rate %d --requests %d --minutes %s"
            + " --seed %d%n",
        size.services(), size.instances(), size.rate(), size.requests(), size.minutes(), seed);
    out.flush();
    return good;
  }

  private String growth() {
    return judged == 0 ? "too short to say whether they grow" : "flat";
  }

  private void process(Life life, Duration from, Duration to) {
    String name = life.process().name();
    List<Sample> samples = CpuUse.between(life.samples(), from, to);
    List<Double> cpu = CpuUse.thirds(samples);
    List<Judgement> judgements = Flatness.judge(samples);
    if (!judgements.isEmpty()) {
      judged++;
    }
    List<String> figures = new ArrayList<>(List.of(CpuUse.describe(cpu)));
    judgements.forEach(judgement -> figures.add(judgement.describe()));
    out.printf("%-16s %s%n", name, String.join(", ", figures));
    if (!CpuUse.flat(cpu)) {
      troubles.add(name + ": " + CpuUse.describe(cpu));
    }
    judgements.stream()
        .filter(judgement -> !judgement.flat())
        .forEach(judgement -> troubles.add(name + ": " + judgement.describe()));
  }

  private void requests(Tally tally) {
    out.printf(
        "%-8s %,9d answered, %,d failed; p50 %.2f ms, p99 %.2f ms%n",
        tally.protocol(),
        tally.ok(),
        tally.failed(),
        tally.latencyMillis(50),
        tally.latencyMillis(99));
    tally.failures().forEach(failure -> out.println("         " + failure));
  }
}
