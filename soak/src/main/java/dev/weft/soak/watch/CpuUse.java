package dev.weft.soak.watch;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How much of one processor a process uses. Pure. */
public final class CpuUse {
  /** So much more is no growth, in percent of one processor. */
  private static final double ALLOWED_POINTS = 3;

  private static final double ALLOWED_SHARE = 1.2;
  private static final int THIRDS = 3;

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
   * Of each third of a process's samples, in the order of time; empty for a time that is
   * {@linkplain Flatness#SHORTEST too short} to tell.
   */
  public static List<Double> thirds(List<Sample> samples) {
    if (samples.size() < 2 * THIRDS
        || samples.getLast().at().minus(samples.getFirst().at()).compareTo(Flatness.SHORTEST) < 0) {
      return List.of();
    }
    int third = samples.size() / THIRDS;
    return List.of(
        percent(samples.subList(0, third)),
        percent(samples.subList(third, 2 * third)),
        percent(samples.subList(2 * third, samples.size())));
  }

  /** Whether the last third used about as much as the second; in the first all is still cold. */
  public static boolean flat(List<Double> thirds) {
    return thirds.isEmpty() || thirds.getLast() <= allowed(thirds);
  }

  private static double allowed(List<Double> thirds) {
    return thirds.get(1) * ALLOWED_SHARE + ALLOWED_POINTS;
  }

  /** For people. */
  public static String describe(List<Double> thirds) {
    if (thirds.isEmpty()) {
      return "processor not judged: too short";
    }
    return "processor "
        + thirds.stream()
            .map(percent -> String.format(Locale.ROOT, "%.1f%%", percent))
            .collect(Collectors.joining(" -> "))
        + (flat(thirds)
            ? ""
            : String.format(Locale.ROOT, " GREW (allowed: %.1f%%)", allowed(thirds)));
  }
}
