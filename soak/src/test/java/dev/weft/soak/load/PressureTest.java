package dev.weft.soak.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PressureTest {
  @Test
  void aLoadThatWasNearlyAllSentIsMet() {
    assertThat(new Pressure(540_000, 0).met()).isTrue();
    assertThat(new Pressure(540_000, 27_000).met()).isTrue();
    assertThat(new Pressure(540_000, 27_001).met()).isFalse();
  }

  @Test
  void aLoadOfWhichMostWasHeldBackDuringAFaultIsStalledEvenIfTheRunHidesIt() {
    var before = new Pressure(100_000, 10);
    var after = new Pressure(101_000, 610);

    assertThat(after.met()).isTrue();
    assertThat(after.since(before)).isEqualTo(new Pressure(1000, 600));
    assertThat(after.since(before).stalled()).isTrue();
    assertThat(new Pressure(1000, 500).stalled()).isFalse();
    assertThat(new Pressure(0, 0).stalled()).isFalse();
  }

  @Test
  void saysHowMuch() {
    assertThat(new Pressure(27_000, 2000).describe())
        .startsWith("2,000 of 27,000 requests were held back");
  }
}
