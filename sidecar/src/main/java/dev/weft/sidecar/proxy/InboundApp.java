package dev.weft.sidecar.proxy;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.cluster.DirectClusters;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.telemetry.Bound;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The application behind this sidecar, for all workers: a cluster of one endpoint that is never
 * ejected, since there is no other, and the process-wide count of requests under way. Thread-safe.
 */
public final class InboundApp {
  /** The name under which its requests are counted. */
  public static final String CLUSTER = "app";

  private static final LimitsConfig LIMITS =
      new LimitsConfig(
          Bound.APP_CONNECTIONS.intValue(),
          Bound.APP_PENDING.intValue(),
          0,
          Bound.APP_CONNECT_TIME.value());
  private static final OutlierConfig NEVER_EJECTED = new OutlierConfig(0, 1, 1, 0);

  private final int port;
  private final EndpointConfig endpoint;
  private final ClusterSet clusters;
  private final Cluster cluster;
  private final DirectClusters redirected;
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
    this.port = port;
    this.endpoint =
        new EndpointConfig(
            CLUSTER, "", address, port, 1, Locality.UNKNOWN, false, Set.of(), "", Map.of());
    this.clusters = new ClusterSet(workers, nanoClock, random);
    clusters.update(speaking(null));
    Cluster made = clusters.find(CLUSTER);
    if (made == null) {
      throw new IllegalStateException("the application's cluster was not made");
    }
    this.cluster = made;
    this.redirected =
        new DirectClusters(
            CLUSTER,
            Bound.DESTINATIONS.intValue(),
            workers,
            LIMITS,
            ClusterConfig.DEFAULT_IDLE,
            nanoClock,
            // Workers draw from it.
            new SplittableRandom(random.nextLong()));
  }

  /**
   * Says what the application speaks; from the next attempt on it is spoken to. Control loop.
   *
   * @param protocol null: not declared, so that it is spoken to as the caller speaks
   */
  public void declare(@Nullable WireProtocol protocol) {
    // Asked here: comparing all of it links what compares records, in the middle of a start.
    if (protocol != declared()) {
      clusters.update(speaking(protocol));
    }
  }

  private ConfigSnapshot speaking(@Nullable WireProtocol protocol) {
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
            List.of(),
            protocol,
            null,
            ProxyProtocol.OFF,
            ClusterConfig.DEFAULT_IDLE);
    return new ConfigSnapshot(
        Map.of(), Map.of(CLUSTER, app), Map.of(CLUSTER, List.of(endpoint)), Map.of(), 0);
  }

  /** What the application was declared to speak; null: not declared; any thread. */
  public @Nullable WireProtocol declared() {
    return cluster.config().protocol();
  }

  /** What is declared for a port of the application's; null: nothing; any thread. */
  public @Nullable WireProtocol declared(OriginalDestination to) {
    int wanted = to.address().getPort();
    WireProtocol own = wanted == port ? declared() : null;
    return own == null ? config.get().protocol(wanted) : own;
  }

  /** Connects that were refused or late, since the start; any thread. */
  public long connectFailures() {
    return cluster.total(Stat.CX_CONNECT_FAIL) + redirected.connectFailures();
  }

  /** Connections to the application, over all workers; any thread. */
  public int connections() {
    return cluster.connections().used() + redirected.connections();
  }

  /** Requests that wait for a connection to it; any thread. */
  public int pendingRequests() {
    return cluster.pendingRequests().used() + redirected.pendingRequests();
  }

  /** Requests to it under way, while there is a limit; any thread. */
  public int requestsUnderWay() {
    return underWay.get();
  }

  /** How many there may be; 0: no limit. Any thread. */
  public int maxRequests() {
    return config.get().maxRequests();
  }

  /**
   * Where to. A connection that was redirected to us goes on to the very address that its caller
   * has used: what the application listens on, and not, is as if nobody stood between.
   */
  Cluster cluster(@Nullable OriginalDestination to) {
    return to == null ? cluster : redirected.of(to.address(), declared(to));
  }

  InboundConfig config() {
    return config.get();
  }

  /** Requests under way on all workers; counted only while there is a limit. */
  AtomicInteger underWay() {
    return underWay;
  }
}
