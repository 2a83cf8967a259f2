package dev.weft.sidecar.app.options;

import dev.weft.sidecar.app.options.Flags.Flag;
import java.util.List;

/**
 * How our application gets its configuration from us.
 *
 * @param port on loopback; 0: any that is free; {@link #OFF}: it does not
 */
public record AppConfigOptions(int port) {
  private static final int OFF = -1;

  static final List<Flag> FLAGS =
      List.of(
          new Flag(
              "config-port",
              "PORT",
              "",
              "gives the application its configuration, on 127.0.0.1; empty: it does not"));

  static AppConfigOptions parse(Flags flags) {
    return new AppConfigOptions(
        flags.text("config-port").isEmpty() ? OFF : flags.number("config-port", 0, 65535));
  }

  /** Whether our application gets its configuration from us at all. */
  public boolean on() {
    return serves();
  }

  /** Whether it can ask for it. */
  public boolean serves() {
    return port != OFF;
  }
}
