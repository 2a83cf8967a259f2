package dev.weft.controlplane.inforce;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SteadyCountsTest {
  private static final Document ROUTE = new Document("HTTPRoute", "shop", "web");
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final SteadyCounts counts = new SteadyCounts(QUIET, Duration.ZERO);
  private long nanos = 1;

  @Test
  void aChangeIsSaidWhenEveryoneHasAnswered() {
    assertThat(say(1, standing(3, 1))).isNull();
    assertThat(counts.awaits(ROUTE)).isTrue();
    pass(Duration.ofMillis(250));
    assertThat(say(1, standing(3, 3))).isEqualTo(standing(3, 3));
    assertThat(counts.awaits(ROUTE)).isFalse();
  }

  @Test
  void orAfterASecondAndThenOnceASecond() {
    assertThat(say(1, standing(3, 0))).isNull();
    pass(SteadyCounts.PATIENCE);
    assertThat(say(1, standing(3, 1))).isEqualTo(standing(3, 1));
    pass(Duration.ofMillis(500));
    assertThat(say(1, standing(3, 2))).isEqualTo(standing(3, 1));
    pass(Duration.ofMillis(500));
    assertThat(say(1, standing(3, 2))).isEqualTo(standing(3, 2));
  }

  @Test
  void aDocumentThatChangesAllTheTimeIsSpokenOfAllTheSame() {
    int said = 0;
    for (int i = 1; i <= 100; i++) {
      said += say(i, standing(3, 0)) == null ? 0 : 1;
      pass(Duration.ofMillis(250));
    }
    assertThat(said).isBetween(15, 30);
  }

  @Test
  void aCountThatIsIncompleteForAMomentIsNoNews() {
    say(1, standing(3, 3));
    pass(QUIET);
    assertThat(say(1, standing(4, 3))).isEqualTo(standing(3, 3));
    pass(SteadyCounts.LAGGING.minusMillis(1));
    assertThat(say(1, standing(4, 3))).isEqualTo(standing(3, 3));
    assertThat(say(1, standing(4, 4))).isEqualTo(standing(4, 4));
  }

  @Test
  void oneThatDoesNotAnswerIs() {
    say(1, standing(3, 3));
    pass(Duration.ofSeconds(1));
    say(1, standing(4, 3));
    pass(SteadyCounts.LAGGING);
    assertThat(say(1, standing(4, 3))).isEqualTo(standing(4, 3));
  }

  @Test
  void thatSomebodyNeedsItIsSaidSoonAndThatNobodyDoesIsNot() {
    say(1, standing(0, 0));
    pass(SteadyCounts.CONVERGING);
    assertThat(say(1, standing(1, 1))).isEqualTo(standing(1, 1));
    pass(SteadyCounts.CONVERGING);
    assertThat(say(1, standing(0, 0))).isEqualTo(standing(1, 1));
    pass(QUIET);
    assertThat(say(1, standing(0, 0))).isEqualTo(standing(0, 0));
  }

  @Test
  void aRefusalIsSaidSoon() {
    say(1, standing(3, 3));
    pass(SteadyCounts.CONVERGING);
    Standing refused = new Standing(3, 2, 1, "web-1: no", 0);
    assertThat(say(1, refused)).isEqualTo(refused);
  }

  @Test
  void whatWasThereAtTheBeginningWaitsForItsSidecarsUnlessItChanges() {
    Duration settling = Duration.ofSeconds(15);
    var slow = new SteadyCounts(QUIET, settling);
    Document other = new Document("HTTPRoute", "shop", "other");
    slow.begin(nanos);
    assertThat(slow.say(ROUTE, 1, standing(0, 0), nanos)).isNull();
    assertThat(slow.say(other, 1, standing(0, 0), nanos)).isNull();
    assertThat(slow.awaits(ROUTE)).isFalse();
    pass(Duration.ofSeconds(5));
    assertThat(slow.say(ROUTE, 1, standing(2, 2), nanos)).isNull();
    assertThat(slow.say(other, 2, standing(2, 2), nanos)).isEqualTo(standing(2, 2));
    Document later = new Document("HTTPRoute", "shop", "later");
    assertThat(slow.say(later, 3, standing(0, 0), nanos)).isEqualTo(Standing.UNNEEDED);
    pass(settling);
    assertThat(slow.say(ROUTE, 1, standing(3, 3), nanos)).isEqualTo(standing(3, 3));
  }

  @Test
  void thatPodsComeAndGoIsSaidTwiceAMinute() {
    var random = new Random(1);
    Standing before = say(1, standing(100, 100));
    int news = 0;
    Duration step = Duration.ofMillis(250);
    for (int i = 0; i < 4 * 60 * 10; i++) {
      int needed = 80 + random.nextInt(40);
      // At many a look somebody has not confirmed yet what was made anew.
      Standing now = say(1, standing(needed, needed - (random.nextInt(4) == 0 ? 1 : 0)));
      news += now != null && !now.equals(before) ? 1 : 0;
      before = now;
      pass(step);
    }
    assertThat(news).isBetween(1, 24);
  }

  private @Nullable Standing say(long changedAt, Standing now) {
    return counts.say(ROUTE, changedAt, now, nanos);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static Standing standing(int needed, int inForce) {
    return new Standing(needed, inForce, 0, "", 0);
  }
}
