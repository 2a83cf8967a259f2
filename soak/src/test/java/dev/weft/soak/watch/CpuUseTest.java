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
  void useThatStaysIsFlatAndUseThatGrowsIsNot() {
    assertThat(CpuUse.flat(CpuUse.thirds(samples(at -> at % 60 < 10 ? 80 : 30)))).isTrue();
    assertThat(CpuUse.flat(CpuUse.thirds(samples(at -> 20 + at / 10.0)))).isFalse();
  }
}
