package dev.weft.bench.load;

import java.io.IOException;
import java.util.Locale;

/**
 * What one run of a load generator counted; latencies in microseconds.
 *
 * @param latePercent of the requests that the generator itself sent over a millisecond after they
 *     were due; 0 when it does not pace
 */
public record Figures(
    long requests,
    long durationMicros,
    long p50Micros,
    long p99Micros,
    long errors,
    double latePercent) {
  private static final String LINE = "FIGURES ";

  public double requestsPerSecond() {
    return requests * 1e6 / durationMicros;
  }

  /** The one line by which a generator in another process tells them. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%s%d %d %d %d %d %.2f",
        LINE,
        requests,
        durationMicros,
        p50Micros,
        p99Micros,
        errors,
        latePercent);
  }

  /**
   * Finds that line.
   *
   * @throws IOException when there is none, with the output
   */
  static Figures parse(String generator, String output) throws IOException {
    for (String line : output.lines().toList()) {
      if (line.startsWith(LINE)) {
        String[] words = line.split(" ");
        return new Figures(
            Long.parseLong(words[1]),
            Long.parseLong(words[2]),
            Long.parseLong(words[3]),
            Long.parseLong(words[4]),
            Long.parseLong(words[5]),
            words.length > 6 ? Double.parseDouble(words[6]) : 0);
      }
    }
    throw new IOException(generator + " printed no figures:\n" + output);
  }
}
