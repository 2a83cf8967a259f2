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
 * @param referenceBench where the reference is measured, as a rule the same bench
 */
public record Goal(
    String bench,
    String measure,
    boolean atMost,
    double limit,
    @Nullable String reference,
    String referenceBench) {

  /** At most so many times the reference's. */
  public static Goal atMost(String bench, String measure, double factor, String reference) {
    return new Goal(bench, measure, true, factor, reference, bench);
  }

  /** At least so many times the reference's. */
  public static Goal atLeast(String bench, String measure, double factor, String reference) {
    return new Goal(bench, measure, false, factor, reference, bench);
  }

  /** At most this. */
  public static Goal atMost(String bench, String measure, double value) {
    return new Goal(bench, measure, true, value, null, bench);
  }

  /** What was measured: the ratio, or the value; null when one of both was not. */
  public @Nullable Double measured(Results results) {
    Double own = results.median(bench, Contenders.WEFT, measure);
    if (own == null || reference == null) {
      return own;
    }
    Double other = results.median(referenceBench, reference, measure);
    return other == null || other == 0 ? null : own / other;
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
