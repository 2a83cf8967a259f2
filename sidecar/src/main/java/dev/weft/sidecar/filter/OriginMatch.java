package dev.weft.sidecar.filter;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.head.Ascii;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One allowed origin: a text, or what stands before and after a wildcard in its host. Pure. */
record OriginMatch(byte[] before, byte[] after, boolean wildcard) {
  static OriginMatch compile(String origin) {
    String text = origin.toLowerCase(Locale.ROOT);
    int star = text.indexOf(CorsConfig.ANY);
    return star < 0
        ? new OriginMatch(ascii(text), new byte[0], false)
        : new OriginMatch(ascii(text.substring(0, star)), ascii(text.substring(star + 1)), true);
  }

  /** Whether every origin fits, {@code null} too. */
  boolean any() {
    return wildcard && before.length == 0 && after.length == 0;
  }

  boolean matches(ByteBuffer slab, int start, int end) {
    if (!wildcard) {
      return Ascii.equalsIgnoreCase(slab, start, end, before);
    }
    if (any()) {
      return true;
    }
    int hostStart = start + before.length;
    int hostEnd = end - after.length;
    if (hostEnd <= hostStart
        || !Ascii.equalsIgnoreCase(slab, start, hostStart, before)
        || !Ascii.equalsIgnoreCase(slab, hostEnd, end, after)) {
      return false;
    }
    for (int i = hostStart; i < hostEnd; i++) {
      byte b = slab.get(i);
      if (b == ':' || b == '/') {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
