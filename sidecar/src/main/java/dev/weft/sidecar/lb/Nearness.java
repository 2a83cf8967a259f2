package dev.weft.sidecar.lb;

import dev.weft.common.config.BalancingConfig.Failover;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.Locality;
import java.util.List;

/**
 * Into which priority endpoints fall for a caller, by where both run. Without a rule: its own
 * sub-zone, its own zone, its own region, all others. A rule for callers of a place lets that place
 * go first, the nearest in it before the rest of it; then its other places in their order; then all
 * others, the nearest first. Immutable; made and used by the control loop.
 */
public final class Nearness {
  private static final int SUB_ZONE = 0;
  private static final int ZONE = 1;
  private static final int REGION = 2;
  private static final int ELSEWHERE = 3;
  private static final int LEVELS = 4;

  private final Locality home;
  private final List<LocalityMatch> order;

  /** Endpoints of these levels go before {@link #order}. */
  private final int before;

  private Nearness(Locality home, List<LocalityMatch> order, int before) {
    this.home = home;
    this.order = order;
    this.before = before;
  }

  /**
   * As seen from a place.
   *
   * @param home where the caller runs
   */
  public static Nearness of(LocalityConfig config, Locality home) {
    for (Failover rule : config.failover()) {
      if (rule.from().has(home)) {
        return new Nearness(home, rule.to(), 1 + extent(rule.from()));
      }
    }
    return new Nearness(home, List.of(), LEVELS);
  }

  /** How many priorities there are, those without endpoints included. */
  public int priorities() {
    return LEVELS + order.size();
  }

  /** The priority of an endpoint there, from 0. */
  public int priority(Locality place) {
    int level = level(place);
    if (level < before) {
      return level;
    }
    for (int i = 0; i < order.size(); i++) {
      if (order.get(i).has(place)) {
        return before + i;
      }
    }
    return level + order.size();
  }

  /** For people: {@code zone eu/eu-1a}. */
  public String name(int priority) {
    if (priority >= before && priority < before + order.size()) {
      return order.get(priority - before).toString();
    }
    return switch (priority < before ? priority : priority - order.size()) {
      case SUB_ZONE -> "sub-zone " + text(home.region(), home.zone(), home.subZone());
      case ZONE -> "zone " + text(home.region(), home.zone());
      case REGION -> "region " + home.region();
      default -> "elsewhere";
    };
  }

  private static String text(String... parts) {
    return String.join("/", parts);
  }

  /** The level whose endpoints are all that are as near as the place is exact. */
  private static int extent(LocalityMatch from) {
    if (!from.subZone().isEmpty()) {
      return SUB_ZONE;
    }
    if (!from.zone().isEmpty()) {
      return ZONE;
    }
    return from.region().isEmpty() ? ZONE : REGION;
  }

  /** What is not known is not near, and no region is another one for not being known. */
  private int level(Locality place) {
    boolean anyRegion = home.region().isEmpty() || place.region().isEmpty();
    boolean sameRegion = !anyRegion && home.region().equals(place.region());
    if ((sameRegion || anyRegion) && !home.zone().isEmpty() && home.zone().equals(place.zone())) {
      return !home.subZone().isEmpty() && home.subZone().equals(place.subZone()) ? SUB_ZONE : ZONE;
    }
    return sameRegion ? REGION : ELSEWHERE;
  }
}
