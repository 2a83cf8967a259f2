package dev.weft.sidecar.telemetry;

import java.util.ResourceBundle;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar's loggers: {@link System.Logger}s straight upon {@code java.util.logging}. {@link
 * System#getLogger} would first ask every jar of the class path for another backend, which opens
 * all of them at every start and keeps their directories in memory. Any thread.
 */
public final class Logs {
  private Logs() {}

  /** The logger that bears the class's name. */
  public static System.Logger of(Class<?> of) {
    return new Jul(Logger.getLogger(of.getName()));
  }

  private record Jul(Logger logger) implements System.Logger {
    @Override
    public String getName() {
      return logger.getName();
    }

    @Override
    public boolean isLoggable(Level level) {
      return logger.isLoggable(jul(level));
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String message,
        @Nullable Throwable thrown) {
      logger.log(jul(level), message, thrown);
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String format,
        @Nullable Object @Nullable ... parameters) {
      logger.log(jul(level), format, parameters);
    }

    private static java.util.logging.Level jul(Level level) {
      return switch (level) {
        case ALL -> java.util.logging.Level.ALL;
        case TRACE -> java.util.logging.Level.FINER;
        case DEBUG -> java.util.logging.Level.FINE;
        case INFO -> java.util.logging.Level.INFO;
        case WARNING -> java.util.logging.Level.WARNING;
        case ERROR -> java.util.logging.Level.SEVERE;
        case OFF -> java.util.logging.Level.OFF;
      };
    }
  }
}
