package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Simulation.MILLI;
import static dev.weft.sidecar.cluster.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Eight sidecars of two workers in each of two zones, each with four endpoints, in simulated time:
 * zone a falls ill one by one, and recovers. Shares follow the formula and stand still in between.
 */
class FailoverSimulationTest {
  private static final Locality A = new Locality("eu", "a", "");
  private static final Locality B = new Locality("eu", "b", "");
  private static final int EACH = 4;

  private final Simulation mesh = new Simulation(11, 2);
  private Simulation.Callers fromA = mesh.callers(0, A, SECOND);
  private Simulation.Callers fromB = fromA;

  @ParameterizedTest
  @EnumSource(value = LoadBalancerType.class, names = "CLIENT_ADDRESS", mode = Mode.EXCLUDE)
  void aZoneFallsIllTheOtherTakesItsShareAndItComesBack(LoadBalancerType type) {
    start(type);
    double[] formula = {1, 1, 0.7, 0.35, 0};
    steady(formula[0]);
    for (int ill = 1; ill <= EACH; ill++) {
      mesh.server("a" + (ill - 1)).dead = true;
      // Until every sidecar has seen it.
      mesh.measure(2 * SECOND);
      assertThat(fromA.lost + fromB.lost).as("requests lost with " + ill + " ill").isZero();
      steady(formula[ill]);
    }
    for (int i = 0; i < EACH; i++) {
      mesh.server("a" + i).dead = false;
    }
    // Each sidecar finds out for itself, within the longest ejection: up it goes, and never down.
    double before = 0;
    for (int half = 0; half < 30; half++) {
      mesh.measure(SECOND / 2);
      double share = fromA.share("a");
      assertThat(share).as("share after " + half / 2.0 + " s").isGreaterThan(before - 0.08);
      assertThat(fromA.lost + fromB.lost).isZero();
      before = share;
    }
    steady(1);
  }

  @Test
  void oneThatComesAndGoesMovesNobody() {
    start(LoadBalancerType.PEAK_EWMA);
    for (int turn = 0; turn < 20; turn++) {
      mesh.server("a0").dead = turn % 2 == 0;
      mesh.measure(SECOND);
      // Three of four, times 1.4, are enough for all; requests that meet the dead one are retried
      // within the zone.
      assertThat(fromA.share("a")).as("share in second " + turn).isGreaterThan(0.995);
      assertThat(fromA.lost).isZero();
    }
  }

  @Test
  void twoThatComeAndGoMoveNoMoreThanTheirPart() {
    start(LoadBalancerType.PEAK_EWMA);
    for (int turn = 0; turn < 20; turn++) {
      mesh.server("a0").dead = turn % 2 == 0;
      mesh.server("a1").dead = turn % 2 == 0;
      mesh.measure(SECOND);
      assertThat(fromA.share("a")).as("share in second " + turn).isBetween(0.65, 1.0);
      assertThat(fromA.lost).isZero();
    }
  }

  /** Ten seconds, in none of which the share is another one. */
  private void steady(double expected) {
    for (int second = 0; second < 10; second++) {
      mesh.measure(SECOND);
      assertThat(fromA.share("a"))
          .as("share in second %d, expected %.2f", second, expected)
          .isBetween(expected - 0.05, expected + 0.05);
      assertThat(fromA.lost + fromB.lost).isZero();
      // Who is nearer to the others is not concerned.
      assertThat(fromB.share("b")).isEqualTo(1);
    }
  }

  private void start(LoadBalancerType type) {
    mesh.type = type;
    mesh.balancing = new BalancingConfig(0, 10, 0, new LocalityConfig(140, List.of()));
    fromA = mesh.callers(8, A, 4 * MILLI);
    fromB = mesh.callers(8, B, 4 * MILLI);
    var endpoints = new ArrayList<EndpointConfig>();
    for (int i = 0; i < EACH; i++) {
      endpoints.add(Fixture.endpoint("a" + i, A, 1));
      endpoints.add(Fixture.endpoint("b" + i, B, 1));
    }
    mesh.endpoints(0, endpoints);
    mesh.run(2 * SECOND);
  }
}
