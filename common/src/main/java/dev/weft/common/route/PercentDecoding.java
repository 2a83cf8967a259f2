package dev.weft.common.route;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Query strings as they are meant: percent-encoded bytes decoded, '+' as a blank. A '%' without two
 * hexadecimal digits stands for itself. Pure.
 */
final class PercentDecoding {
  private PercentDecoding() {}

  /** Whether [start, end) decodes to {@code decoded}; allocates nothing. */
  static boolean equals(ByteBuffer slab, int start, int end, byte[] decoded) {
    int at = start;
    for (byte wanted : decoded) {
      if (at >= end || decode(slab, at, end) != wanted) {
        return false;
      }
      at += length(slab, at, end);
    }
    return at == end;
  }

  /** [start, end) decoded, as UTF-8. */
  static String text(ByteBuffer slab, int start, int end) {
    byte[] decoded = new byte[end - start];
    int length = 0;
    for (int at = start; at < end; at += length(slab, at, end)) {
      decoded[length++] = decode(slab, at, end);
    }
    return new String(Arrays.copyOf(decoded, length), StandardCharsets.UTF_8);
  }

  /** The byte that stands at {@code at}. */
  private static byte decode(ByteBuffer slab, int at, int end) {
    if (length(slab, at, end) == 3) {
      return (byte) (hex(slab.get(at + 1)) << 4 | hex(slab.get(at + 2)));
    }
    byte b = slab.get(at);
    return b == '+' ? (byte) ' ' : b;
  }

  /** How many bytes of the slab stand for the one at {@code at}: 3 for an escape, else 1. */
  private static int length(ByteBuffer slab, int at, int end) {
    return slab.get(at) == '%'
            && at + 2 < end
            && hex(slab.get(at + 1)) >= 0
            && hex(slab.get(at + 2)) >= 0
        ? 3
        : 1;
  }

  private static int hex(byte b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int letter = b | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }
}
