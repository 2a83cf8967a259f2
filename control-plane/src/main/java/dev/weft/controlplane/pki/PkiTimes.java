package dev.weft.controlplane.pki;

import java.time.Duration;

/**
 * How long what lasts.
 *
 * @param root how long an authority's certificate is in force
 * @param rootRenewal how long before its end the next authority is made
 * @param spread how long a new authority is only trusted before it signs: its certificate has to be
 *     wherever serving certificates are verified by then
 * @param serving how long a serving certificate is in force
 */
public record PkiTimes(Duration root, Duration rootRenewal, Duration spread, Duration serving) {
  /** Ten years, one year, one day, one day. */
  public static final PkiTimes DEFAULT =
      new PkiTimes(
          Duration.ofDays(3650), Duration.ofDays(365), Duration.ofDays(1), Duration.ofDays(1));

  /** Certificates begin that long ago, for clocks that are behind ours. */
  static final Duration SKEW = Duration.ofHours(1);

  /** How long after an authority was made nothing is in force any more that its elder signed. */
  Duration retirement() {
    return spread.multipliedBy(2).plus(serving);
  }

  /** A serving certificate that has less left is renewed: well before a third is left. */
  Duration servingRenewal() {
    return serving.multipliedBy(2).dividedBy(5);
  }
}
