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

  /** Bytes go through here in runs: one call of a buffer for many of them. */
  private final byte[] in = new byte[768];

  /** What a run becomes: at worst two groups for each message, which is five bytes or more. */
  private final byte[] out = new byte[2048];

  private int length;
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
    for (int at = start; at < end; at += in.length) {
      int run = Math.min(in.length, end - at);
      from.getBytes(at, in, 0, run);
      length = 0;
      encode(run);
      to.writeBytes(out, 0, length);
    }
  }

  /** Appends what waits, padded: nothing follows. */
  void finish(ByteBuf to) {
    length = 0;
    pad();
    to.writeBytes(out, 0, length);
    reset();
  }

  private void encode(int end) {
    int at = 0;
    while (at < end) {
      if (prefix < PREFIX) {
        byte b = in[at++];
        if (prefix++ > 0) {
          left = left << 8 | (b & 0xff);
        }
        take(b);
      } else {
        int run = (int) Math.min(left, end - at);
        for (int i = 0; i < run; i++) {
          take(in[at + i]);
        }
        at += run;
        left -= run;
      }
      if (prefix == PREFIX && left == 0) {
        pad();
        prefix = 0;
      }
    }
  }

  private void take(byte b) {
    bits = bits << 8 | (b & 0xff);
    if (++pending == 3) {
      group(bits >> 12, ALPHABET[bits >> 6 & 63], ALPHABET[bits & 63]);
      bits = 0;
      pending = 0;
    }
  }

  private void pad() {
    if (pending == 1) {
      group(bits << 4, (byte) '=', (byte) '=');
    } else if (pending == 2) {
      group(bits >> 4, ALPHABET[bits << 2 & 63], (byte) '=');
    }
    bits = 0;
    pending = 0;
  }

  /** Writes four characters, the first two of them from twelve bits. */
  private void group(int firstTwo, byte third, byte fourth) {
    out[length] = ALPHABET[firstTwo >> 6 & 63];
    out[length + 1] = ALPHABET[firstTwo & 63];
    out[length + 2] = third;
    out[length + 3] = fourth;
    length += 4;
  }
}
