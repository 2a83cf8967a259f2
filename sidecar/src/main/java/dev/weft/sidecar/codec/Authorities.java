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
}
