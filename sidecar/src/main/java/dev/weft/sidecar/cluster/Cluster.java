package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.EndpointConfig;
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
  private final ClusterCounters counters;
  private final PickerFactory pickers;
  private final RandomGenerator random;
  private final EndpointListener listener;
  private final OutlierDetection outliers;
  private final Limit connections;
  private final Limit pendingRequests;

  /** Replaced, never changed. */
  private volatile Map<EndpointKey, EndpointTracker> endpoints = Map.of();

  private List<EndpointConfig> endpointConfigs = List.of();
  private Home home;
  private long builtNanos;
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
    this.counters = new ClusterCounters(workers);
    this.pickers = new PickerFactory(workers, counters, random);
    this.connections = new Limit(config.limits().maxConnections());
    this.pendingRequests = new Limit(config.limits().maxPendingRequests());
    apply(config, endpoints, nowNanos);
    this.endpoints.values().forEach(EndpointTracker::settled);
    this.picker = buildPicker(nowNanos);
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
    return picker.healthyCount();
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
    boolean moved = !newHome.place().equals(home.place());
    if (!moved && newConfig.equals(config) && newEndpoints.equals(endpointConfigs)) {
      return;
    }
    home = newHome;
    Map<EndpointKey, EndpointTracker> before = endpoints;
    apply(newConfig, newEndpoints, nowNanos);
    picker = buildPicker(nowNanos);
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
        known = new EndpointTracker(endpoint, outlier, pickers.loads(), counters, random, nowNanos);
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
    if (changed || hasGrown(nowNanos)) {
      picker = buildPicker(nowNanos);
    }
    return changed;
  }

  /** Whether weights of a slow start are another step further. */
  private boolean hasGrown(long nowNanos) {
    return pickers.growing()
        && nowNanos - builtNanos >= PickerFactory.slowStart(config).stepNanos();
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
      endpoint.begin(nowNanos);
    }
    if (endpoint.awaitsCheck()) {
      outliers.onProbed(endpoint, healthy, nowNanos);
      changed = true;
    }
    if (changed) {
      picker = buildPicker(nowNanos);
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

  private Picker buildPicker(long nowNanos) {
    builtNanos = nowNanos;
    return pickers.build(config, endpointConfigs, endpoints.values(), home, nowNanos);
  }

  ClusterStatus status(long nowNanos) {
    var all = new ArrayList<EndpointStatus>(endpoints.size());
    for (EndpointTracker endpoint : endpoints.values()) {
      all.add(EndpointStatus.of(endpoint, config, nowNanos));
    }
    Limit limit = requests;
    return new ClusterStatus(
        name,
        config,
        picker.emptiness(),
        pickers.preference(),
        pickers.preferred(),
        pickers.priorities(),
        connections.used(),
        pendingRequests.used(),
        limit == null ? 0 : limit.used(),
        counters.totals(),
        all);
  }
}
