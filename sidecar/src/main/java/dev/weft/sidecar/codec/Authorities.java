package dev.weft.sidecar.codec;

import java.nio.ByteBuffer;

/** What may stand where a request says for whom it is (RFC 9110, section 7.2). Pure. */
public final class Authorities {
  private Authorities() {}

  /** Whether [start, end) is a host with an optional port. */
  public static boolean isValid(ByteBuffer slab, int start, int end) {
    if (start == end) {
      return false;
    }
    int i = start;
    if (slab.get(i) == '[') {
      while (i < end && slab.get(i) != ']') {
        i++;
      }
      if (i == end || i < start + 3) {
        return false;
      }
      i++;
      if (i < end && slab.get(i) != ':') {
        return false;
      }
    } else {
      while (i < end && slab.get(i) != ':') {
        byte b = slab.get(i);
        if (!Chars.host(b) || b == '[' || b == ']') {
          return false;
        }
        i++;
      }
      if (i == start) {
        return false;
      }
    }
    for (int j = start; j < i; j++) {
      if (!Chars.host(slab.get(j))) {
        return false;
      }
    }
    if (i == end) {
      return true;
    }
    int port = i + 1;
    if (end - port > 5) {
      return false;
    }
    int number = 0;
    for (int j = port; j < end; j++) {
      if (!Chars.digit(slab.get(j))) {
        return false;
      }
      number = number * 10 + slab.get(j) - '0';
    }
    return number <= 65535;
  }

  /**
   * Whether two valid ones name the same: case does not matter, nor an empty port or the one that
   * the scheme implies (RFC 3986, section 6.2.3).
   *
   * @param impliedPort such as 80 for http
   */
  public static boolean same(
      ByteBuffer slab, int start, int end, int otherStart, int otherEnd, int impliedPort) {
    int host = hostEnd(slab, start, end);
    int otherHost = hostEnd(slab, otherStart, otherEnd);
    if (host - start != otherHost - otherStart) {
      return false;
    }
    for (int i = 0; i < host - start; i++) {
      if (lower(slab.get(start + i)) != lower(slab.get(otherStart + i))) {
        return false;
      }
    }
    return port(slab, host, end, impliedPort) == port(slab, otherHost, otherEnd, impliedPort);
  }

  private static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 'a' - 'A' : b;
  }

  private static int hostEnd(ByteBuffer slab, int start, int end) {
    for (int i = end; i > start && slab.get(i - 1) != ']'; i--) {
      if (slab.get(i - 1) == ':') {
        return i - 1;
      }
    }
    return end;
  }

  private static int port(ByteBuffer slab, int hostEnd, int end, int implied) {
    if (end - hostEnd < 2) {
      return implied;
    }
    int number = 0;
    for (int i = hostEnd + 1; i < end; i++) {
      number = number * 10 + slab.get(i) - '0';
    }
    return number;
  }
}
