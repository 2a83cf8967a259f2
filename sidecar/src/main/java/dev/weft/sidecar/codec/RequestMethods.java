package dev.weft.sidecar.codec;

import dev.weft.common.head.Ascii;
import java.nio.ByteBuffer;

/**
 * Methods are case-sensitive (RFC 9110, section 9.1), but not every application thinks so: one that
 * is a standard method but for its case would pass a rule for that method and still be taken for
 * it. Pure.
 */
public final class RequestMethods {
  private static final byte[][] STANDARD = {
    Chars.ascii("get"),
    Chars.ascii("head"),
    Chars.ascii("post"),
    Chars.ascii("put"),
    Chars.ascii("delete"),
    Chars.ascii("connect"),
    Chars.ascii("options"),
    Chars.ascii("trace"),
    Chars.ascii("patch")
  };

  private RequestMethods() {}

  /** Whether [start, end), which has a lower-case letter, is a standard method in another case. */
  public static boolean isMisspelt(ByteBuffer slab, int start, int end) {
    boolean lower = false;
    for (int i = start; i < end; i++) {
      byte b = slab.get(i);
      lower |= b >= 'a' && b <= 'z';
    }
    if (lower) {
      for (byte[] method : STANDARD) {
        if (Ascii.equalsIgnoreCase(slab, start, end, method)) {
          return true;
        }
      }
    }
    return false;
  }
}
