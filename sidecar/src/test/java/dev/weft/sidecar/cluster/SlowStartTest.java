package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Fixture.MILLI;
import static dev.weft.sidecar.cluster.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** How an endpoint that is new, or back, comes to its share. */
class SlowStartTest {
  private static final int PICKS = 100_000;

  private final Fixture mesh = new Fixture(1);

  @BeforeEach
  void twentySeconds() {
    mesh.balancing = new BalancingConfig(20 * SECOND, 10, 0, null);
  }

  @ParameterizedTest
  @EnumSource(value = LoadBalancerType.class, names = "CLIENT_ADDRESS", mode = Mode.EXCLUDE)
  void aNewOnesShareGrows(LoadBalancerType type) {
    mesh.type = type;
    mesh.endpoints("a", "b", "c");
    mesh.pass(SECOND);
    mesh.endpoints("a", "b", "c", "d");
    assertShareOfD(0.1);
    mesh.pass(SECOND);
    assertShareOfD(0.1);
    mesh.pass(4 * SECOND);
    assertThat(ClusterReport.text(mesh.set.status())).contains("weight 1 at 25%");
    assertShareOfD(0.25);
    mesh.pass(10 * SECOND);
    assertShareOfD(0.75);
    mesh.pass(5 * SECOND);
    assertShareOfD(1);
    assertThat(ClusterReport.text(mesh.set.status())).doesNotContain("%");
  }

  @Test
  void thoseThatWereThereBeforeUsHaveTheirWholeWeight() {
    mesh.endpoints("a", "b", "c", "d");
    assertShareOfD(1);
  }

  @Test
  void oneThatIsBackGrowsToo() {
    mesh.endpoints("a", "b", "c", "d");
    mesh.answer("d", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    mesh.now += MILLI;
    mesh.answer("d", 200, 1);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("d").health()).isEqualTo(EndpointStatus.Health.HEALTHY);
    assertShareOfD(0.1);
    mesh.pass(10 * SECOND);
    assertShareOfD(0.5);
  }

  @Test
  void oneThatPassesItsChecksAgainGrowsToo() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b", "c", "d");
    mesh.cluster().onCheck(mesh.tracker("d"), false, "status 500", mesh.now);
    assertThat(mesh.picks(0, 300)).doesNotContainKey("d");
    mesh.cluster().onCheck(mesh.tracker("d"), true, "", mesh.now);
    mesh.cluster().onCheck(mesh.tracker("d"), true, "", mesh.now);
    assertShareOfD(0.1);
  }

  @Test
  void whoIsAloneTakesAllAtOnce() {
    mesh.endpoints();
    mesh.endpoints("d");
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("d");
  }

  @Test
  void whatAPolicyChangesHoldsAtOnce() {
    mesh.endpoints("a", "b", "c");
    mesh.endpoints("a", "b", "c", "d");
    mesh.pass(5 * SECOND);
    EndpointTracker before = mesh.tracker("d");
    mesh.balancing = BalancingConfig.DEFAULT;
    mesh.endpoints("a", "b", "c", "d");
    assertShareOfD(1);
    mesh.balancing = new BalancingConfig(10 * SECOND, 10, 0, null);
    mesh.endpoints("a", "b", "c", "d");
    assertShareOfD(0.5);
    // It is the same endpoint still, with its connections.
    assertThat(mesh.tracker("d")).isSameAs(before);
    assertThat(mesh.gone).isEmpty();
  }

  @Test
  void pickersAreMadeAnewOnlyWhileSomebodyGrows() {
    mesh.endpoints("a", "b", "c");
    Picker settled = mesh.cluster().picker();
    mesh.pass(SECOND);
    assertThat(mesh.cluster().picker()).isSameAs(settled);
    mesh.endpoints("a", "b", "c", "d");
    mesh.pass(25 * SECOND);
    Picker grown = mesh.cluster().picker();
    mesh.pass(SECOND);
    assertThat(mesh.cluster().picker()).isSameAs(grown);
  }

  /**
   * @param weight what it has of that of each of the three others
   */
  private void assertShareOfD(double weight) {
    double share = mesh.picks(0, PICKS).getOrDefault("d", 0) / (double) PICKS;
    assertThat(share).isCloseTo(weight / (3 + weight), within(0.006));
  }
}
