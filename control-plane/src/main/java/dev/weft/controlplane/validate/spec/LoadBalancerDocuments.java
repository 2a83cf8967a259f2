package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.Failover;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.controlplane.model.TrafficPolicy.LoadBalancer;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code loadBalancer} of a TrafficPolicy. */
final class LoadBalancerDocuments {
  private static final int MAX_RULES = 32;
  private static final int MAX_PLACES = 16;
  private static final int MAX_PART = 63;
  private static final String PLACE =
      "REGION, REGION/ZONE or REGION/ZONE/SUB-ZONE, where * is any, e.g. \"eu-west/eu-west-1a\"";

  private static final Map<String, LoadBalancerType> TYPES = types();

  private LoadBalancerDocuments() {}

  static @Nullable LoadBalancer decode(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    Obj balancer = Obj.of(at, Known.of("type", "slowStart", "panicThresholdPercent", "locality"));
    Place typeAt = balancer.get("type");
    String type = typeAt == null ? null : typeAt.oneOf(TYPES.keySet());
    long window = 0;
    int least = BalancingConfig.SLOW_START_MIN_PERCENT;
    Place slowAt = balancer.get("slowStart");
    if (slowAt != null) {
      Obj slow = Obj.of(slowAt, Known.of("window", "minWeightPercent"));
      Place windowAt = slow.require("window", "how long the weight grows, e.g. 30s");
      Duration said = windowAt == null ? null : windowAt.duration(Duration.ofSeconds(1));
      window = said == null ? 0 : said.toNanos();
      least = slow.integer("minWeightPercent", 1, 100, least);
    }
    return new LoadBalancer(
        type == null ? null : TYPES.get(type),
        new BalancingConfig(
            window,
            least,
            balancer.integer("panicThresholdPercent", 0, 100, 0),
            locality(balancer.get("locality"))));
  }

  private static @Nullable LocalityConfig locality(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    Obj locality = Obj.of(at, Known.of("overprovisioningPercent", "failover"));
    int factor =
        locality.integer(
            "overprovisioningPercent", 100, 1000, BalancingConfig.OVERPROVISIONING_PERCENT);
    var rules = new ArrayList<Failover>();
    Set<String> seen = Place.seen();
    for (Place item : locality.items("failover", MAX_RULES)) {
      Obj rule = Obj.of(item, Known.of("from", "to"));
      Place fromAt = rule.require("from", "whose calls the rule is for: " + PLACE);
      LocalityMatch from = fromAt == null ? null : match(fromAt);
      boolean once = fromAt == null || from == null || fromAt.unique(seen, from.toString());
      Place toAt = rule.require("to", "a list of places");
      List<LocalityMatch> to = toAt == null ? List.of() : places(toAt, from);
      if (from != null && once && !to.isEmpty()) {
        rules.add(new Failover(from, to));
      }
    }
    return new LocalityConfig(factor, rules);
  }

  private static List<LocalityMatch> places(Place at, @Nullable LocalityMatch from) {
    var places = new ArrayList<LocalityMatch>();
    Set<String> seen = Place.seen();
    for (Place item : at.items(1, MAX_PLACES)) {
      LocalityMatch place = match(item);
      if (place == null || !item.unique(seen, place.toString())) {
        continue;
      }
      if (from != null && !isAny(from) && lies(place, from)) {
        item.wrong("a place outside of from, " + from + ": within it the nearest goes first");
        continue;
      }
      places.add(place);
    }
    return places;
  }

  private static @Nullable LocalityMatch match(Place at) {
    String text = at.string();
    if (text == null) {
      return null;
    }
    String[] parts = text.split("/", -1);
    var read = new ArrayList<String>();
    for (String part : parts) {
      if (part.isEmpty() || part.length() > MAX_PART || !part.equals(part.strip())) {
        at.wrong(PLACE);
        return null;
      }
      read.add(part.equals("*") ? "" : part);
    }
    if (read.size() > 3) {
      at.wrong(PLACE);
      return null;
    }
    return new LocalityMatch(
        read.getFirst(), read.size() > 1 ? read.get(1) : "", read.size() > 2 ? read.get(2) : "");
  }

  private static boolean isAny(LocalityMatch match) {
    return match.region().isEmpty() && match.zone().isEmpty() && match.subZone().isEmpty();
  }

  private static boolean lies(LocalityMatch place, LocalityMatch in) {
    return (in.region().isEmpty() || in.region().equals(place.region()))
        && (in.zone().isEmpty() || in.zone().equals(place.zone()))
        && (in.subZone().isEmpty() || in.subZone().equals(place.subZone()));
  }

  private static Map<String, LoadBalancerType> types() {
    var types = new LinkedHashMap<String, LoadBalancerType>();
    types.put("PeakEwma", LoadBalancerType.PEAK_EWMA);
    types.put("LeastRequest", LoadBalancerType.LEAST_REQUEST);
    types.put("RoundRobin", LoadBalancerType.ROUND_ROBIN);
    // What some look for: weights count in every one.
    types.put("WeightedRoundRobin", LoadBalancerType.ROUND_ROBIN);
    types.put("Random", LoadBalancerType.RANDOM);
    return types;
  }
}
