package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All clusters of the sidecar. The control loop updates it from each snapshot and folds it every
 * {@link #FOLD_INTERVAL_NANOS}; workers look clusters up.
 *
 * <p>Make before break, for a new snapshot: {@link #update}, then the virtual hosts that need it
 * are published, then {@link #retire}.
 */
public final class ClusterSet {
  /** How often {@link #fold} is to be called. */
  public static final long FOLD_INTERVAL_NANOS = 100_000_000L;

  private final int workers;
  private final LongSupplier nanoClock;
  private final RandomGenerator random;
  private final List<EndpointListener> listeners = new ArrayList<>();
  private @Nullable InetAddress ownAddress;
  private Home home = Home.UNKNOWN;
  private boolean placeGiven;
  private int changes;
  private volatile Map<String, Cluster> clusters = Map.of();

  /**
   * @param workers how many workers there are; their indexes are 0 to {@code workers - 1}
   * @param nanoClock monotonic; the one whose times the workers report
   * @param random seeds the workers' own and jitters ejections; used by the control loop only
   */
  public ClusterSet(int workers, LongSupplier nanoClock, RandomGenerator random) {
    this.workers = workers;
    this.nanoClock = nanoClock;
    this.random = random;
  }

  // ---- any thread

  public @Nullable Cluster find(String name) {
    return clusters.get(name);
  }

  /** All clusters, for metrics. */
  public Collection<Cluster> all() {
    return clusters.values();
  }

  // ---- the control loop

  /** Is told of every endpoint that goes. To be called before the first update. */
  public void addListener(EndpointListener listener) {
    listeners.add(listener);
  }

  /**
   * Endpoints of this address are our own application, which is called without a sidecar between.
   * To be called before the first update.
   */
  public void ownAddress(InetAddress address) {
    ownAddress = address;
  }

  /**
   * Where we run. Unless the zone is said here the place is taken from snapshots, and kept when
   * they do not say it any more. To be called before the first update.
   */
  public void home(Home where) {
    home = where;
    placeGiven = !where.place().zone().isEmpty();
  }

  /** Makes and changes what the snapshot has; leaves alone what it does not have. */
  public void update(ConfigSnapshot snapshot) {
    long now = nanoClock.getAsLong();
    Locality place = snapshot.locality();
    if (!placeGiven && !place.unknown() && !place.equals(home.place())) {
      home = home.in(place);
    }
    var next = new HashMap<>(clusters);
    for (ClusterConfig config : snapshot.clusters().values()) {
      var endpoints = withoutOwnSidecar(usable(config, snapshot.endpoints(config)));
      Cluster known = next.get(config.name());
      if (known == null) {
        next.put(
            config.name(),
            new Cluster(config, endpoints, home, workers, random, this::onGone, now));
      } else {
        known.update(config, endpoints, home, now);
      }
    }
    clusters = Map.copyOf(next);
    changes++;
  }

  /** Closes what the snapshot does not have. */
  public void retire(ConfigSnapshot snapshot) {
    var next = new HashMap<>(clusters);
    next.keySet().retainAll(snapshot.clusters().keySet());
    var before = clusters;
    clusters = Map.copyOf(next);
    changes++;
    for (Cluster cluster : before.values()) {
      if (!next.containsKey(cluster.name())) {
        cluster.close();
      }
    }
  }

  /** Turns what the workers have reported into health. */
  public void fold() {
    long now = nanoClock.getAsLong();
    for (Cluster cluster : clusters.values()) {
      if (cluster.fold(now)) {
        changes++;
      }
    }
  }

  /** Another number after every change of clusters, endpoints or ejections. */
  public int changes() {
    return changes;
  }

  /** For {@code /clusters}, by name. */
  public List<ClusterStatus> status() {
    long now = nanoClock.getAsLong();
    return clusters.values().stream()
        .sorted(Comparator.comparing(Cluster::name))
        .map(cluster -> cluster.status(now))
        .toList();
  }

  private List<EndpointConfig> usable(ClusterConfig config, List<EndpointConfig> endpoints) {
    String node = home.nodeName();
    return config.sameNodeOnly() && !node.isEmpty()
        ? endpoints.stream().filter(each -> each.forNodes().contains(node)).toList()
        : endpoints;
  }

  private List<EndpointConfig> withoutOwnSidecar(List<EndpointConfig> endpoints) {
    InetAddress own = ownAddress;
    if (own == null) {
      return endpoints;
    }
    var all = new ArrayList<EndpointConfig>(endpoints.size());
    for (EndpointConfig each : endpoints) {
      boolean ours = each.sidecar() && InetAddress.ofLiteral(each.address()).equals(own);
      all.add(
          ours
              ? new EndpointConfig(
                  each.id(),
                  each.incarnation(),
                  each.address(),
                  each.port(),
                  each.weight(),
                  each.locality(),
                  false,
                  each.protocols(),
                  each.identity(),
                  each.labels(),
                  each.forZones(),
                  each.forNodes())
              : each);
    }
    return all;
  }

  private void onGone(Cluster cluster, EndpointTracker endpoint) {
    for (EndpointListener listener : listeners) {
      listener.onEndpointGone(cluster, endpoint);
    }
  }
}
