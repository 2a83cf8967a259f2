package dev.weft.soak.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.soak.watch.Flatness.Judgement;
import dev.weft.soak.watch.Flatness.Measure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

final class FlatnessTest {
  private static final long MIB = 1024;
  private static final int HOUR = 3600;
  private static final int TEN_MINUTES = 600;
  private static final int THREE_MINUTES = 180;

  private final Random random = new Random(5);

  /** One sample every two seconds; what is given says of each second how much there is. */
  private static List<Sample> life(
      int seconds,
      LongUnaryOperator memory,
      LongUnaryOperator descriptors,
      LongUnaryOperator threads) {
    var samples = new ArrayList<Sample>();
    for (int at = 0; at <= seconds; at += 2) {
      samples.add(
          new Sample(
              Duration.ofSeconds(at),
              memory.applyAsLong(at),
              (int) descriptors.applyAsLong(at),
              (int) threads.applyAsLong(at),
              0));
    }
    return samples;
  }

  private static List<Measure> grew(List<Sample> samples) {
    return Flatness.judge(samples).stream()
        .filter(judgement -> !judgement.flat())
        .map(Judgement::measure)
        .toList();
  }

  private long noise(long around, long by) {
    return around + random.nextLong(-by, by + 1);
  }

  @Test
  void noiseIsNoLeak() {
    for (int seconds : new int[] {THREE_MINUTES, HOUR}) {
      assertThat(
              grew(
                  life(
                      seconds,
                      at -> noise(90 * MIB, 9 * MIB),
                      at -> noise(60, 12),
                      at -> noise(20, 3))))
          .isEmpty();
    }
  }

  @Test
  void growthThatEndsIsNoLeak() {
    assertThat(
            grew(
                life(
                    HOUR,
                    at -> noise(60 * MIB + Math.min(at, 300) * 200, MIB),
                    at -> noise(40 + Math.min(at, 300) / 5, 5),
                    at -> 20)))
        .isEmpty();
  }

  @Test
  void peaksAreNoLeakEvenAtTheEnd() {
    assertThat(
            grew(
                life(
                    HOUR,
                    at -> at % 600 < 60 || at > HOUR - 120 ? 200 * MIB : 80 * MIB,
                    at -> at % 600 < 60 || at > HOUR - 120 ? 900 : 60,
                    at -> 20)))
        .isEmpty();
  }

  @Test
  void howItWentIsSaidInTwelveValues() {
    assertThat(Flatness.judge(life(HOUR, at -> (100 + at / 300) * MIB, at -> 60, at -> 20)))
        .first()
        .extracting(Judgement::course)
        .asInstanceOf(InstanceOfAssertFactories.list(Long.class))
        .map(kib -> kib / MIB)
        .containsExactly(100L, 101L, 102L, 103L, 104L, 105L, 106L, 107L, 108L, 109L, 110L, 111L);
  }

  @Test
  void aLeakOfMemoryIsFound() {
    // 20 KiB a second are 24 MiB between the thirds of an hour.
    assertThat(grew(life(HOUR, at -> noise(90 * MIB, 9 * MIB) + at * 20, at -> 60, at -> 20)))
        .containsExactly(Measure.MEMORY);
  }

  @Test
  void aLeakOfOneDescriptorAMinuteIsFoundInAnHour() {
    assertThat(grew(life(HOUR, at -> 90 * MIB, at -> noise(60, 8) + at / 60, at -> 20)))
        .containsExactly(Measure.DESCRIPTORS);
  }

  @Test
  void aLeakOfAThreadInTwoMinutesIsFoundInAnHour() {
    assertThat(grew(life(HOUR, at -> 90 * MIB, at -> 60, at -> 20 + at / 120)))
        .containsExactly(Measure.THREADS);
  }

  @Test
  void aFastLeakIsFoundInThreeMinutes() {
    assertThat(
            grew(
                life(
                    THREE_MINUTES,
                    at -> 90 * MIB + at * MIB,
                    at -> 60 + at / 2,
                    at -> 20 + at / 8)))
        .containsExactly(Measure.MEMORY, Measure.DESCRIPTORS, Measure.THREADS);
  }

  @Test
  void theControlPlaneOfTenMinutesOfChurnIsFlatAndOneThatLeaksIsNot() {
    assertThat(
            grew(
                life(
                    TEN_MINUTES,
                    at -> (at < 300 ? 287 + at * 55 / 60 : 671) * MIB,
                    at -> 20,
                    at -> 20)))
        .isEmpty();
    // What is collected when it has doubled goes up and down.
    assertThat(grew(life(TEN_MINUTES, at -> (330 + at % 100 / 2) * MIB, at -> 20, at -> 20)))
        .isEmpty();
    // 30 MiB a minute: a fifth of it was allowed once.
    assertThat(grew(life(TEN_MINUTES, at -> (400 + at / 2) * MIB, at -> 20, at -> 20)))
        .containsExactly(Measure.MEMORY);
  }

  @Test
  void theControlPlaneThatGrewFrom298To379MebibytesInAnHourIsFound() {
    // These were the medians, of thirds whose middles are 1,890 s and 3,030 s after its start.
    assertThat(
            grew(
                life(
                    HOUR,
                    at -> noise(298 * MIB + (at - 1890) * 81 * MIB / 1140, 5 * MIB),
                    at -> 20,
                    at -> 20)))
        .containsExactly(Measure.MEMORY);
  }

  @Test
  void ofAShortLifeNothingIsSaid() {
    assertThat(Flatness.judge(life(60, at -> at * MIB, at -> at, at -> at))).isEmpty();
    assertThat(Flatness.judge(List.of())).isEmpty();
  }

  @Test
  void aJudgementSaysWhatItSaw() {
    assertThat(
            new Judgement(
                    Measure.MEMORY,
                    90 * MIB,
                    130 * MIB,
                    12 * MIB,
                    List.of(80 * MIB, 90 * MIB, 130 * MIB))
                .describe())
        .isEqualTo(
            "memory 90 -> 130 MiB GREW (allowed: 12 more; from its start to its end 80 90 130)");
  }
}
