package dev.weft.soak.churn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class PromptnessTest {
  private static boolean kept(Double... millis) {
    return new Promptness("seen", List.of(millis)).kept();
  }

  @Test
  void whatRunsShowIsPrompt() {
    assertThat(kept(90.8, 93.0, 98.6)).isTrue();
    assertThat(kept(94.7, 151.0, 95.2)).isTrue();
    assertThat(kept(120.0, 249.0, 240.0)).isTrue();
  }

  @Test
  void twiceAsMuchLaterIsNotFlat() {
    assertThat(kept(92.0, 160.0, 251.0)).isFalse();
    assertThat(kept(200.0, 401.0, 200.0)).isFalse();
    assertThat(kept(200.0, 399.0, 350.0)).isTrue();
  }

  @Test
  void moreThanASecondIsNotPromptEvenIfItIsFlat() {
    assertThat(kept(1100.0, 1100.0, 1100.0)).isFalse();
    assertThat(kept(1100.0)).isFalse();
    assertThat(kept(900.0, 950.0, 990.0)).isTrue();
  }

  @Test
  void ofAShortRunNothingIsSaid() {
    assertThat(kept()).isTrue();
    assertThat(new Promptness("gone", List.of()).describe())
        .isEqualTo("gone not judged: too short");
  }

  @Test
  void saysWhatItSawAndWhatIsAllowed() {
    assertThat(new Promptness("seen", List.of(92.04, 93.0, 95.2)).describe())
        .isEqualTo("seen after p99 92.0 -> 93.0 -> 95.2 ms (allowed: 250)");
    assertThat(new Promptness("gone", List.of(92.0, 93.0, 295.2)).describe())
        .isEqualTo("gone after p99 92.0 -> 93.0 -> 295.2 ms TOO LATE (allowed: 250)");
  }
}
