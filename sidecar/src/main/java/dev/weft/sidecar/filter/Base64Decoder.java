package dev.weft.sidecar.filter;

import io.netty.buffer.ByteBuf;

/**
 * Decodes base64 (RFC 4648, section 4) that comes in pieces, in place: a byte is written as soon as
 * its bits are there, so that the result of a piece is never longer than the piece. Groups may be
 * padded anywhere, as gRPC-Web does between messages. Reused; one worker.
 */
final class Base64Decoder {
  /** The result of {@link #decode} when the text is not base64. */
  static final int MALFORMED = -1;

  private static final byte[] VALUES = values();

  /** Bytes go through here in runs: one call of a buffer for many of them. */
  private final byte[] run = new byte[1024];

  private int bits;
  private int digits;
  private boolean padding;

  void reset() {
    bits = 0;
    digits = 0;
    padding = false;
  }

  /** Decodes [start, end) to {@code start}; returns the end of what was decoded. */
  int decode(ByteBuf buffer, int start, int end) {
    int to = start;
    for (int at = start; at < end; at += run.length) {
      int length = Math.min(run.length, end - at);
      buffer.getBytes(at, run, 0, length);
      int decoded = decode(length);
      if (decoded == MALFORMED) {
        return MALFORMED;
      }
      buffer.setBytes(to, run, 0, decoded);
      to += decoded;
    }
    return to;
  }

  private int decode(int length) {
    int to = 0;
    for (int i = 0; i < length; i++) {
      int value = VALUES[run[i] & 0xff];
      if (value < 0) {
        if (run[i] != '=' || !pad()) {
          return MALFORMED;
        }
        continue;
      }
      if (padding) {
        return MALFORMED;
      }
      bits = bits << 6 | value;
      switch (digits) {
        case 0 -> digits = 1;
        case 1 -> {
          run[to++] = (byte) (bits >> 4);
          digits = 2;
        }
        case 2 -> {
          run[to++] = (byte) (bits >> 2);
          digits = 3;
        }
        default -> {
          run[to++] = (byte) bits;
          reset();
        }
      }
    }
    return to;
  }

  /** Whether the text may end here. */
  boolean whole() {
    return digits == 0;
  }

  /** Takes an equals sign; false where none may stand, or where bits would be lost. */
  private boolean pad() {
    if (digits == 3 && (padding || (bits & 3) == 0)) {
      reset();
      return true;
    }
    if (digits == 2 && (bits & 15) == 0) {
      digits = 3;
      padding = true;
      return true;
    }
    return false;
  }

  private static byte[] values() {
    byte[] values = new byte[256];
    java.util.Arrays.fill(values, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < alphabet.length(); i++) {
      values[alphabet.charAt(i)] = (byte) i;
    }
    return values;
  }
}
