package dev.weft.soak;

import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.load.Pressure;
import dev.weft.soak.load.Tally;
import dev.weft.soak.watch.Flatness;
import dev.weft.soak.watch.Flatness.Judgement;
import dev.weft.soak.watch.ProcessWatch.Life;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a run has shown, printed at its end. */
final class SoakReport {
  private final MixedLoad load;
  private final List<Life> lives;
  private final Map<String, Integer> faults;
  private final List<String> troubles;
  private final PrintWriter out;
  private int judged;

  SoakReport(
      MixedLoad load,
      List<Life> lives,
      Map<String, Integer> faults,
      List<String> troubles,
      PrintWriter out) {
    this.load = load;
    this.lives = lives;
    this.faults = faults;
    this.troubles = troubles;
    this.out = out;
  }

  /** Prints everything, the verdict last; whether it is good. */
  boolean print(long seed, Duration asked, int rate, Duration took) {
    out.println();
    requests();
    out.println();
    List<String> grown = processes();
    out.println();
    int struck = faults.values().stream().mapToInt(Integer::intValue).sum();
    out.println(
        "faults: "
            + faults.entrySet().stream()
                .map(each -> each.getValue() + " " + each.getKey())
                .collect(Collectors.joining(", ")));
    troubles.forEach(trouble -> out.println("TROUBLE " + trouble));
    Pressure pressure = load.pressure();
    if (!pressure.met()) {
      out.println("TROUBLE " + pressure.describe());
    }
    grown.forEach(each -> out.println("TROUBLE " + each));
    boolean good =
        load.failed() == 0
            && troubles.isEmpty()
            && pressure.met()
            && grown.isEmpty()
            && load.ok() > 0;
    out.printf(
        "%s: %.1f minutes, %d faults, %,d requests answered, %,d avoidable failures, %,d that could"
            + " not be avoided, %,d held back; %s%n",
        good ? "PASSED" : "FAILED",
        took.toSeconds() / 60.0,
        struck,
        load.ok(),
        load.failed(),
        load.excused().values().stream().mapToLong(Long::longValue).sum(),
        pressure.heldBack(),
        growth(grown));
    out.printf(
        "the same faults again: ./weft soak --minutes %d --seed %d --rate %d%n",
        asked.toMinutes(), seed, rate);
    out.flush();
    return good;
  }

  private String growth(List<String> grown) {
    if (judged == 0) {
      return "no process lived long enough to say whether it grows";
    }
    return grown.isEmpty() ? "memory, descriptors and threads flat" : grown.size() + " not flat";
  }

  private void requests() {
    for (Tally tally : load.tallies()) {
      out.printf(
          "%-8s %,9d answered, %,d failed; p50 %.2f ms, p99 %.2f ms, longest %.0f ms%n",
          tally.protocol(),
          tally.ok(),
          tally.failed(),
          tally.latencyMillis(50),
          tally.latencyMillis(99),
          tally.latencyMillis(100));
      tally
          .excused()
          .forEach((why, count) -> out.printf("         %,d not counted: %s%n", count, why));
      tally.failures().forEach(failure -> out.println("         " + failure));
    }
  }

  /** A line for each process that lived long enough; returns what grew. */
  private List<String> processes() {
    List<String> grown = new ArrayList<>();
    for (Life life : lives) {
      List<Judgement> judgements = Flatness.judge(life.samples());
      if (judgements.isEmpty()) {
        continue;
      }
      judged++;
      Duration span = life.samples().getLast().at().minus(life.samples().getFirst().at());
      String line = judgements.stream().map(Judgement::describe).collect(Collectors.joining(", "));
      out.printf("%-20s %3d min  %s%n", life.process().name(), span.toMinutes(), line);
      judgements.stream()
          .filter(judgement -> !judgement.flat())
          .forEach(
              judgement ->
                  grown.add(
                      life.process().name()
                          + " (process "
                          + life.process().pid()
                          + "): "
                          + judgement.describe()));
    }
    out.printf(
        "%d processes, medians of the second and the last third of their lives; %d lived for less"
            + " than %d s and are not judged%n",
        lives.size(), lives.size() - judged, Flatness.SHORTEST.toSeconds());
    return grown;
  }
}
