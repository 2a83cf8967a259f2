package dev.weft.sidecar.app;

import dev.weft.sidecar.admin.LogLevels;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;

/** Log lines on standard error: time, level, where, what. */
final class Logging {
  private Logging() {}

  /** To be called before anything logs. */
  static void beforeFirstUse() {
    System.setProperty("java.util.logging.manager", KeepsLogging.class.getName());
  }

  /**
   * Puts the format and the level in force.
   *
   * @throws IllegalArgumentException when there is no such level
   */
  static void configure(String level) {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    var handler =
        new StreamHandler(System.err, new OneLine()) {
          @Override
          public synchronized void publish(LogRecord record) {
            super.publish(record);
            flush();
          }
        };
    handler.setLevel(Level.ALL);
    root.addHandler(handler);
    LogLevels.set("", level);
    // They say at info what only their developers want to know.
    LogLevels.set("io.grpc", "warning");
    LogLevels.set("io.netty", "warning");
  }

  /** The JDK's would close the handlers while the last lines of a drain are still to come. */
  public static final class KeepsLogging extends LogManager {
    @Override
    public void reset() {}
  }

  static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord record) {
      var line = new StringBuilder(160);
      line.append(Instant.ofEpochMilli(record.getMillis()).truncatedTo(ChronoUnit.MILLIS))
          .append(' ')
          .append(level(record.getLevel()))
          .append(' ')
          .append(shortName(record.getLoggerName()))
          .append(": ")
          .append(message(record).replace("\n", "\\n"))
          .append('\n');
      if (record.getThrown() != null) {
        var trace = new StringWriter();
        record.getThrown().printStackTrace(new PrintWriter(trace));
        line.append(trace);
      }
      return line.toString();
    }

    /**
     * The JDK's way would load its formats of numbers and dates, with the locales' data, for the
     * sake of a {0}; and write a revision with commas.
     */
    private static String message(LogRecord record) {
      String format = String.valueOf(record.getMessage());
      Object[] parameters = record.getParameters();
      if (parameters == null || parameters.length == 0) {
        return format;
      }
      var text = new StringBuilder(format.length() + 64);
      for (int i = 0; i < format.length(); i++) {
        char c = format.charAt(i);
        boolean placeholder = c == '{' && i + 2 < format.length() && format.charAt(i + 2) == '}';
        int index = placeholder ? format.charAt(i + 1) - '0' : -1;
        if (index >= 0 && index < Math.min(parameters.length, 10)) {
          text.append(parameters[index]);
          i += 2;
        } else {
          text.append(c);
        }
      }
      return text.toString();
    }

    private static String level(Level level) {
      int value = level.intValue();
      if (value >= Level.SEVERE.intValue()) {
        return "ERROR";
      }
      if (value >= Level.WARNING.intValue()) {
        return "WARN ";
      }
      if (value >= Level.INFO.intValue()) {
        return "INFO ";
      }
      return value >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
    }

    private static String shortName(String logger) {
      return logger.startsWith("dev.weft.") ? logger.substring("dev.weft.".length()) : logger;
    }
  }
}
