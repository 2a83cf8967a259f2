package dev.weft.bench.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one of Weft's measures has to reach: at most (or at least) so many times a contender's, or
 * an absolute value.
 *
 * @param bench where it is measured
 * @param measure of Weft
 * @param limit the factor, or the absolute value
 * @param reference whose measure is multiplied; null: the limit is absolute
 */
public record Goal(
    String bench, String measure, boolean atMost, double limit, @Nullable String reference) {

  /** At most so many times the reference's. */
  public static Goal atMost(String bench, String measure, double factor, String reference) {
    return new Goal(bench, measure, true, factor, reference);
  }

  /** At least so many times the reference's. */
  public static Goal atLeast(String bench, String measure, double factor, String reference) {
    return new Goal(bench, measure, false, factor, reference);
  }

  /** At most this. */
  public static Goal atMost(String bench, String measure, double value) {
    return new Goal(bench, measure, true, value, null);
  }

  /** What was measured: the ratio, or the value; null when one of both was not. */
  public @Nullable Double measured(Results results) {
    return reference == null
        ? results.median(bench, Contenders.WEFT, measure)
        : results.ratio(bench, Contenders.WEFT, measure, reference);
  }

  public boolean met(double measured) {
    return atMost ? measured <= limit : measured >= limit;
  }

  /** As in {@code <= 0.82x haproxy}. */
  public String text() {
    String sign = atMost ? "<= " : ">= ";
    return reference == null
        ? sign + String.format(Locale.ROOT, "%.0f", limit)
        : sign + String.format(Locale.ROOT, "%.2fx %s", limit, reference);
  }
}
