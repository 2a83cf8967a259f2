package dev.weft.soak.watch;

import java.time.Duration;
import java.util.List;

/** How much of one processor a process uses. Pure. */
public final class CpuUse {
  /** So much more is no growth, in percent of one processor. */
  private static final double ALLOWED_POINTS = 3;

  private static final double ALLOWED_SHARE = 1.2;

  private CpuUse() {}

  /** In percent of one processor, over these samples in the order of time; 0 for fewer than two. */
  public static double percent(List<Sample> samples) {
    if (samples.size() < 2) {
      return 0;
    }
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    return 100.0 * (last.cpuMillis() - first.cpuMillis()) / last.at().minus(first.at()).toMillis();
  }

  /** Those from one time to another. */
  public static List<Sample> between(List<Sample> samples, Duration from, Duration to) {
    return samples.stream()
        .filter(sample -> sample.at().compareTo(from) >= 0 && sample.at().compareTo(to) <= 0)
        .toList();
  }

  /**
   * Of the second and of the last third of a process's samples; empty for fewer than two in a
   * third.
   */
  public static List<Double> thirds(List<Sample> samples) {
    int third = samples.size() / 3;
    return third < 2
        ? List.of()
        : List.of(
            percent(samples.subList(third, 2 * third)),
            percent(samples.subList(2 * third, samples.size())));
  }

  /** Whether the last third used about as much as the second. */
  public static boolean flat(List<Double> thirds) {
    return thirds.isEmpty()
        || thirds.getLast() <= thirds.getFirst() * ALLOWED_SHARE + ALLOWED_POINTS;
  }
}
