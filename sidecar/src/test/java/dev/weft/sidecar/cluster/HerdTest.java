package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Simulation.MILLI;
import static dev.weft.sidecar.cluster.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Sixteen sidecars of four workers each, none of which knows of another, and eleven endpoints under
 * little and much load (two and twelve requests under way at each): who is new or back does not get
 * everybody's requests at once. Of two choices the best looking gets at most what being drawn
 * gives, two shares of eleven; a window's chance comes on top.
 */
class HerdTest {
  private static final int OTHERS = 10;
  private static final String ONE = "one";
  private static final double EVEN = 1.0 / (OTHERS + 1);

  /** Long enough that a window of even shares has 73 requests for each. */
  private static final long WINDOW = 200 * MILLI;

  @ParameterizedTest
  @CsvSource({
    "PEAK_EWMA, 5, 2.4", "PEAK_EWMA, 15, 2.4",
    "LEAST_REQUEST, 5, 2.4", "LEAST_REQUEST, 15, 2.4",
    "ROUND_ROBIN, 5, 1.5", "ROUND_ROBIN, 15, 1.5",
    "RANDOM, 5, 1.5", "RANDOM, 15, 1.5",
  })
  void nobodyHerdsToTheNewOne(LoadBalancerType type, long serviceMillis, double most) {
    Mesh mesh = new Mesh(type, serviceMillis, BalancingConfig.DEFAULT);
    mesh.begin(OTHERS);
    mesh.told(OTHERS + 1);
    mesh.watch(25, most);
    mesh.run.measure(10 * SECOND);
    assertThat(mesh.share()).as("in the end").isBetween(0.85 * EVEN, 1.15 * EVEN);
  }

  @ParameterizedTest
  @CsvSource({
    "PEAK_EWMA, 5, 2.4", "PEAK_EWMA, 15, 2.4",
    "LEAST_REQUEST, 5, 2.4", "LEAST_REQUEST, 15, 2.4",
    "ROUND_ROBIN, 5, 1.5", "ROUND_ROBIN, 15, 1.5",
    "RANDOM, 5, 1.5", "RANDOM, 15, 1.5",
  })
  void nobodyHerdsToTheRecoveredOne(LoadBalancerType type, long serviceMillis, double most) {
    Mesh mesh = new Mesh(type, serviceMillis, BalancingConfig.DEFAULT);
    mesh.begin(OTHERS + 1);
    mesh.run.server(ONE).dead = true;
    mesh.run.measure(10 * SECOND);
    assertThat(mesh.callers.lost).isZero();
    mesh.run.server(ONE).dead = false;
    mesh.watch(75, most);
    mesh.run.measure(10 * SECOND);
    assertThat(mesh.share()).as("in the end").isBetween(0.85 * EVEN, 1.15 * EVEN);
  }

  @ParameterizedTest
  @EnumSource(value = LoadBalancerType.class, names = "CLIENT_ADDRESS", mode = Mode.EXCLUDE)
  void withASlowStartItsShareGrowsWithTheTime(LoadBalancerType type) {
    var slow = new BalancingConfig(20 * SECOND, 10, 0, null);
    Mesh mesh = new Mesh(type, 5, slow);
    mesh.begin(OTHERS);
    mesh.told(OTHERS + 1);
    // Of two choices an idle one is taken whenever it is drawn.
    double most =
        type == LoadBalancerType.ROUND_ROBIN || type == LoadBalancerType.RANDOM ? 1.4 : 2.2;
    for (int second = 0; second < 20; second++) {
      mesh.run.measure(SECOND);
      double weight = Math.max(0.1, (second + 0.5) / 20);
      double expected = weight / (OTHERS + weight);
      assertThat(mesh.share())
          .as("in second " + second)
          .isBetween(expected * 0.6 - 0.004, expected * most + 0.004);
    }
    mesh.run.measure(10 * SECOND);
    assertThat(mesh.share()).as("in the end").isBetween(0.85 * EVEN, 1.15 * EVEN);
  }

  private static final class Mesh {
    final Simulation run = new Simulation(7, 4);
    final Simulation.Callers callers;
    private final long serviceMillis;

    Mesh(LoadBalancerType type, long serviceMillis, BalancingConfig balancing) {
      this.serviceMillis = serviceMillis;
      run.type = type;
      run.balancing = balancing;
      callers = run.callers(16, Locality.UNKNOWN, 4 * MILLI);
    }

    /** The last of eleven is the one. */
    void begin(int count) {
      run.endpoints(0, endpoints(count));
      run.run(5 * SECOND);
    }

    /** All hear of it within 200 ms. */
    void told(int count) {
      run.endpoints(200 * MILLI, endpoints(count));
    }

    void watch(int windows, double most) {
      for (int i = 0; i < windows; i++) {
        run.measure(WINDOW);
        assertThat(share()).as("share in window " + i).isLessThan(most * EVEN);
        assertThat(callers.lost).isZero();
      }
    }

    double share() {
      return callers.share(ONE);
    }

    private List<EndpointConfig> endpoints(int count) {
      var all = new ArrayList<EndpointConfig>();
      for (int i = 0; i < count; i++) {
        String id = i == OTHERS ? ONE : "other-" + i;
        all.add(Fixture.endpoint(id));
        run.server(id).serviceTime = serviceMillis * MILLI;
      }
      return all;
    }
  }
}
