package dev.weft.sidecar.filter;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Encodes a stream of gRPC messages in base64 as it comes: padded where a message ends, so that a
 * message can be read as soon as it is whole, and nowhere else. Reused; one worker.
 */
final class MessageEncoder {
  /** A flag byte and four of length. */
  private static final int PREFIX = 5;

  private static final byte[] ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);

  private int bits;
  private int pending;
  private int prefix;
  private long left;

  void reset() {
    bits = 0;
    pending = 0;
    prefix = 0;
    left = 0;
  }

  /** Appends what [start, end) becomes; up to two bytes wait for the next piece. */
  void encode(ByteBuf from, int start, int end, ByteBuf to) {
    int at = start;
    while (at < end) {
      if (prefix < PREFIX) {
        byte b = from.getByte(at++);
        if (prefix++ > 0) {
          left = left << 8 | (b & 0xff);
        }
        take(b, to);
      } else {
        int run = (int) Math.min(left, end - at);
        for (int i = 0; i < run; i++) {
          take(from.getByte(at + i), to);
        }
        at += run;
        left -= run;
      }
      if (prefix == PREFIX && left == 0) {
        pad(to);
        prefix = 0;
      }
    }
  }

  /** Appends what waits, padded: nothing follows. */
  void finish(ByteBuf to) {
    pad(to);
    reset();
  }

  private void take(byte b, ByteBuf to) {
    bits = bits << 8 | (b & 0xff);
    if (++pending == 3) {
      to.writeInt(
          ALPHABET[bits >> 18 & 63] << 24
              | ALPHABET[bits >> 12 & 63] << 16
              | ALPHABET[bits >> 6 & 63] << 8
              | ALPHABET[bits & 63]);
      bits = 0;
      pending = 0;
    }
  }

  private void pad(ByteBuf to) {
    if (pending == 1) {
      to.writeInt(ALPHABET[bits >> 2 & 63] << 24 | ALPHABET[bits << 4 & 63] << 16 | '=' << 8 | '=');
    } else if (pending == 2) {
      to.writeInt(
          ALPHABET[bits >> 10 & 63] << 24
              | ALPHABET[bits >> 4 & 63] << 16
              | ALPHABET[bits << 2 & 63] << 8
              | '=');
    }
    bits = 0;
    pending = 0;
  }
}
