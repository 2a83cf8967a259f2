package dev.weft.sidecar.app;

import dev.weft.sidecar.admin.LogLevels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
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

    /**
     * There is none to read. Only an exception keeps the JDK from looking for another backend in
     * every jar of the class path, which takes 40 ms before anything listens.
     */
    @Override
    public void readConfiguration() throws IOException {
      throw new IOException("there is no configuration");
    }
  }

  static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord record) {
      var line = new StringBuilder(160);
      time(line, record.getMillis());
      line.append(' ')
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

    /** As {@link java.time.Instant} writes it, whose formatter is sixty classes. */
    private static void time(StringBuilder line, long epochMillis) {
      var time = LocalDateTime.ofEpochSecond(Math.floorDiv(epochMillis, 1000L), 0, ZoneOffset.UTC);
      line.append(time.getYear());
      digits(line.append('-'), time.getMonthValue(), 10);
      digits(line.append('-'), time.getDayOfMonth(), 10);
      digits(line.append('T'), time.getHour(), 10);
      digits(line.append(':'), time.getMinute(), 10);
      digits(line.append(':'), time.getSecond(), 10);
      digits(line.append('.'), (int) Math.floorMod(epochMillis, 1000L), 100);
      line.append('Z');
    }

    private static void digits(StringBuilder line, int number, int most) {
      for (int digit = most; digit > 0; digit /= 10) {
        line.append((char) ('0' + number / digit % 10));
      }
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
