package dev.weft.sidecar.admin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request to the admin server.
 *
 * @param path without query
 */
public record AdminRequest(String method, String path, Map<String, String> query, String body) {
  static AdminRequest of(String method, String target, String body) {
    int mark = target.indexOf('?');
    var query = new TreeMap<String, String>();
    if (mark >= 0) {
      for (String pair : target.substring(mark + 1).split("&")) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        query.put(decode(name), decode(value));
      }
    }
    return new AdminRequest(method, mark < 0 ? target : target.substring(0, mark), query, body);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
