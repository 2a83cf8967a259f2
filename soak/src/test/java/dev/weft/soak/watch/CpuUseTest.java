package dev.weft.soak.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

final class CpuUseTest {
  /** A sample every two seconds for ten minutes; what is given is the use at each second. */
  private static List<Sample> samples(DoubleUnaryOperator percent) {
    var samples = new ArrayList<Sample>();
    double millis = 0;
    for (int at = 0; at <= 600; at += 2) {
      samples.add(new Sample(Duration.ofSeconds(at), 1, 1, 1, (long) millis));
      millis += 20 * percent.applyAsDouble(at);
    }
    return samples;
  }

  @Test
  void isWhatWasUsedOfTheTimeThatPassed() {
    assertThat(CpuUse.percent(samples(at -> 40))).isBetween(39.9, 40.1);
    assertThat(CpuUse.percent(List.of())).isZero();
  }

  @Test
  void saysTheUseOfEachThird() {
    assertThat(CpuUse.describe(CpuUse.thirds(samples(at -> at < 200 ? 40 : 20))))
        .isEqualTo("processor 40.0% -> 20.0% -> 20.0%");
    assertThat(CpuUse.describe(List.of(44.0, 20.0, 30.0)))
        .isEqualTo("processor 44.0% -> 20.0% -> 30.0% GREW (allowed: 27.0%)");
  }

  @Test
  void ofAShortTimeNothingIsSaid() {
    List<Double> thirds = CpuUse.thirds(samples(at -> 20 + at).subList(0, 45));

    assertThat(thirds).isEmpty();
    assertThat(CpuUse.flat(thirds)).isTrue();
    assertThat(CpuUse.describe(thirds)).isEqualTo("processor not judged: too short");
  }

  @Test
  void useThatStaysIsFlatAndUseThatGrowsIsNot() {
    assertThat(CpuUse.flat(CpuUse.thirds(samples(at -> at % 60 < 10 ? 80 : 30)))).isTrue();
    assertThat(CpuUse.flat(CpuUse.thirds(samples(at -> 20 + at / 10.0)))).isFalse();
  }
}
