package dev.weft.soak.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class PropagationTest {
  private static final long MILLI = 1_000_000;

  private final Propagation propagation = new Propagation(2);

  @Test
  void isTheTimeFromTheAnswerToEachReplicasSubscriber() {
    propagation.expect("a");
    propagation.answered("a", 10 * MILLI);
    propagation.seen("a", 0, 15 * MILLI);
    assertThat(propagation.count()).isZero();
    propagation.seen("a", 1, 40 * MILLI);

    assertThat(propagation.count()).isEqualTo(2);
    assertThat(propagation.millis(50)).isCloseTo(5, within(0.1));
    assertThat(propagation.millis(99)).isCloseTo(30, within(0.1));
    assertThat(propagation.unseen()).isEmpty();
  }

  @Test
  void whatIsSeenBeforeTheAnswerTookNoTime() {
    propagation.expect("a");
    propagation.seen("a", 0, 5 * MILLI);
    propagation.seen("a", 1, 6 * MILLI);
    propagation.answered("a", 10 * MILLI);

    assertThat(propagation.millis(100)).isZero();
    assertThat(propagation.count()).isEqualTo(2);
  }

  @Test
  void whatOneReplicaNeverShowsIsNamed() {
    propagation.expect("a");
    propagation.answered("a", 10 * MILLI);
    propagation.seen("a", 1, 12 * MILLI);
    propagation.seen("a", 1, 99 * MILLI);
    propagation.expect("failed");
    propagation.forget("failed");

    assertThat(propagation.unseen()).containsExactly("a");
  }

  @Test
  void whatIsNotExpectedCountsForNothing() {
    propagation.seen("another's", 0, MILLI);
    propagation.answered("another's", MILLI);

    assertThat(propagation.count()).isZero();
    assertThat(propagation.unseen()).isEmpty();
  }
}
