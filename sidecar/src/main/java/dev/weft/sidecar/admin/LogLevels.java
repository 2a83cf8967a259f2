package dev.weft.sidecar.admin;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Log levels by logger, changed while the process runs. Any thread. */
public final class LogLevels {
  private static final List<String> NAMES = List.of("trace", "debug", "info", "warning", "error");
  private static final Level[] LEVELS = {
    Level.FINER, Level.FINE, Level.INFO, Level.WARNING, Level.SEVERE
  };

  // Loggers are kept from being collected, with the level that was set.
  private static final Map<String, Logger> SET = new ConcurrentHashMap<>();

  private LogLevels() {}

  /**
   * Sets the level of a logger and all below it; the empty name is the root.
   *
   * @throws IllegalArgumentException when there is no such level, with those that there are
   */
  public static void set(String logger, String level) {
    int index = NAMES.indexOf(level.toLowerCase(Locale.ROOT));
    if (index < 0) {
      throw new IllegalArgumentException(
          "\"" + level + "\" is no log level: expected one of " + String.join(", ", NAMES));
    }
    Logger target = Logger.getLogger(logger);
    target.setLevel(LEVELS[index]);
    SET.put(logger, target);
  }

  /** What was set, by logger; the root stands under {@code (root)}. */
  public static Map<String, String> all() {
    var all = new TreeMap<String, String>();
    SET.forEach((name, logger) -> all.put(name.isEmpty() ? "(root)" : name, name(logger)));
    return all;
  }

  private static String name(Logger logger) {
    @Nullable Level level = logger.getLevel();
    for (int i = 0; i < LEVELS.length; i++) {
      if (LEVELS[i].equals(level)) {
        return NAMES.get(i);
      }
    }
    return String.valueOf(level);
  }
}
