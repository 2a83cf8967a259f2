package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.IpAddresses;
import org.jspecify.annotations.Nullable;

/**
 * Where a connection was going to: {@code 10.0.0.7:8080} or {@code [fd00::7]:8080}. A value; as
 * text it is the name of the cluster of that one endpoint.
 *
 * @param address canonical
 */
record AddressPort(String address, int port) {
  /** What a caller means who names an address only, in HTTP. */
  private static final int DEFAULT_PORT = 80;

  /** Null when it is something else, e.g. a name. */
  static @Nullable AddressPort parse(String text) {
    boolean bracketed = text.startsWith("[");
    int end = bracketed ? text.indexOf(']') : text.indexOf(':');
    if (bracketed && end < 0) {
      return null;
    }
    String host = bracketed ? text.substring(1, end) : end < 0 ? text : text.substring(0, end);
    String rest = bracketed ? text.substring(end + 1) : end < 0 ? "" : text.substring(end);
    if (bracketed != host.indexOf(':') >= 0 || !(rest.isEmpty() || rest.startsWith(":"))) {
      return null;
    }
    int port = rest.isEmpty() ? DEFAULT_PORT : Authority.port(rest.substring(1));
    String address = port < 0 ? null : IpAddresses.canonical(host);
    return address == null ? null : new AddressPort(address, port);
  }

  @Override
  public String toString() {
    return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + port;
  }
}
