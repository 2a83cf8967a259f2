package dev.weft.sidecar.proxy;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.cluster.Stat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The application behind this sidecar, for all workers: a cluster of one endpoint that is never
 * ejected, since there is no other, and the process-wide count of requests under way. Thread-safe.
 */
public final class InboundApp {
  /** The name under which its requests are counted. */
  public static final String CLUSTER = "app";

  private static final LimitsConfig LIMITS = new LimitsConfig(4096, 4096, 0, 1_000_000_000L);
  private static final OutlierConfig NEVER_EJECTED = new OutlierConfig(0, 1, 1, 0);

  private final Cluster cluster;
  private final Supplier<InboundConfig> config;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * @param address of the application, normally 127.0.0.1
   * @param config the configuration in force, read once per request
   */
  public InboundApp(
      String address,
      int port,
      int workers,
      Supplier<InboundConfig> config,
      LongSupplier nanoClock,
      RandomGenerator random) {
    this.config = config;
    var app =
        new ClusterConfig(
            CLUSTER,
            CLUSTER,
            "",
            port,
            LoadBalancerType.ROUND_ROBIN,
            NEVER_EJECTED,
            null,
            LIMITS,
            List.of(CLUSTER),
            List.of());
    var endpoint =
        new EndpointConfig(
            CLUSTER, "", address, port, 1, Locality.UNKNOWN, false, Set.of(), "", Map.of());
    var clusters = new ClusterSet(workers, nanoClock, random);
    clusters.update(
        new ConfigSnapshot(
            Map.of(), Map.of(CLUSTER, app), Map.of(CLUSTER, List.of(endpoint)), Map.of(), 0));
    Cluster made = clusters.find(CLUSTER);
    if (made == null) {
      throw new IllegalStateException("the application's cluster was not made");
    }
    this.cluster = made;
  }

  /** Connects that were refused or late, since the start; any thread. */
  public long connectFailures() {
    return cluster.total(Stat.CX_CONNECT_FAIL);
  }

  Cluster cluster() {
    return cluster;
  }

  InboundConfig config() {
    return config.get();
  }

  /** Requests under way on all workers; counted only while there is a limit. */
  AtomicInteger underWay() {
    return underWay;
  }
}
