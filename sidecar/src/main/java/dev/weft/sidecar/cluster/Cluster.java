package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.sidecar.cluster.Picker.Elsewhere;
import dev.weft.sidecar.cluster.Picker.Emptiness;
import dev.weft.sidecar.lb.Candidates;
import dev.weft.sidecar.lb.ClusterLoad;
import dev.weft.sidecar.lb.EndpointLoad;
import dev.weft.sidecar.lb.Policy;
import dev.weft.sidecar.lb.TopologyHints;
import dev.weft.sidecar.telemetry.Logs;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster at run time, the same object from snapshot to snapshot until no snapshot has it.
 * Workers read {@link #picker()}, {@link #config()} and the limits; all else is the control loop's.
 */
public final class Cluster {
  private static final Logger LOG = Logs.of(Cluster.class);

  private final String name;
  private final ClusterLoad[] loads;
  private final ClusterCounters counters;
  private final RandomGenerator random;
  private final EndpointListener listener;
  private final OutlierDetection outliers;
  private final Limit connections;
  private final Limit pendingRequests;

  /** Replaced, never changed. */
  private volatile Map<EndpointKey, EndpointTracker> endpoints = Map.of();

  private List<EndpointConfig> endpointConfigs = List.of();
  private Home home;
  private ClusterLoad[] rotationsElsewhere = {};
  private String preference = "";
  private volatile ClusterConfig config;
  private volatile @Nullable Limit requests;
  private volatile Picker picker;
  private volatile boolean closed;

  Cluster(
      ClusterConfig config,
      List<EndpointConfig> endpoints,
      Home home,
      int workers,
      RandomGenerator random,
      EndpointListener listener,
      long nowNanos) {
    this.name = config.name();
    this.config = config;
    this.home = home;
    this.random = random;
    this.listener = listener;
    this.outliers = new OutlierDetection(name);
    this.loads = newLoads(workers);
    this.counters = new ClusterCounters(workers);
    this.connections = new Limit(config.limits().maxConnections());
    this.pendingRequests = new Limit(config.limits().maxPendingRequests());
    apply(config, endpoints, nowNanos);
    this.picker = buildPicker();
  }

  // ---- any thread

  public String name() {
    return name;
  }

  public ClusterConfig config() {
    return config;
  }

  /** The current picker; asked anew for every attempt. */
  public Picker picker() {
    return picker;
  }

  /** No snapshot has it any more. Requests that hold it still may go on with it. */
  public boolean closed() {
    return closed;
  }

  /** Connections to all endpoints, over all workers. */
  public Limit connections() {
    return connections;
  }

  /** Requests that wait for a connection, over all workers. */
  public Limit pendingRequests() {
    return pendingRequests;
  }

  /** Requests under way; null: no limit. A request keeps the object on which it acquired. */
  public @Nullable Limit requests() {
    return requests;
  }

  /** All endpoints, whatever their health. */
  public Collection<EndpointTracker> endpoints() {
    return Collections.unmodifiableCollection(endpoints.values());
  }

  /** How many endpoints are picked in normal times: neither failing checks nor ejected. */
  public int healthyEndpoints() {
    return picker.admittedCount();
  }

  /** Since the start of this cluster, endpoints that are gone included. */
  public long total(Stat stat) {
    return counters.total(stat);
  }

  /** A worker counts what concerns the cluster and none of its endpoints (an overflow). */
  public void count(int worker, Stat stat) {
    counters.worker(worker).add(stat);
  }

  // ---- the control loop

  void update(
      ClusterConfig newConfig, List<EndpointConfig> newEndpoints, Home newHome, long nowNanos) {
    boolean moved = !newHome.zone().equals(home.zone());
    if (!moved && newConfig.equals(config) && newEndpoints.equals(endpointConfigs)) {
      return;
    }
    home = newHome;
    Map<EndpointKey, EndpointTracker> before = endpoints;
    apply(newConfig, newEndpoints, nowNanos);
    picker = buildPicker();
    // Only now, when nobody picks them any more.
    for (EndpointTracker gone : before.values()) {
      if (!endpoints.containsKey(gone.key())) {
        gone.retire();
        listener.onEndpointGone(this, gone);
      }
    }
  }

  private void apply(ClusterConfig newConfig, List<EndpointConfig> newEndpoints, long nowNanos) {
    config = newConfig;
    endpointConfigs = newEndpoints;
    connections.max(newConfig.limits().maxConnections());
    pendingRequests.max(newConfig.limits().maxPendingRequests());
    updateRequestLimit(newConfig.limits().maxRequests());
    OutlierConfig outlier = newConfig.outlierDetection();
    var next = new LinkedHashMap<EndpointKey, EndpointTracker>();
    for (EndpointConfig endpoint : newEndpoints) {
      EndpointKey key = EndpointKey.of(endpoint);
      EndpointTracker known = endpoints.get(key);
      if (known == null) {
        known = new EndpointTracker(endpoint, outlier, loads, counters, random, nowNanos);
      } else {
        known.update(endpoint, outlier);
        if (newConfig.healthCheck() == null) {
          known.activeHealth().reset();
        }
        if (outlier.consecutiveFailures() == 0 && !known.ejection().admitted()) {
          outliers.admit(known, nowNanos);
        }
      }
      next.putIfAbsent(key, known);
    }
    endpoints = next;
  }

  private void updateRequestLimit(int max) {
    Limit current = requests;
    if (max == 0) {
      requests = null;
    } else if (current == null) {
      requests = new Limit(max);
    } else {
      current.max(max);
    }
  }

  void close() {
    closed = true;
    for (EndpointTracker endpoint : endpoints.values()) {
      endpoint.retire();
      listener.onEndpointGone(this, endpoint);
    }
  }

  /**
   * Folds what the workers have reported into health; publishes a picker if that has changed, and
   * says so.
   */
  boolean fold(long nowNanos) {
    boolean changed = outliers.fold(endpoints.values(), nowNanos);
    if (changed) {
      picker = buildPicker();
    }
    return changed;
  }

  /**
   * The result of an active check; one of an endpoint that is gone is ignored.
   *
   * @param failure why it failed, for people; empty when it went well
   */
  public void onCheck(EndpointTracker endpoint, boolean healthy, String failure, long nowNanos) {
    var check = config.healthCheck();
    if (check == null || endpoints.get(endpoint.key()) != endpoint) {
      return;
    }
    endpoint.count(Stat.CHECK_TOTAL);
    if (!healthy) {
      endpoint.count(Stat.CHECK_FAILURE);
    }
    boolean wasFailing = endpoint.activeHealth().failing();
    boolean changed = endpoint.activeHealth().onResult(healthy, failure, check);
    if (wasFailing != endpoint.activeHealth().failing()) {
      logChange(endpoint, failure);
    }
    if (changed && wasFailing) {
      endpoint.forgetLoad();
    }
    if (endpoint.awaitsCheck()) {
      outliers.onProbed(endpoint, healthy, nowNanos);
      changed = true;
    }
    if (changed) {
      picker = buildPicker();
    }
  }

  private void logChange(EndpointTracker endpoint, String failure) {
    LOG.log(
        Level.INFO,
        () ->
            failure.isEmpty()
                ? "%s: %s passes its active check again".formatted(name, endpoint)
                : "%s: %s fails its active check: %s".formatted(name, endpoint, failure));
  }

  private Picker buildPicker() {
    TopologyHints near = hints();
    var admitted = new ArrayList<EndpointTracker>(endpoints.size());
    List<EndpointTracker> elsewhere = near == null ? List.of() : new ArrayList<>();
    var reserve = new ArrayList<EndpointTracker>();
    var probes = new ArrayList<EndpointTracker>();
    for (EndpointTracker endpoint : endpoints.values()) {
      if (endpoint.activeHealth().failing()) {
        continue;
      }
      if (endpoint.ejection().admitted()) {
        (near == null || near.prefer(endpoint.config()) ? admitted : elsewhere).add(endpoint);
        continue;
      }
      reserve.add(endpoint);
      // With active checks, the next one decides, and no request is risked.
      if (endpoint.ejection().state() == Ejection.State.PROBING && config.healthCheck() == null) {
        probes.add(endpoint);
      }
    }
    if (admitted.isEmpty() && !elsewhere.isEmpty()) {
      // None of those nearby is well: all others, as if there were no nearby ones.
      admitted.addAll(elsewhere);
      elsewhere.clear();
    }
    preference = near == null ? "" : near.toString();
    Emptiness emptiness =
        endpoints.isEmpty()
            ? Emptiness.NO_ENDPOINTS
            : admitted.isEmpty() && reserve.isEmpty()
                ? Emptiness.ALL_FAIL_CHECKS
                : Emptiness.NOT_EMPTY;
    return new Picker(
        loads,
        counters,
        policy(admitted),
        admitted.toArray(EndpointTracker[]::new),
        elsewhere.isEmpty()
            ? null
            : new Elsewhere(
                rotationsElsewhere(), policy(elsewhere), elsewhere.toArray(EndpointTracker[]::new)),
        policy(reserve),
        reserve.toArray(EndpointTracker[]::new),
        probes.toArray(EndpointTracker[]::new),
        emptiness,
        config.loadBalancer() == LoadBalancerType.CLIENT_ADDRESS ? home.client() : 0);
  }

  /** Made when they are needed first, which is never in most clusters. */
  private ClusterLoad[] rotationsElsewhere() {
    if (rotationsElsewhere.length == 0) {
      rotationsElsewhere = newLoads(loads.length);
    }
    return rotationsElsewhere;
  }

  private ClusterLoad[] newLoads(int workers) {
    var made = new ClusterLoad[workers];
    for (int i = 0; i < workers; i++) {
      made[i] = new ClusterLoad(i, random.nextLong());
    }
    return made;
  }

  /** Null: nobody is preferred. Most clusters have no hints, and know it by the first endpoint. */
  private @Nullable TopologyHints hints() {
    if (endpointConfigs.isEmpty()) {
      return null;
    }
    EndpointConfig first = endpointConfigs.getFirst();
    return first.forZones().isEmpty() && first.forNodes().isEmpty()
        ? null
        : TopologyHints.of(endpointConfigs, home.nodeName(), home.zone());
  }

  private Policy policy(List<EndpointTracker> trackers) {
    int size = trackers.size();
    var byWorker = new EndpointLoad[loads.length][size];
    var weights = new int[size];
    for (int i = 0; i < size; i++) {
      EndpointTracker tracker = trackers.get(i);
      weights[i] = tracker.config().weight();
      for (int worker = 0; worker < loads.length; worker++) {
        byWorker[worker][i] = tracker.load(worker);
      }
    }
    var candidates = new Candidates(byWorker, weights);
    if (config.loadBalancer() == LoadBalancerType.CLIENT_ADDRESS) {
      var names = new long[size];
      for (int i = 0; i < size; i++) {
        names[i] = trackers.get(i).hostAndPort().hashCode();
      }
      return Policy.byClientAddress(candidates, names);
    }
    return Policy.of(config.loadBalancer(), candidates);
  }

  ClusterStatus status(long nowNanos) {
    var all = new ArrayList<EndpointStatus>(endpoints.size());
    for (EndpointTracker endpoint : endpoints.values()) {
      all.add(EndpointStatus.of(endpoint, config.healthCheck() != null, nowNanos));
    }
    Limit limit = requests;
    return new ClusterStatus(
        name,
        config,
        picker.emptiness(),
        preference,
        picker.preferredCount(),
        connections.used(),
        pendingRequests.used(),
        limit == null ? 0 : limit.used(),
        counters.totals(),
        all);
  }
}
