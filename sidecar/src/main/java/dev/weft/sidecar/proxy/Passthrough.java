package dev.weft.sidecar.proxy;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.DirectClusters;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.telemetry.Bound;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Where intercepted connections go that the mesh knows nothing of: where they were meant to go, as
 * if nobody stood between. No limit of ours is in force there but the process's. Thread-safe.
 */
public final class Passthrough {
  /** The name under which they are counted, as route and as cluster. */
  public static final String NAME = "passthrough";

  // What nobody has configured shall not be cut short by us.
  private static final LimitsConfig LIMITS =
      new LimitsConfig(
          Integer.MAX_VALUE, Integer.MAX_VALUE, 0, Bound.PASSTHROUGH_CONNECT_TIME.value());

  private final DirectClusters clusters;

  /**
   * @param random its own
   */
  public Passthrough(int workers, LongSupplier nanoClock, RandomGenerator random) {
    clusters =
        new DirectClusters(
            NAME, Bound.DESTINATIONS.intValue(), workers, LIMITS, 0, nanoClock, random);
  }

  /** How many destinations are remembered. */
  public int size() {
    return clusters.size();
  }

  Cluster to(OriginalDestination destination) {
    return clusters.of(destination.address(), null);
  }
}
