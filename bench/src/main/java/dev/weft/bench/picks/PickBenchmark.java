package dev.weft.bench.picks;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.cluster.Home;
import dev.weft.sidecar.lb.Tried;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One pick for a first attempt, as a worker makes it: the cluster's current picker, one of ten. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {
  private static final String NAME = "catalog.default:80";
  private static final int ENDPOINTS = 10;
  private static final HealthCheckConfig CHECK =
      new HealthCheckConfig(null, List.of(), 1_000_000_000L, 1_000_000_000L, 1, 1, null);

  /** What there is to choose from. */
  public enum Among {
    EQUAL,
    /** Weights of 1 to 10. */
    WEIGHTED,
    /** Two zones of five; three of the near five are ill, and a part is spilled. */
    SPILLING
  }

  @Param public LoadBalancerType balancer = LoadBalancerType.PEAK_EWMA;
  @Param public Among among = Among.EQUAL;

  private final Tried tried = new Tried();
  private @Nullable Cluster cluster;
  private long now = 1;

  /** Before the first pick. */
  @Setup
  public void endpoints() {
    var endpoints = new ArrayList<EndpointConfig>();
    for (int i = 0; i < ENDPOINTS; i++) {
      endpoints.add(endpoint(i));
    }
    var set = new ClusterSet(1, () -> now, new Random(1));
    set.home(Home.of("caller", "", new Locality("eu", "a", "")));
    set.update(
        new ConfigSnapshot(
            Map.of(), Map.of(NAME, config()), Map.of(NAME + "/0", endpoints), Map.of(), 1));
    Cluster made = Objects.requireNonNull(set.find(NAME));
    var random = new Random(2);
    int ill = among == Among.SPILLING ? 3 : 0;
    for (EndpointTracker each : made.endpoints()) {
      // Something is known of each, as in a cluster that has been used.
      each.onAttempt(0);
      each.onResponse(0, 200, 1_000_000L + random.nextInt(100_000), now);
      each.onAttemptEnd(0);
      if (ill-- > 0) {
        made.onCheck(each, false, "ill", now);
      }
    }
    tried.client(42);
    cluster = made;
  }

  /** The figure. */
  @Benchmark
  public @Nullable EndpointTracker pick() {
    now += 1_000;
    tried.reset();
    return Objects.requireNonNull(cluster).picker().pick(0, now, tried, true);
  }

  private ClusterConfig config() {
    var near = new BalancingConfig(0, 10, 0, new LocalityConfig(140, List.of()));
    return new ClusterConfig(
        NAME,
        "catalog",
        "default",
        80,
        balancer,
        OutlierConfig.DEFAULT,
        CHECK,
        LimitsConfig.DEFAULT,
        List.of(NAME + "/0"),
        List.of(),
        null,
        null,
        ProxyProtocol.OFF,
        ClusterConfig.DEFAULT_IDLE,
        false,
        among == Among.SPILLING ? near : BalancingConfig.DEFAULT);
  }

  private EndpointConfig endpoint(int index) {
    return new EndpointConfig(
        "catalog-" + index,
        "1",
        "10.0.0." + (1 + index),
        8080,
        among == Among.WEIGHTED ? 1 + index : 1,
        new Locality("eu", index < ENDPOINTS / 2 ? "a" : "b", ""),
        false,
        Set.of(EndpointConfig.WireProtocol.HTTP1),
        "",
        Map.of());
  }
}
