package dev.weft.sidecar.appconfig;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One request, read.
 *
 * @param path without its query
 * @param headers by their names in lower case; of several of one name the last
 */
record ConfigRequest(
    String method, String path, String query, Map<String, String> headers, boolean keepAlive) {

  /** Null: it is no request of HTTP/1.0 or 1.1. */
  static @Nullable ConfigRequest parse(String head) {
    String[] lines = head.split("\r\n", -1);
    String[] parts = lines[0].split(" ", -1);
    if (parts.length != 3 || !parts[1].startsWith("/") || !parts[2].startsWith("HTTP/1.")) {
      return null;
    }
    var headers = new TreeMap<String, String>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon <= 0) {
        return null;
      }
      headers.put(
          lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
          lines[i].substring(colon + 1).trim());
    }
    int mark = parts[1].indexOf('?');
    String connection = headers.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
    return new ConfigRequest(
        parts[0],
        mark < 0 ? parts[1] : parts[1].substring(0, mark),
        mark < 0 ? "" : parts[1].substring(mark + 1),
        headers,
        parts[2].equals("HTTP/1.1") && !connection.contains("close"));
  }

  boolean read() {
    return method.equals("GET") || method.equals("HEAD");
  }

  boolean hasBody() {
    return headers.containsKey("transfer-encoding")
        || !headers.getOrDefault("content-length", "0").equals("0");
  }

  /** {@code ?watch} or {@code ?watch=true}, among other parameters or alone. */
  boolean watch() {
    for (String parameter : query.split("&", -1)) {
      if (parameter.equals("watch") || parameter.equals("watch=true")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether it was sent to an address or to localhost. A name of somebody else's that leads here is
   * how a page in a browser would read what is not for it.
   */
  boolean meantForLoopback() {
    String host = headers.getOrDefault("host", "localhost").toLowerCase(Locale.ROOT);
    if (host.startsWith("[")) {
      return true;
    }
    int colon = host.indexOf(':');
    String name = colon < 0 ? host : host.substring(0, colon);
    if (name.equals("localhost")) {
      return true;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '.' && (c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Whether the caller has that version already. */
  boolean has(String etag) {
    String known = headers.getOrDefault("if-none-match", "");
    if (known.equals("*")) {
      return true;
    }
    for (String each : known.split(",", -1)) {
      String tag = each.trim();
      if (tag.equals(etag) || tag.equals("W/" + etag)) {
        return true;
      }
    }
    return false;
  }
}
