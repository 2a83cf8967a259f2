package dev.weft.sidecar.discovery;

import java.util.ArrayList;
import java.util.List;

/** Where a control plane answers. */
public record ControlPlaneAddress(String host, int port) {
  private static final int DEFAULT_PORT = 7700;

  /**
   * Reads {@code HOST[:PORT][,HOST[:PORT]...]}; an IPv6 address stands in brackets.
   *
   * @throws IllegalArgumentException naming the part that is wrong
   */
  public static List<ControlPlaneAddress> parse(String list) {
    var all = new ArrayList<ControlPlaneAddress>();
    for (String part : list.split(",")) {
      all.add(one(part.trim()));
    }
    return List.copyOf(all);
  }

  private static ControlPlaneAddress one(String text) {
    int colon = text.lastIndexOf(':');
    boolean hasPort = colon > text.lastIndexOf(']');
    String host = hasPort ? text.substring(0, colon) : text;
    int port = hasPort ? port(text, text.substring(colon + 1)) : DEFAULT_PORT;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no control plane address: expected HOST:PORT");
    }
    return new ControlPlaneAddress(host, port);
  }

  private static int port(String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port > 0 && port < 65536) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for a number out of range.
    }
    throw new IllegalArgumentException(
        "\"" + text + "\" is no control plane address: the port must be 1 to 65535");
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
