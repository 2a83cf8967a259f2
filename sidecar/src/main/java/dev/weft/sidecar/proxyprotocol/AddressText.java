package dev.weft.sidecar.proxyprotocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Addresses as text, strictly: what one reader might take for another address than the next is
 * none. Pure.
 */
final class AddressText {
  private static final int BYTES_6 = 16;

  private AddressText() {}

  /** Four decimal numbers without leading zeros, which some would read as octal. */
  static byte @Nullable [] dotted(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    byte[] address = new byte[4];
    for (int i = 0; i < 4; i++) {
      int part = number(parts[i], 255);
      if (part < 0) {
        return null;
      }
      address[i] = (byte) part;
    }
    return address;
  }

  /** RFC 4291, section 2.2, all three forms; without brackets and zones. */
  static byte @Nullable [] coloned(String text) {
    byte[] address = new byte[BYTES_6];
    int length = 0;
    int gap = -1;
    int at = 0;
    if (text.startsWith("::")) {
      gap = 0;
      at = 2;
    }
    while (at < text.length()) {
      int colon = text.indexOf(':', at);
      boolean last = colon < 0;
      String part = last ? text.substring(at) : text.substring(at, colon);
      byte[] bytes = last && part.indexOf('.') >= 0 ? dotted(part) : group(part);
      if (bytes == null || length + bytes.length > BYTES_6) {
        return null;
      }
      System.arraycopy(bytes, 0, address, length, bytes.length);
      length += bytes.length;
      if (last) {
        break;
      }
      at = colon + 1;
      if (text.startsWith(":", at)) {
        if (gap >= 0) {
          return null;
        }
        gap = length;
        at++;
      } else if (at == text.length()) {
        return null;
      }
    }
    if (gap < 0) {
      return length == BYTES_6 ? address : null;
    }
    // The gap stands for one group or more.
    int after = BYTES_6 - (length - gap);
    if (after - gap < 2) {
      return null;
    }
    System.arraycopy(address, gap, address, after, length - gap);
    Arrays.fill(address, gap, after, (byte) 0);
    return address;
  }

  private static byte @Nullable [] group(String digits) {
    if (digits.isEmpty() || digits.length() > 4) {
      return null;
    }
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = Character.digit(digits.charAt(i), 16);
      if (digit < 0) {
        return null;
      }
      value = value << 4 | digit;
    }
    return new byte[] {(byte) (value >> 8), (byte) value};
  }

  /** A decimal number without leading zeros, or -1. */
  static int number(String text, int max) {
    if (text.isEmpty() || text.length() > 5 || (text.length() > 1 && text.charAt(0) == '0')) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + c - '0';
    }
    return value <= max ? value : -1;
  }
}
