package dev.weft.sidecar.codec;

import java.nio.charset.StandardCharsets;

/** What bytes may stand where in an HTTP/1.1 message; one table look-up per byte. */
public final class Chars {
  private static final int TOKEN = 1;
  private static final int VALUE = 2;
  private static final int TARGET = 4;
  private static final int HOST = 8;
  private static final int UNRESERVED = 16;
  private static final byte[] CLASSES = new byte[256];

  static {
    for (int c = 0x21; c < 0x7f; c++) {
      CLASSES[c] |= VALUE | TARGET;
    }
    // A fragment is never sent (RFC 9112, section 3.2.1).
    CLASSES['#'] &= ~TARGET;
    CLASSES[' '] |= VALUE;
    CLASSES['\t'] |= VALUE;
    for (int c = 0x80; c < 0x100; c++) {
      CLASSES[c] |= VALUE;
    }
    String alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    mark(TOKEN, "!#$%&'*+-.^_`|~" + alphanumeric);
    mark(UNRESERVED, "-._~" + alphanumeric);
    mark(HOST, "-._~!$&'()*+,;=%:[]" + alphanumeric);
  }

  private Chars() {}

  public static boolean token(byte b) {
    return (CLASSES[b & 0xff] & TOKEN) != 0;
  }

  public static boolean value(byte b) {
    return (CLASSES[b & 0xff] & VALUE) != 0;
  }

  public static boolean target(byte b) {
    return (CLASSES[b & 0xff] & TARGET) != 0;
  }

  public static boolean host(byte b) {
    return (CLASSES[b & 0xff] & HOST) != 0;
  }

  /** Whether an escape of it means the same as the character (RFC 3986, section 2.3). */
  static boolean unreserved(byte b) {
    return (CLASSES[b & 0xff] & UNRESERVED) != 0;
  }

  public static boolean digit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** The value of a hexadecimal digit, or -1. */
  public static int hex(byte b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int lower = b | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static void mark(int kind, String chars) {
    for (int i = 0; i < chars.length(); i++) {
      CLASSES[chars.charAt(i)] |= (byte) kind;
    }
  }
}
