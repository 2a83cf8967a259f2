package dev.weft.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class AbTest {
  private static final String OUTPUT =
      """
      SSL/TLS Protocol:       TLSv1.3,TLS_AES_256_GCM_SHA384,256,256
      Time taken for tests:   2.001 seconds
      Complete requests:      1327
      Failed requests:        2
         (Connect: 0, Receive: 0, Length: 2, Exceptions: 0)
      Non-2xx responses:      3
      """;

  @Test
  void requestsTimesAndWhatFailedAreReadFromWhatItPrints() throws Exception {
    Figures figures = Ab.read(OUTPUT, percentiles());

    assertThat(figures.requests()).isEqualTo(1327);
    assertThat(figures.durationMicros()).isEqualTo(2_001_000);
    assertThat(figures.p50Micros()).isEqualTo(50_500);
    assertThat(figures.p99Micros()).isEqualTo(99_500);
    assertThat(figures.errors()).isEqualTo(5);
  }

  @Test
  void anotherVersionOfTlsIsNoFigure() {
    assertThatThrownBy(() -> Ab.read(OUTPUT.replace("TLSv1.3", "TLSv1.2"), percentiles()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("TLSv1.2");
  }

  private static List<String> percentiles() {
    var lines = new ArrayList<String>(List.of("Percentage served,Time in ms"));
    for (int percent = 0; percent <= 100; percent++) {
      lines.add(String.format(Locale.ROOT, "%d,%d.500", percent, percent));
    }
    return lines;
  }
}
