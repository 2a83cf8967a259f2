package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How our application gets its configuration from us.
 *
 * @param port on loopback; 0: any that is free; -1: it cannot ask
 * @param folder where there is a file for each key; null: nowhere
 */
public record AppConfigOptions(int port, @Nullable Path folder) {
  private static final int NONE = -1;

  static final List<Flag> FLAGS =
      List.of(
          new Flag(
              "config-port",
              "PORT",
              "",
              "gives the application its configuration, on 127.0.0.1; empty: it does not"),
          new Flag(
              "config-dir", "DIR", "", "the same as files, one a key; may be all that is given"));

  static AppConfigOptions parse(Flags flags) {
    return new AppConfigOptions(
        flags.text("config-port").isEmpty() ? NONE : flags.number("config-port", 0, 65535),
        flags.path("config-dir"));
  }

  /** Whether our application gets its configuration from us at all. */
  public boolean on() {
    return serves() || folder != null;
  }

  /** Whether it can ask for it. */
  public boolean serves() {
    return port != NONE;
  }
}
