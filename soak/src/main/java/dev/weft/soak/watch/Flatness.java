package dev.weft.soak.watch;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Whether what a process holds has stopped growing: after it has settled, the median of the last
 * third of its life is compared with that of the second. Medians leave peaks out; a leak moves
 * them. Pure.
 */
public final class Flatness {
  /** Of a process that lived for less nothing is said. */
  public static final Duration SHORTEST = Duration.ofSeconds(100);

  /** Until then a JVM still compiles, loads classes and finds the size of its heap. */
  private static final Duration YOUNG = Duration.ofMinutes(5);

  /**
   * By then it has found it. Before, one more step of the heap is no leak; but a fifth of a control
   * plane under churn was 134 MiB, in which ten minutes hide a leak of 50 MiB a minute. It collects
   * its old generation when that has grown by half, so that its size stays: see {@code OldHeap}.
   */
  private static final Duration GROWN = Duration.ofMinutes(15);

  private static final Duration SETTLING = Duration.ofMinutes(3);
  private static final int FEWEST = 15;

  /** How many values say how it went. */
  private static final int PARTS = 12;

  private Flatness() {}

  /** What is judged, and how much more of it is allowed. */
  public enum Measure {
    MEMORY("memory", " MiB", 1024),
    DESCRIPTORS("descriptors", "", 1),
    THREADS("threads", "", 1);

    private final String label;
    private final String unit;
    private final long scale;

    Measure(String label, String unit, long scale) {
      this.label = label;
      this.unit = unit;
      this.scale = scale;
    }

    private long of(Sample sample) {
      return switch (this) {
        case MEMORY -> sample.memoryKiB();
        case DESCRIPTORS -> sample.descriptors();
        case THREADS -> sample.threads();
      };
    }

    /** The median of the last third may be so much above {@code middle}. */
    long allowed(long middle, Duration life) {
      return switch (this) {
        case MEMORY ->
            Math.max(
                middle / (life.compareTo(YOUNG) < 0 ? 5 : 10),
                (life.compareTo(GROWN) < 0 ? 32 : 12) << 10);
        case DESCRIPTORS -> Math.max(middle * 15 / 100, 12);
        case THREADS -> Math.max(middle / 10, 4);
      };
    }
  }

  /**
   * One measure of one process: medians of the second and of the last third, and the verdict.
   *
   * @param course medians of twelve equal parts of its life, which tell a saw-tooth from a leak
   */
  public record Judgement(
      Measure measure, long middle, long last, long allowed, List<Long> course) {
    /** Copies the list. */
    public Judgement {
      course = List.copyOf(course);
    }

    public boolean flat() {
      return last - middle <= allowed;
    }

    /** For people. */
    public String describe() {
      return String.format(
          Locale.ROOT,
          "%s %s -> %s%s%s",
          measure.label,
          shown(middle),
          shown(last),
          measure.unit,
          flat() ? "" : grew());
    }

    private String grew() {
      return " GREW (allowed: "
          + shown(allowed)
          + " more; from its start to its end "
          + course.stream().map(this::shown).collect(Collectors.joining(" "))
          + ")";
    }

    private String shown(long value) {
      return String.valueOf(value / measure.scale);
    }
  }

  /** Of one process, in the order of time; empty when it lived too shortly to tell. */
  public static List<Judgement> judge(List<Sample> samples) {
    if (samples.size() < FEWEST) {
      return List.of();
    }
    Duration born = samples.getFirst().at();
    Duration span = samples.getLast().at().minus(born);
    if (span.compareTo(SHORTEST) < 0) {
      return List.of();
    }
    Duration quarter = span.dividedBy(4);
    Duration settled = born.plus(quarter.compareTo(SETTLING) < 0 ? quarter : SETTLING);
    List<Sample> middle = third(samples, settled, 1);
    List<Sample> last = third(samples, settled, 2);
    if (middle.isEmpty() || last.isEmpty()) {
      return List.of();
    }
    return List.of(Measure.values()).stream()
        .map(
            measure -> {
              long before = median(middle, measure::of);
              return new Judgement(
                  measure,
                  before,
                  median(last, measure::of),
                  measure.allowed(before, span),
                  course(samples, measure));
            })
        .toList();
  }

  private static List<Sample> third(List<Sample> samples, Duration settled, int number) {
    Duration third = samples.getLast().at().minus(settled).dividedBy(3);
    Duration from = settled.plus(third.multipliedBy(number));
    return between(samples, from, from.plus(third));
  }

  private static List<Long> course(List<Sample> samples, Measure measure) {
    Duration born = samples.getFirst().at();
    Duration part = samples.getLast().at().minus(born).dividedBy(PARTS);
    return IntStream.range(0, PARTS)
        .mapToObj(
            number -> {
              Duration from = born.plus(part.multipliedBy(number));
              return between(samples, from, from.plus(part));
            })
        .filter(those -> !those.isEmpty())
        .map(those -> median(those, measure::of))
        .toList();
  }

  private static List<Sample> between(List<Sample> samples, Duration from, Duration to) {
    return samples.stream()
        .filter(sample -> sample.at().compareTo(from) >= 0 && sample.at().compareTo(to) <= 0)
        .toList();
  }

  private static long median(List<Sample> samples, ToLongFunction<Sample> of) {
    long[] sorted = samples.stream().mapToLong(of).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
