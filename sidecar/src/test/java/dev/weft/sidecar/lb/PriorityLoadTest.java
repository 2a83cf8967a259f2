package dev.weft.sidecar.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Which share each priority takes, by the examples of Envoy's documentation and by draws. */
class PriorityLoadTest {
  private static final Offset<Double> EXACT = within(1e-9);

  @Test
  void aPriorityTakesAllUntilLessThan72PercentAreHealthy() {
    assertShares(load(0, 100, 100), 1, 0);
    assertShares(load(0, 72, 100), 1, 0);
    assertShares(load(0, 71, 100), 0.994, 0.006);
    assertShares(load(0, 50, 100), 0.7, 0.3);
    assertShares(load(0, 25, 100), 0.35, 0.65);
    assertShares(load(0, 0, 100), 0, 1);
  }

  @Test
  void whenAllTogetherHaveTooLittleEachIsScaledUpAlike() {
    assertShares(load(0, 25, 25), 0.5, 0.5);
    assertShares(load(0, 20, 40), 1 / 3.0, 2 / 3.0);
    assertShares(load(0, 0, 25), 0, 1);
    assertShares(load(0, 10, 0), 1, 0);
    assertShares(load(0, 20, 20, 20), 1 / 3.0, 1 / 3.0, 1 / 3.0);
  }

  @Test
  void whatOneCannotTakeGoesToTheNextInOrder() {
    assertShares(load(0, 50, 20, 100), 0.7, 0.28, 0.02);
    assertShares(load(0, 0, 50, 100), 0, 0.7, 0.3);
    assertShares(load(0, 0, 100, 100), 0, 1, 0);
  }

  @Test
  void nobodyHealthyIsSaidByTheFirst() {
    PriorityLoad load = load(0, 0, 0);
    assertShares(load, 1, 0);
    assertThat(load.panic(0)).isFalse();
  }

  @Test
  void anotherFactorIsAnotherEdge() {
    PriorityLoad load = PriorityLoad.of(new long[] {60, 100}, new long[] {100, 100}, 100, 0);
    assertShares(load, 0.6, 0.4);
    PriorityLoad eager = PriorityLoad.of(new long[] {20, 100}, new long[] {100, 100}, 500, 0);
    assertShares(eager, 1, 0);
  }

  @Test
  void panicOnlyWhereAllTogetherHaveTooLittle() {
    PriorityLoad enough = load(50, 10, 90);
    assertThat(enough.panic(0)).isFalse();
    PriorityLoad little = load(50, 10, 55);
    assertShares(little, 14 / 91.0, 77 / 91.0);
    assertThat(little.panic(0)).isTrue();
    assertThat(little.panic(1)).isFalse();
    assertThat(load(0, 10, 55).panic(0)).isFalse();
  }

  @Test
  void whenAllPanicEachTakesTheShareOfItsWeight() {
    PriorityLoad load = PriorityLoad.of(new long[] {0, 1}, new long[] {10, 30}, 140, 50);
    assertShares(load, 0.25, 0.75);
    assertThat(load.panic(0)).isTrue();
    assertThat(load.panic(1)).isTrue();
  }

  @Test
  void onePriorityPanicsByItself() {
    PriorityLoad load = load(50, 49);
    assertShares(load, 1);
    assertThat(load.panic(0)).isTrue();
    assertThat(load(50, 50).panic(0)).isFalse();
  }

  @Test
  void drawsFollowTheShares() {
    PriorityLoad load = load(0, 50, 0, 20, 100);
    var worker = new ClusterLoad(0, 42);
    var tried = new Tried();
    int[] drawn = new int[4];
    int[] ofClients = new int[4];
    for (int i = 0; i < 100_000; i++) {
      drawn[load.draw(worker)]++;
      tried.client(i);
      ofClients[load.ofClient(tried)]++;
    }
    for (int[] counts : new int[][] {drawn, ofClients}) {
      assertThat(counts[0] / 100_000.0).isCloseTo(0.7, within(0.005));
      assertThat(counts[1]).isZero();
      assertThat(counts[2] / 100_000.0).isCloseTo(0.28, within(0.005));
      assertThat(counts[3] / 100_000.0).isCloseTo(0.02, within(0.005));
    }
  }

  /** Of 100 endpoints each. */
  private static PriorityLoad load(int panicThresholdPercent, long... healthy) {
    long[] total = new long[healthy.length];
    java.util.Arrays.fill(total, 100);
    return PriorityLoad.of(healthy, total, 140, panicThresholdPercent);
  }

  private static void assertShares(PriorityLoad load, double... expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(load.share(i)).as("share of " + i).isCloseTo(expected[i], EXACT);
    }
  }
}
