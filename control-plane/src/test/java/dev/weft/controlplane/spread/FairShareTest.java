package dev.weft.controlplane.spread;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How many sidecars are too many for one replica, and when they are asked to go. */
class FairShareTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  @Test
  void whatIsBeyondTheShareOfOneIsTooMany() {
    assertThat(FairShare.surplus(6, List.of(0, 0))).isEqualTo(4);
    assertThat(FairShare.surplus(3, List.of(3, 0))).isEqualTo(1);
    assertThat(FairShare.surplus(150, List.of(150, 0))).isEqualTo(50);
  }

  @Test
  void aFewMoreAreNot() {
    assertThat(FairShare.surplus(3, List.of(2, 2))).isZero();
    assertThat(FairShare.surplus(108, List.of(96, 96))).isZero();
    assertThat(FairShare.surplus(0, List.of(3, 3))).isZero();
    assertThat(FairShare.surplus(4, List.of())).isZero();
  }

  @Test
  void thoseWithLessThanTheirShareHaveRoom() {
    assertThat(FairShare.withRoom(3, Map.of("b", 3, "c", 0))).containsExactly("c");
    assertThat(FairShare.withRoom(6, Map.of("b", 0, "c", 0))).containsExactly("b", "c");
  }

  @Test
  void nobodyIsAskedBeforeThatHasLastedAndThenOnceInAWhile() {
    var share = new FairShare(Duration.ofSeconds(10));
    List<Integer> others = List.of(0);

    assertThat(share.due(4, others, 0)).isZero();
    assertThat(share.due(4, others, 9 * SECOND)).isZero();
    assertThat(share.due(4, others, 10 * SECOND)).isEqualTo(2);
    assertThat(share.due(4, others, 11 * SECOND)).isZero();
    assertThat(share.due(4, others, 21 * SECOND)).isEqualTo(2);
  }

  @Test
  void aReplicaThatIsGoneIsForgottenBeforeAnybodyMovesBecauseOfIt() {
    var share = new FairShare(Duration.ofSeconds(10));
    // One of three has died; it is still in the count, while its sidecars are with the others.
    assertThat(share.due(6, List.of(3, 3), 0)).isZero();
    assertThat(share.due(5, List.of(5), 5 * SECOND)).isZero();
    assertThat(share.due(6, List.of(3, 3), 12 * SECOND)).isZero();
  }
}
