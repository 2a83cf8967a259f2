package dev.weft.sidecar.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LogsTest {
  private final Logger jul = Logger.getLogger(LogsTest.class.getName());
  private final System.Logger log = Logs.of(LogsTest.class);
  private final List<LogRecord> records = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          records.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  LogsTest() {
    jul.setUseParentHandlers(false);
    jul.addHandler(handler);
    jul.setLevel(Level.ALL);
  }

  @AfterEach
  void restore() {
    jul.removeHandler(handler);
    jul.setUseParentHandlers(true);
    jul.setLevel(null);
  }

  @ParameterizedTest
  @CsvSource({"TRACE, FINER", "DEBUG, FINE", "INFO, INFO", "WARNING, WARNING", "ERROR, SEVERE"})
  void levelsAreThoseThatTheAdminServerSets(System.Logger.Level level, String expected) {
    jul.setLevel(Level.parse(expected));
    assertThat(log.isLoggable(level)).isTrue();

    log.log(level, "said");
    assertThat(records).extracting(LogRecord::getLevel).containsExactly(Level.parse(expected));

    jul.setLevel(Level.OFF);
    assertThat(log.isLoggable(level)).isFalse();
  }

  @Test
  void everyWayToLogArrives() {
    var thrown = new IllegalStateException("why");

    log.log(System.Logger.Level.INFO, "{0} of {1}", 1, "two");
    log.log(System.Logger.Level.INFO, () -> "made late");
    log.log(System.Logger.Level.WARNING, "failed", thrown);

    assertThat(records)
        .extracting(LogRecord::getMessage)
        .containsExactly("{0} of {1}", "made late", "failed");
    assertThat(records.getFirst().getParameters()).containsExactly(1, "two");
    assertThat(records.getLast().getThrown()).isSameAs(thrown);
    assertThat(records).extracting(LogRecord::getLoggerName).containsOnly(LogsTest.class.getName());
    assertThat(log.getName()).isEqualTo(LogsTest.class.getName());
  }
}
