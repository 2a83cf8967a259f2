package dev.weft.sidecar.app.options;

import java.util.Locale;

/**
 * A port at which our application reaches one destination without saying so in HTTP.
 *
 * @param address to bind; empty: the outbound listener's
 * @param port 0: any
 * @param authority host and port, lower case; {@code *:port}: the host is named by each TLS hello
 */
public record TcpListen(String address, int port, String authority) {
  private static final String EXPECTED = "expected [ADDRESS:]PORT=HOST[:PORT], as in 5432=db:5432";
  private static final int MAX_PORT = 65535;

  /**
   * Reads the flag's value.
   *
   * @throws IllegalArgumentException what was expected
   */
  static TcpListen parse(String text) {
    int equals = text.indexOf('=');
    int colon = text.lastIndexOf(':', Math.max(equals, 0));
    if (equals <= 0 || equals == text.length() - 1) {
      throw wrong(text);
    }
    String address = colon < 0 ? "" : text.substring(0, colon);
    if (address.startsWith("[") && address.endsWith("]")) {
      address = address.substring(1, address.length() - 1);
    }
    int port = port(text, text.substring(colon + 1, equals), 0);
    String authority = text.substring(equals + 1).toLowerCase(Locale.ROOT);
    int hostEnd = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
    if (hostEnd < 0) {
      hostEnd = authority.length();
    }
    if (hostEnd == 0) {
      throw wrong(text);
    }
    if (hostEnd == authority.length()) {
      // Where the application dials the destination's own port, it need not be said twice.
      if (port == 0) {
        throw wrong(text);
      }
      return new TcpListen(address, port, authority + ":" + port);
    }
    if (authority.charAt(hostEnd) != ':') {
      throw wrong(text);
    }
    port(text, authority.substring(hostEnd + 1), 1);
    return new TcpListen(address, port, authority);
  }

  /** Whether the TLS hello says where to. */
  public boolean byServerName() {
    return authority.startsWith("*:");
  }

  /** The destination's port, with its colon. */
  public String portSuffix() {
    return authority.substring(authority.lastIndexOf(':'));
  }

  private static int port(String text, String digits, int min) {
    try {
      int port = Integer.parseInt(digits);
      if (port >= min && port <= MAX_PORT) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for a number out of range.
    }
    throw wrong(text);
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException("--tcp-listen is \"" + text + "\": " + EXPECTED);
  }
}
