package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.Locality;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Clusters of one address each, which is never ejected, since there is no other: made when somebody
 * connects there, kept while they are used lately. All have one name, under which they are counted.
 * Thread-safe, by a lock that is taken once a connection as a rule.
 */
public final class DirectClusters {
  private static final OutlierConfig NEVER_EJECTED = new OutlierConfig(0, 1, 1, 0);

  private final String name;
  private final int max;
  private final int workers;
  private final LimitsConfig limits;
  private final long tcpIdleNanos;
  private final LongSupplier nanoClock;
  private final RandomGenerator random;
  private final Map<InetSocketAddress, Cluster> clusters = new LinkedHashMap<>(16, 0.75f, true);
  private long forgottenConnectFailures;

  /**
   * @param max how many are kept
   * @param limits of each
   * @param tcpIdleNanos how long relayed bytes may stand still; 0: no limit
   * @param random its own
   */
  public DirectClusters(
      String name,
      int max,
      int workers,
      LimitsConfig limits,
      long tcpIdleNanos,
      LongSupplier nanoClock,
      RandomGenerator random) {
    this.name = name;
    this.max = max;
    this.workers = workers;
    this.limits = limits;
    this.tcpIdleNanos = tcpIdleNanos;
    this.nanoClock = nanoClock;
    this.random = random;
  }

  /**
   * The cluster of an address.
   *
   * @param protocol what is spoken there; null: as the caller speaks
   */
  public synchronized Cluster of(InetSocketAddress address, @Nullable WireProtocol protocol) {
    Cluster known = clusters.get(address);
    if (known != null && known.config().protocol() == protocol) {
      return known;
    }
    if (known != null) {
      clusters.remove(address);
      forget(known);
    } else if (clusters.size() >= max) {
      Iterator<Cluster> oldest = clusters.values().iterator();
      Cluster gone = oldest.next();
      oldest.remove();
      forget(gone);
    }
    Cluster made = make(address, protocol);
    clusters.put(address, made);
    return made;
  }

  /** How many are kept now. */
  public synchronized int size() {
    return clusters.size();
  }

  /** Connects that were refused or late, since the start. */
  public synchronized long connectFailures() {
    long sum = forgottenConnectFailures;
    for (Cluster cluster : clusters.values()) {
      sum += cluster.total(Stat.CX_CONNECT_FAIL);
    }
    return sum;
  }

  /** Connections to all that are kept, over all workers. */
  public synchronized int connections() {
    int sum = 0;
    for (Cluster cluster : clusters.values()) {
      sum += cluster.connections().used();
    }
    return sum;
  }

  /** Requests that wait for one, over all that are kept. */
  public synchronized int pendingRequests() {
    int sum = 0;
    for (Cluster cluster : clusters.values()) {
      sum += cluster.pendingRequests().used();
    }
    return sum;
  }

  private void forget(Cluster gone) {
    forgottenConnectFailures += gone.total(Stat.CX_CONNECT_FAIL);
    // Who uses it goes on; its idle connections are closed.
    gone.close();
  }

  private Cluster make(InetSocketAddress address, @Nullable WireProtocol protocol) {
    String ip = NetUtil.toAddressString(address.getAddress());
    var config =
        new ClusterConfig(
            name,
            name,
            "",
            address.getPort(),
            LoadBalancerType.ROUND_ROBIN,
            NEVER_EJECTED,
            null,
            limits,
            List.of(name),
            List.of(),
            protocol,
            null,
            ProxyProtocol.OFF,
            tcpIdleNanos);
    var endpoint =
        new EndpointConfig(
            name, "", ip, address.getPort(), 1, Locality.UNKNOWN, false, Set.of(), "", Map.of());
    return new Cluster(
        config,
        List.of(endpoint),
        Home.UNKNOWN,
        workers,
        random,
        (cluster, gone) -> {},
        nanoClock.getAsLong());
  }
}
