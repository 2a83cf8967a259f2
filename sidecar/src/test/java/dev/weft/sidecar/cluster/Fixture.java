package dev.weft.sidecar.cluster;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.lb.Tried;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A cluster set with a clock in the test's hand, and one cluster, "catalog", as configured. */
final class Fixture {
  static final String NAME = "catalog.default:80";
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000_000_000L;
  static final OutlierConfig OUTLIER = new OutlierConfig(3, 3 * SECOND, 30 * SECOND, 50);
  static final HealthCheckConfig CHECK =
      new HealthCheckConfig("/health", List.of(), SECOND, SECOND, 3, 2, null);

  final ClusterSet set;
  final List<EndpointTracker> gone = new ArrayList<>();
  long now = 7 * SECOND;
  LoadBalancerType type = LoadBalancerType.ROUND_ROBIN;
  OutlierConfig outlier = OUTLIER;
  @Nullable HealthCheckConfig check;
  LimitsConfig limits = LimitsConfig.DEFAULT;
  boolean sameNodeOnly;
  BalancingConfig balancing = BalancingConfig.DEFAULT;

  Fixture(int workers) {
    set = new ClusterSet(workers, () -> now, new Random(1));
    set.addListener((cluster, endpoint) -> gone.add(endpoint));
  }

  static EndpointConfig endpoint(String id) {
    return endpoint(id, "1", "127.0.0.1", 8080, 1);
  }

  static EndpointConfig endpoint(
      String id, String incarnation, String address, int port, int weight) {
    return new EndpointConfig(
        id,
        incarnation,
        address,
        port,
        weight,
        Locality.UNKNOWN,
        false,
        Set.of(EndpointConfig.WireProtocol.HTTP1),
        "",
        Map.of());
  }

  /** One that runs there; id and weight as given. */
  static EndpointConfig endpoint(String id, Locality place, int weight) {
    return new EndpointConfig(
        id,
        "1",
        "127.0.0.1",
        8080,
        weight,
        place,
        false,
        Set.of(EndpointConfig.WireProtocol.HTTP1),
        "",
        Map.of());
  }

  void endpoints(String... ids) {
    var all = new ArrayList<EndpointConfig>();
    for (String id : ids) {
      all.add(endpoint(id));
    }
    endpoints(all);
  }

  void endpoints(List<EndpointConfig> endpoints) {
    ConfigSnapshot snapshot = snapshot(endpoints);
    set.update(snapshot);
    set.retire(snapshot);
  }

  ConfigSnapshot snapshot(List<EndpointConfig> endpoints) {
    var config =
        new ClusterConfig(
            NAME,
            "catalog",
            "default",
            80,
            type,
            outlier,
            check,
            limits,
            List.of(NAME + "/0"),
            List.of(),
            null,
            null,
            ProxyProtocol.OFF,
            ClusterConfig.DEFAULT_IDLE,
            sameNodeOnly,
            balancing);
    return new ConfigSnapshot(
        Map.of(), Map.of(NAME, config), Map.of(NAME + "/0", endpoints), Map.of(), 1);
  }

  Cluster cluster() {
    Cluster cluster = set.find(NAME);
    if (cluster == null) {
      throw new AssertionError("no cluster " + NAME);
    }
    return cluster;
  }

  EndpointTracker tracker(String id) {
    return cluster().endpoints().stream()
        .filter(endpoint -> endpoint.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  EndpointStatus status(String id) {
    return set.status().getFirst().endpoints().stream()
        .filter(endpoint -> endpoint.config().id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  void pass(long nanos) {
    now += nanos;
    set.fold();
  }

  /** One first attempt of a request that may be retried; "-" if nobody is there. */
  String pick() {
    return pick(0, new Tried(), true);
  }

  String pick(int worker, Tried tried, boolean retryable) {
    EndpointTracker picked = cluster().picker().pick(worker, now, tried, retryable);
    return picked == null ? "-" : picked.id();
  }

  /** How often each is picked, of that many. */
  Map<String, Integer> picks(int worker, int count) {
    var counts = new HashMap<String, Integer>();
    for (int i = 0; i < count; i++) {
      counts.merge(pick(worker, new Tried(), true), 1, Integer::sum);
    }
    return counts;
  }

  void refuse(String id, int times) {
    for (int i = 0; i < times; i++) {
      tracker(id).onConnectFailure(0, now);
    }
  }

  void answer(String id, int status, int times) {
    answer(0, id, status, times);
  }

  void answer(int worker, String id, int status, int times) {
    for (int i = 0; i < times; i++) {
      tracker(id).onResponse(worker, status, MILLI, now);
    }
  }
}
