package dev.weft.sidecar.filter;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The text form of gRPC-Web: the same in one piece, in two, and byte by byte; and what the JDK
 * decodes is decoded to the same bytes.
 */
public final class Base64Fuzz {
  private Base64Fuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String whole = decode(input, Integer.MAX_VALUE);
    same(whole, decode(input, 1));
    same(whole, decode(input, 1 + input.length / 2));
    byte[] expected;
    try {
      expected = Base64.getDecoder().decode(input);
    } catch (IllegalArgumentException e) {
      return;
    }
    // The JDK forgives missing padding and bits that are lost; who sent those may have been cut
    // off.
    if (input.length % 4 == 0 && Arrays.equals(Base64.getEncoder().encode(expected), input)) {
      same(HexFormat.of().formatHex(expected), whole);
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
