package dev.weft.sidecar.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.sidecar.lb.Tried;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Eight sidecars that know nothing of each other and six endpoints, in simulated time: one endpoint
 * is slow, one dies and comes back. An endpoint's latency grows with what it has under way.
 */
class SimulationTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final int SIDECARS = 8;
  private static final int ENDPOINTS = 6;
  private static final int SLOW = 0;
  private static final int DYING = 1;

  /** Each sidecar's mean time between requests: 250 a second. */
  private static final long GAP = 4 * MILLI;

  private static final String NAME = "catalog.default:80";

  private record Event(long at, long order, Runnable action) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private final List<ClusterSet> sidecars = new ArrayList<>();
  private final long[] serviceTime = new long[ENDPOINTS];
  private final int[] underWay = new int[ENDPOINTS];
  private final int[] sent = new int[ENDPOINTS];
  private Random random = new Random();
  private boolean dead;
  private int refused;
  private int lost;
  private long now;
  private long order;

  @BeforeEach
  void quickEndpoints() {
    Arrays.fill(serviceTime, 5 * MILLI);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void peakEwmaLeavesTheSlowAloneAndNobodyHerdsToTheRecovered(long seed) {
    start(LoadBalancerType.PEAK_EWMA, seed);
    serviceTime[SLOW] = 100 * MILLI;
    run(5 * SECOND);

    measure(10 * SECOND);
    assertThat(share(SLOW)).as("share of the slow one").isLessThan(0.04);
    for (int i = 1; i < ENDPOINTS; i++) {
      assertThat(share(i)).as("share of " + i).isBetween(0.15, 0.25);
    }

    dead = true;
    measure(2 * SECOND);
    assertThat(lost).as("requests lost").isZero();
    // Per sidecar: three refusals eject; those already on their way come on top.
    assertThat(refused).as("refused attempts").isLessThan(SIDECARS * 10);
    measure(10 * SECOND);
    // Now only a probe now and then.
    assertThat(refused).as("refused attempts").isLessThan(SIDECARS * 5);
    assertThat(lost).as("requests lost").isZero();

    dead = false;
    // Within the longest ejection every sidecar probes it; at no time it gets much more than its
    // share.
    for (int second = 0; second < 20; second++) {
      measure(SECOND);
      assertThat(share(DYING)).as("share in second " + second).isLessThan(0.3);
    }
    measure(10 * SECOND);
    assertThat(share(DYING)).as("share of the recovered").isBetween(0.14, 0.26);

    serviceTime[SLOW] = 5 * MILLI;
    run(40 * SECOND);
    measure(10 * SECOND);
    assertThat(share(SLOW)).as("share of the one that is quick again").isBetween(0.12, 0.22);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ROUND_ROBIN", "WEIGHTED_ROUND_ROBIN"})
  void roundRobinLeavesTheDeadAloneAndSharesEvenlyAgain(LoadBalancerType type) {
    start(type, 1);
    measure(10 * SECOND);
    for (int i = 0; i < ENDPOINTS; i++) {
      assertThat(share(i)).as("share of " + i).isBetween(0.16, 0.174);
    }
    dead = true;
    measure(10 * SECOND);
    assertThat(lost).as("requests lost").isZero();
    assertThat(refused).as("refused attempts").isLessThan(SIDECARS * 10);
    dead = false;
    for (int second = 0; second < 20; second++) {
      measure(SECOND);
      assertThat(share(DYING)).as("share in second " + second).isLessThan(0.18);
    }
    measure(10 * SECOND);
    assertThat(share(DYING)).as("share of the recovered").isBetween(0.16, 0.174);
  }

  private void start(LoadBalancerType type, long seed) {
    random = new Random(seed);
    var endpoints = new ArrayList<EndpointConfig>();
    for (int i = 0; i < ENDPOINTS; i++) {
      endpoints.add(Fixture.endpoint(Integer.toString(i)));
    }
    var config =
        new ClusterConfig(
            NAME,
            "catalog",
            "default",
            80,
            type,
            new OutlierConfig(3, 3 * SECOND, 9 * SECOND, 50),
            null,
            LimitsConfig.DEFAULT,
            List.of("0"),
            List.of(),
            null,
            null,
            ProxyProtocol.OFF,
            ClusterConfig.DEFAULT_IDLE);
    var snapshot =
        new ConfigSnapshot(Map.of(), Map.of(NAME, config), Map.of("0", endpoints), Map.of(), 1);
    for (int i = 0; i < SIDECARS; i++) {
      var sidecar = new ClusterSet(1, () -> now, new Random(random.nextLong()));
      sidecar.update(snapshot);
      sidecars.add(sidecar);
      at(random.nextLong(ClusterSet.FOLD_INTERVAL_NANOS), () -> fold(sidecar));
      at(random.nextLong(GAP), () -> arrive(sidecar));
    }
  }

  private void fold(ClusterSet sidecar) {
    sidecar.fold();
    at(ClusterSet.FOLD_INTERVAL_NANOS, () -> fold(sidecar));
  }

  private void arrive(ClusterSet sidecar) {
    attempt(sidecar, new Tried());
    at(Math.round(-GAP * Math.log(1 - random.nextDouble())), () -> arrive(sidecar));
  }

  private void attempt(ClusterSet sidecar, Tried tried) {
    if (tried.count() == 3) {
      lost++;
      return;
    }
    Cluster cluster = Objects.requireNonNull(sidecar.find(NAME));
    EndpointTracker endpoint = Objects.requireNonNull(cluster.picker().pick(0, now, tried, true));
    int index = Integer.parseInt(endpoint.id());
    sent[index]++;
    endpoint.onAttempt(0);
    if (dead && index == DYING) {
      refused++;
      endpoint.onConnectFailure(0, now);
      endpoint.onAttemptEnd(0);
      attempt(sidecar, tried);
      return;
    }
    long begun = now;
    underWay[index]++;
    // Ten at once take twice as long; and each request is a little different.
    double factor = (1 + underWay[index] / 10.0) * (0.8 + 0.4 * random.nextDouble());
    at(
        Math.round(serviceTime[index] * factor),
        () -> {
          underWay[index]--;
          endpoint.onResponse(0, 200, now - begun, now);
          endpoint.onAttemptEnd(0);
        });
  }

  private void at(long delay, Runnable action) {
    events.add(new Event(now + delay, order++, action));
  }

  private void measure(long duration) {
    Arrays.fill(sent, 0);
    refused = 0;
    lost = 0;
    run(duration);
  }

  private void run(long duration) {
    long end = now + duration;
    while (Objects.requireNonNull(events.peek()).at() <= end) {
      Event event = events.remove();
      now = event.at();
      event.action().run();
    }
    now = end;
  }

  private double share(int index) {
    return (double) sent[index] / Arrays.stream(sent).sum();
  }
}
