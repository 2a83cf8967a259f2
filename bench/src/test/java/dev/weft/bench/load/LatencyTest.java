package dev.weft.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class LatencyTest {
  @Test
  void percentilesAreRightToOnePercent() {
    var latency = new Latency();
    for (int micros = 1; micros <= 10_000; micros++) {
      latency.record(micros * 1000L);
    }

    assertThat(latency.count()).isEqualTo(10_000);
    assertThat((double) latency.percentileMicros(50)).isCloseTo(5000, within(50.0));
    assertThat((double) latency.percentileMicros(99)).isCloseTo(9900, within(99.0));
  }

  @Test
  void nothingRecordedIsZero() {
    assertThat(new Latency().percentileMicros(99)).isZero();
  }
}
