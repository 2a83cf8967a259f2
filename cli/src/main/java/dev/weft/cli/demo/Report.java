package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import java.io.PrintWriter;
import java.util.List;

/** Prints one line for each check and remembers whether any was missed. */
final class Report {
  private final PrintWriter out;
  private int checked;
  private int missed;

  Report(PrintWriter out) {
    this.out = out;
  }

  /** One check with its figure. */
  boolean check(String name, boolean holds, String figure) {
    checked++;
    if (!holds) {
      missed++;
    }
    line(holds ? "ok" : "MISS", name, figure);
    return holds;
  }

  /**
   * A check that no request failed before its response had begun; the failures are shown when some
   * did.
   */
  boolean noneFailed(String name, String what, Counts counts) {
    boolean holds = counts.failedBefore() == 0 && counts.ok() > 0;
    check(name, holds, what + ": " + counts.figure());
    if (!holds) {
      details(counts.failures());
    }
    return holds;
  }

  /** What is not a check but worth knowing. */
  void note(String name, String text) {
    line("..", name, text);
  }

  void details(List<String> lines) {
    lines.stream().limit(12).forEach(line -> out.println("        " + line));
    out.flush();
  }

  private void line(String verdict, String name, String text) {
    out.printf("%-5s %-13s %s%n", verdict, name, text);
    out.flush();
  }

  int checked() {
    return checked;
  }

  int missed() {
    return missed;
  }
}
