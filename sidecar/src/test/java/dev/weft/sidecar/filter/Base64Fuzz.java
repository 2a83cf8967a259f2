package dev.weft.sidecar.filter;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The text form of gRPC-Web: the same in one piece, in two, and byte by byte; and what is taken,
 * and as what, is what the JDK makes of each group of four.
 */
public final class Base64Fuzz {
  private Base64Fuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String whole = decode(input, Integer.MAX_VALUE);
    same(whole, decode(input, 1));
    same(whole, decode(input, 1 + input.length / 2));
    same(expected(input), whole);
  }

  /** By the JDK, group by group: each may be padded, and none may have bits that are lost. */
  private static String expected(byte[] input) {
    var bytes = new ByteArrayOutputStream();
    int groups = input.length / 4 * 4;
    for (int at = 0; at < groups; at += 4) {
      byte[] decoded = group(Arrays.copyOfRange(input, at, at + 4));
      if (decoded.length == 0) {
        return "malformed";
      }
      bytes.writeBytes(decoded);
    }
    if (groups == input.length) {
      return HexFormat.of().formatHex(bytes.toByteArray());
    }
    byte[] last = Arrays.copyOfRange(input, groups, input.length);
    return completed(last, "A") || completed(last, "=") ? "not whole" : "malformed";
  }

  /** Whether a group that is not whole may become one. */
  private static boolean completed(byte[] begun, String with) {
    String text = new String(begun, StandardCharsets.ISO_8859_1);
    while (text.length() < 4) {
      text += with;
    }
    return group(text.getBytes(StandardCharsets.ISO_8859_1)).length > 0;
  }

  /** What four digits stand for; nothing when they are no group. */
  private static byte[] group(byte[] digits) {
    try {
      byte[] decoded = Base64.getDecoder().decode(digits);
      return Arrays.equals(Base64.getEncoder().encode(decoded), digits) ? decoded : new byte[0];
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static String decode(byte[] input, int piece) {
    var decoder = new Base64Decoder();
    decoder.reset();
    var out = new ByteArrayOutputStream();
    for (int at = 0; at < input.length; at += Math.min(piece, input.length - at)) {
      int length = Math.min(piece, input.length - at);
      ByteBuf in = Unpooled.copiedBuffer(input, at, length);
      int end = decoder.decode(in, 0, length);
      if (end == Base64Decoder.MALFORMED) {
        return "malformed";
      }
      if (end > length) {
        throw new AssertionError("a piece of " + length + " became " + end);
      }
      byte[] bytes = new byte[end];
      in.getBytes(0, bytes);
      out.writeBytes(bytes);
    }
    return decoder.whole() ? HexFormat.of().formatHex(out.toByteArray()) : "not whole";
  }

  private static void same(String expected, String actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError("expected " + expected + " but was " + actual);
    }
  }
}
