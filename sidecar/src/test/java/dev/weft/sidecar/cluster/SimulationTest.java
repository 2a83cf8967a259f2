package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Simulation.MILLI;
import static dev.weft.sidecar.cluster.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import java.util.ArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Eight sidecars and six endpoints: one endpoint is slow, one dies and comes back. */
class SimulationTest {
  private static final int SIDECARS = 8;
  private static final int ENDPOINTS = 6;
  private static final String SLOW = "0";
  private static final String DYING = "1";

  /** Each sidecar's mean time between requests: 250 a second. */
  private static final long GAP = 4 * MILLI;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void peakEwmaLeavesTheSlowAloneAndNobodyHerdsToTheRecovered(long seed) {
    var mesh = new Simulation(seed, 1);
    Simulation.Callers callers = start(mesh, LoadBalancerType.PEAK_EWMA);
    mesh.server(SLOW).serviceTime = 100 * MILLI;
    mesh.run(5 * SECOND);

    mesh.measure(10 * SECOND);
    assertThat(callers.share(SLOW)).as("share of the slow one").isLessThan(0.04);
    for (int i = 1; i < ENDPOINTS; i++) {
      assertThat(callers.share("" + i)).as("share of " + i).isBetween(0.15, 0.25);
    }

    mesh.server(DYING).dead = true;
    mesh.measure(2 * SECOND);
    assertThat(callers.lost).as("requests lost").isZero();
    // Per sidecar: three refusals eject; those already on their way come on top.
    assertThat(callers.refused).as("refused attempts").isLessThan(SIDECARS * 10);
    mesh.measure(10 * SECOND);
    // Now only a probe now and then.
    assertThat(callers.refused).as("refused attempts").isLessThan(SIDECARS * 5);
    assertThat(callers.lost).as("requests lost").isZero();

    mesh.server(DYING).dead = false;
    // Within the longest ejection every sidecar probes it; at no time it gets much more than its
    // share.
    for (int second = 0; second < 20; second++) {
      mesh.measure(SECOND);
      assertThat(callers.share(DYING)).as("share in second " + second).isLessThan(0.3);
    }
    mesh.measure(10 * SECOND);
    assertThat(callers.share(DYING)).as("share of the recovered").isBetween(0.14, 0.26);

    mesh.server(SLOW).serviceTime = 5 * MILLI;
    mesh.run(40 * SECOND);
    mesh.measure(10 * SECOND);
    assertThat(callers.share(SLOW))
        .as("share of the one that is quick again")
        .isBetween(0.12, 0.22);
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAST_REQUEST", "ROUND_ROBIN", "RANDOM"})
  void theOthersLeaveTheDeadAloneAndShareEvenlyAgain(LoadBalancerType type) {
    var mesh = new Simulation(1, 1);
    Simulation.Callers callers = start(mesh, type);
    mesh.measure(10 * SECOND);
    for (int i = 0; i < ENDPOINTS; i++) {
      assertThat(callers.share("" + i)).as("share of " + i).isBetween(0.155, 0.179);
    }
    mesh.server(DYING).dead = true;
    mesh.measure(10 * SECOND);
    assertThat(callers.lost).as("requests lost").isZero();
    assertThat(callers.refused).as("refused attempts").isLessThan(SIDECARS * 10);
    mesh.server(DYING).dead = false;
    for (int second = 0; second < 20; second++) {
      mesh.measure(SECOND);
      assertThat(callers.share(DYING)).as("share in second " + second).isLessThan(0.2);
    }
    mesh.measure(10 * SECOND);
    assertThat(callers.share(DYING)).as("share of the recovered").isBetween(0.155, 0.179);
  }

  private static Simulation.Callers start(Simulation mesh, LoadBalancerType type) {
    mesh.type = type;
    Simulation.Callers callers = mesh.callers(SIDECARS, Locality.UNKNOWN, GAP);
    var endpoints = new ArrayList<EndpointConfig>();
    for (int i = 0; i < ENDPOINTS; i++) {
      endpoints.add(Fixture.endpoint(Integer.toString(i)));
    }
    mesh.endpoints(0, endpoints);
    return callers;
  }
}
