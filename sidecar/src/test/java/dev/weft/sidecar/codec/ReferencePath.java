package dev.weft.sidecar.codec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** RFC 3986, section 6.2.2, a second time: unreserved escapes decoded, dot segments resolved. */
public final class ReferencePath {
  private ReferencePath() {}

  public static String normalise(String path) {
    var decoded = new StringBuilder();
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%' && i + 2 < path.length()) {
        char escaped = (char) Integer.parseInt(path.substring(i + 1, i + 3), 16);
        if (String.valueOf(escaped).matches("[A-Za-z0-9._~-]")) {
          decoded.append(escaped);
        } else {
          decoded.append(path.substring(i, i + 3).toUpperCase(Locale.ROOT));
        }
        i += 2;
      } else {
        decoded.append(c);
      }
    }
    List<String> kept = new ArrayList<>();
    String[] segments = decoded.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (segments[i].equals("..")) {
        if (!kept.isEmpty()) {
          kept.removeLast();
        }
        if (last) {
          kept.add("");
        }
      } else if (segments[i].equals(".")) {
        if (last) {
          kept.add("");
        }
      } else {
        kept.add(segments[i]);
      }
    }
    return "/" + String.join("/", kept);
  }
}
