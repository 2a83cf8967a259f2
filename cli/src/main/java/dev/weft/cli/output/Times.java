package dev.weft.cli.output;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Moments as people read them. */
public final class Times {
  private Times() {}

  /** How long ago it was, in its largest unit: "5m"; "-" for none. */
  public static String age(long sinceMillis) {
    if (sinceMillis <= 0) {
      return "-";
    }
    Duration age = Duration.between(Instant.ofEpochMilli(sinceMillis), Instant.now());
    if (age.compareTo(Duration.ofMinutes(2)) < 0) {
      return Math.max(0, age.toSeconds()) + "s";
    }
    if (age.compareTo(Duration.ofHours(2)) < 0) {
      return age.toMinutes() + "m";
    }
    return age.compareTo(Duration.ofDays(2)) < 0 ? age.toHours() + "h" : age.toDays() + "d";
  }

  /** The moment itself, in UTC to the second; "-" for none. */
  public static String time(long millis) {
    return millis <= 0
        ? "-"
        : Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
