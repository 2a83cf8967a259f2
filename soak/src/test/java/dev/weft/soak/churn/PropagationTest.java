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

  /** A part of the run in which a hundred changes took so long at both replicas. */
  private void part(int number, long millis) {
    for (int i = 0; i < 100; i++) {
      String id = number + "-" + i;
      propagation.expect(id);
      propagation.answered(id, 0);
      propagation.seen(id, 0, millis * MILLI);
      propagation.seen(id, 1, millis * MILLI);
    }
    assertThat(propagation.endPart(99)).isCloseTo((double) millis, within(1.0));
  }

  @Test
  void thirdsLeaveOutTheFirstPartAndHaveTheLastOneInThem() {
    assertThat(propagation.laterMillis(99)).isEmpty();
    part(0, 1300);
    assertThat(propagation.laterMillis(99)).isEmpty();
    part(1, 90);
    part(2, 95);
    assertThat(propagation.laterMillis(99)).singleElement().satisfies(it -> close(it, 95));
    for (int number = 3; number < 8; number++) {
      part(number, 92);
    }
    part(8, 94);
    part(9, 600);

    assertThat(propagation.laterMillis(99))
        .satisfiesExactly(it -> close(it, 95), it -> close(it, 92), it -> close(it, 600));
    assertThat(propagation.laterMillis(50))
        .satisfiesExactly(it -> close(it, 92), it -> close(it, 92), it -> close(it, 94));
  }

  private static void close(double millis, double expected) {
    assertThat(millis).isCloseTo(expected, within(1.0));
  }

  @Test
  void whatIsNotExpectedCountsForNothing() {
    propagation.seen("another's", 0, MILLI);
    propagation.answered("another's", MILLI);

    assertThat(propagation.count()).isZero();
    assertThat(propagation.unseen()).isEmpty();
  }
}
