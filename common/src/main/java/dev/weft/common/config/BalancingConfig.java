package dev.weft.common.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What shapes the choice among a cluster's endpoints, whatever the balancer.
 *
 * @param slowStartNanos how long the weight of an endpoint that is new or back grows; 0: its share
 *     is whole at once
 * @param slowStartMinPercent the share of its weight with which it begins, 1 to 100
 * @param panicThresholdPercent below this share of healthy ones all are used; 0: never
 * @param locality null: every endpoint is as near as any other, but for hints
 */
public record BalancingConfig(
    long slowStartNanos,
    int slowStartMinPercent,
    int panicThresholdPercent,
    @Nullable LocalityConfig locality) {
  /** The share with which a slow start begins when nobody has said another. */
  public static final int SLOW_START_MIN_PERCENT = 10;

  /** As Envoy has it: a priority is whole as long as 72% of it are healthy. */
  public static final int OVERPROVISIONING_PERCENT = 140;

  public static final BalancingConfig DEFAULT =
      new BalancingConfig(0, SLOW_START_MIN_PERCENT, 0, null);

  /**
   * Priorities by nearness.
   *
   * @param overprovisioningPercent what a priority's healthy share is multiplied with, 100 to 1000
   * @param failover the first whose {@code from} has the caller decides
   */
  public record LocalityConfig(int overprovisioningPercent, List<Failover> failover) {
    public LocalityConfig {
      failover = List.copyOf(failover);
    }
  }

  /**
   * Where callers of {@code from} go to when it is not well, in this order; then to the rest, the
   * nearest first.
   */
  public record Failover(LocalityMatch from, List<LocalityMatch> to) {
    public Failover {
      to = List.copyOf(to);
    }
  }

  /** A place and all within it; an empty part is any. */
  public record LocalityMatch(String region, String zone, String subZone) {
    /** What stands for any in text. */
    private static final String ANY = "*";

    public boolean has(Locality place) {
      return (region.isEmpty() || region.equals(place.region()))
          && (zone.isEmpty() || zone.equals(place.zone()))
          && (subZone.isEmpty() || subZone.equals(place.subZone()));
    }

    /** As documents spell it: {@code eu/eu-1a}. */
    @Override
    public String toString() {
      String text = any(region);
      if (!zone.isEmpty() || !subZone.isEmpty()) {
        text += "/" + any(zone);
      }
      return subZone.isEmpty() ? text : text + "/" + subZone;
    }

    private static String any(String part) {
      return part.isEmpty() ? ANY : part;
    }
  }
}
