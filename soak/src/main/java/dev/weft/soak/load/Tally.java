package dev.weft.soak.load;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What became of the requests of one protocol. Thread-safe. */
public final class Tally {
  private static final int MAX_FAILURES_KEPT = 20;
  private static final int MAX_CHARACTERS = 300;
  private static final long LONGEST_MICROS = 60_000_000;

  private final String protocol;

  // Guarded by this.
  private final List<String> failures = new ArrayList<>();
  private final Histogram micros = new Histogram(LONGEST_MICROS, 2);
  private final Map<String, Long> excused = new TreeMap<>();
  private long ok;
  private long failed;

  Tally(String protocol) {
    this.protocol = protocol;
  }

  /**
   * @param excuse why it could not be avoided; null: it could
   */
  synchronized void count(@Nullable Problem problem, @Nullable String excuse, long nanos) {
    if (problem == null) {
      ok++;
      micros.recordValue(Math.min(nanos / 1000, LONGEST_MICROS));
      return;
    }
    if (excuse != null) {
      excused.merge(excuse, 1L, Long::sum);
      return;
    }
    failed++;
    if (failures.size() < MAX_FAILURES_KEPT) {
      failures.add(
          LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS)
              + " "
              + protocol
              + " after "
              + nanos / 1_000_000
              + " ms: "
              + problem.text().substring(0, Math.min(problem.text().length(), MAX_CHARACTERS)));
    }
  }

  public String protocol() {
    return protocol;
  }

  public synchronized long ok() {
    return ok;
  }

  public synchronized long failed() {
    return failed;
  }

  /** Failures that could not be avoided, by why. */
  public synchronized Map<String, Long> excused() {
    return Map.copyOf(excused);
  }

  /** Descriptions of the first failures. */
  public synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  /** In milliseconds; 0 as long as there was no request. */
  public synchronized double latencyMillis(double percentile) {
    return micros.getValueAtPercentile(percentile) / 1000.0;
  }
}
