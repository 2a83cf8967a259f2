package dev.weft.soak.churn;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Whether changes are seen as soon late in a run as early in it, by the 99th percentile of each
 * third of it: one pause of a collector moves that of a minute, and not that of a third. Pure.
 *
 * @param what has been seen, as printed
 * @param millis of each third, in the order of time; of a run too short for that a single one, or
 *     none
 */
public record Promptness(String what, List<Double> millis) {
  /** A later third may take so many times what the first one took. */
  private static final double ALLOWED_SHARE = 2;

  /** So little is prompt whatever it was before: on two busy processors 90 to 100 are usual. */
  private static final double PROMPT_MILLIS = 250;

  /** So much is not prompt, even if it is always so. */
  private static final double MOST_MILLIS = 1000;

  /** Whether no third took longer than is allowed, or there is none to tell by. */
  public boolean kept() {
    return millis.stream().allMatch(each -> each <= allowedMillis());
  }

  private double allowedMillis() {
    return millis.isEmpty()
        ? MOST_MILLIS
        : Math.min(MOST_MILLIS, Math.max(PROMPT_MILLIS, ALLOWED_SHARE * millis.getFirst()));
  }

  /** For people. */
  public String describe() {
    if (millis.isEmpty()) {
      return what + " not judged: too short";
    }
    String figures =
        millis.stream()
            .map(each -> String.format(Locale.ROOT, "%.1f", each))
            .collect(Collectors.joining(" -> "));
    return String.format(
        Locale.ROOT,
        "%s after p99 %s ms%s (allowed: %.0f)",
        what,
        figures,
        kept() ? "" : " TOO LATE",
        allowedMillis());
  }
}
