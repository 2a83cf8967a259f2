package dev.weft.common.head;

import java.nio.ByteBuffer;

/** Comparisons of ASCII bytes in a slab with known names. Pure, without allocation. */
public final class Ascii {
  private Ascii() {}

  /** Lower case of an ASCII letter; any other byte as it is. */
  public static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
  }

  /** Whether [start, end) equals {@code lowerCase}, letters in any case. */
  public static boolean equalsIgnoreCase(ByteBuffer slab, int start, int end, byte[] lowerCase) {
    if (end - start != lowerCase.length) {
      return false;
    }
    for (int i = 0; i < lowerCase.length; i++) {
      if (lower(slab.get(start + i)) != lowerCase[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether [start, end) equals {@code bytes} exactly. */
  public static boolean equals(ByteBuffer slab, int start, int end, byte[] bytes) {
    return end - start == bytes.length && startsWith(slab, start, end, bytes);
  }

  /** Whether [start, end) starts with {@code prefix} exactly. */
  public static boolean startsWith(ByteBuffer slab, int start, int end, byte[] prefix) {
    if (end - start < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (slab.get(start + i) != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** The bytes of [start, end) as a string; for errors and logs, not for the request path. */
  public static String string(ByteBuffer slab, int start, int end) {
    byte[] copy = new byte[Math.max(0, end - start)];
    slab.get(start, copy);
    return new String(copy, java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
