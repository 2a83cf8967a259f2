package dev.weft.common.config;

/** Where something runs; empty parts are unknown. */
public record Locality(String region, String zone, String subZone) {
  public static final Locality UNKNOWN = new Locality("", "", "");

  /** Whether nothing is known of it. */
  public boolean unknown() {
    return region.isEmpty() && zone.isEmpty() && subZone.isEmpty();
  }
}
