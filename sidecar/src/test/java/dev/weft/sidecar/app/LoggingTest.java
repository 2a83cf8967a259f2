package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoggingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "revision {0}, {1} resources|revision 1234567, x resources",
        "a caller's {1}|a caller's x",
        "{2} {x} {0|{2} {x} {0",
      })
  void parametersStandWhereTheyAreNamed(String format, String text) {
    assertThat(line(format, 1234567L, "x")).endsWith("INFO  sidecar.app: " + text + "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00.000Z",
        "2026-11-09T03:07:05.040Z",
        "2024-02-29T23:59:59.999Z",
        "1969-12-31T23:59:59.007Z"
      })
  void linesBeginWithTheirTime(String time) {
    var record = new LogRecord(Level.INFO, "x");
    record.setLoggerName("x");
    record.setInstant(Instant.parse(time));
    assertThat(new Logging.OneLine().format(record)).startsWith(time + " INFO ");
  }

  @Test
  void withoutParametersNothingIsReplaced() {
    assertThat(line("{0}\nnot a line of its own")).endsWith(": {0}\\nnot a line of its own\n");
  }

  private static String line(String format, Object... parameters) {
    var record = new LogRecord(Level.INFO, format);
    record.setLoggerName("dev.weft.sidecar.app");
    record.setParameters(parameters);
    return new Logging.OneLine().format(record);
  }
}
