package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
