package dev.weft.sidecar.proxyprotocol;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A PROXY header of either version: read as a small reader written from its specification reads it,
 * byte by byte as at once; and what it says, written by us in either version, says the same.
 */
public final class ProxyHeaderFuzz {
  private static final int MAX = Bound.PROXY_HEADER.intValue();
  private static final int MAX_LINE = 107;
  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  private static final String DOTTED = BYTE + "(?:\\." + BYTE + "){3}";
  private static final String PORT = "(0|[1-9][0-9]{0,4})";
  private static final Pattern LINE =
      Pattern.compile(
          "PROXY (?:UNKNOWN(?: [^\r]*)?|TCP4 (DOT) (DOT) PORT PORT|TCP6 (SIX) (SIX) PORT PORT)\r\n"
              .replace("DOT", DOTTED)
              .replace("SIX", "[0-9a-fA-F:.]+")
              .replace("PORT", PORT));
  private static final byte[] SIGNATURE = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");

  private ProxyHeaderFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    var reader = new ProxyHeaderReader(MAX);
    int taken = reader.read(Unpooled.wrappedBuffer(input));
    var byByte = new ProxyHeaderReader(MAX);
    int last = ProxyHeaderReader.NEED_MORE;
    for (int i = 1; i <= input.length && last == ProxyHeaderReader.NEED_MORE; i++) {
      last = byByte.read(Unpooled.wrappedBuffer(input, 0, i));
    }
    same(taken, last);
    same(reader.header(), byByte.header());
    String expected = input.length > 0 && input[0] == 'P' ? line(input) : binary(input);
    switch (taken) {
      // What is wrong may be seen before the end, but what is right is never waited for in vain.
      case ProxyHeaderReader.NEED_MORE -> same("more", expected);
      case ProxyHeaderReader.MALFORMED -> {
        if (!expected.equals("malformed") && !expected.equals("more")) {
          throw new AssertionError("refused: " + expected);
        }
      }
      default -> {
        same(expected, taken + " " + said(reader.header()));
        for (ProxyProtocol version : new ProxyProtocol[] {ProxyProtocol.V1, ProxyProtocol.V2}) {
          passedOn(reader.header(), version);
        }
      }
    }
  }

  private static void passedOn(ProxyHeader header, ProxyProtocol version) {
    ByteBuf written = header.write(Unpooled.buffer(), version);
    var again = new ProxyHeaderReader(MAX);
    same(written.readableBytes(), again.read(written));
    same(said(header), said(again.header()));
  }

  private static String said(ProxyHeader header) {
    InetSocketAddress source = header.source();
    InetSocketAddress destination = header.destination();
    if (source == null || destination == null) {
      same(source, destination);
      return "nobody";
    }
    byte[] from = source.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    if (from.length != to.length) {
      throw new AssertionError("of two families: " + header);
    }
    return sixteen(from) + ' ' + source.getPort() + ' ' + sixteen(to) + ' ' + destination.getPort();
  }

  /** An address in one form: that of IPv4 as IPv6 has it (RFC 4291, section 2.5.5.2). */
  private static String sixteen(byte[] address) {
    String bytes = HexFormat.of().formatHex(address);
    return address.length == 4 ? "00000000000000000000ffff" + bytes : bytes;
  }

  /** Version 1: "more", "malformed", or what is taken and said. */
  private static String line(byte[] input) {
    String text =
        new String(input, 0, Math.min(input.length, MAX_LINE), StandardCharsets.ISO_8859_1);
    Matcher line = LINE.matcher(text);
    if (!line.lookingAt()) {
      // Without an end of line it may be one yet.
      int end = text.indexOf('\r');
      boolean open = end < 0 || end == text.length() - 1;
      return open && text.length() < MAX_LINE ? "more" : "malformed";
    }
    String[] words = line.group().strip().split(" ", -1);
    if (words[1].startsWith("UNKNOWN")) {
      return line.end() + " nobody";
    }
    boolean four = words[1].equals("TCP4");
    byte[] from = four ? dotted(words[2]) : coloned(words[2]);
    byte[] to = four ? dotted(words[3]) : coloned(words[3]);
    int fromPort = Integer.parseInt(words[4]);
    int toPort = Integer.parseInt(words[5]);
    if (from == null || to == null || fromPort > 65_535 || toPort > 65_535) {
      return "malformed";
    }
    return line.end() + " " + sixteen(from) + ' ' + fromPort + ' ' + sixteen(to) + ' ' + toPort;
  }

  private static byte[] dotted(String text) {
    byte[] bytes = new byte[4];
    String[] parts = text.split("\\.", -1);
    for (int i = 0; i < 4; i++) {
      bytes[i] = (byte) Integer.parseInt(parts[i]);
    }
    return bytes;
  }

  /** RFC 4291, section 2.2; null when it is not an address. */
  private static byte @Nullable [] coloned(String text) {
    String[] halves = text.split("::", -1);
    byte[] left = groups(halves[0], halves.length == 1);
    byte[] right = halves.length == 2 ? groups(halves[1], true) : new byte[0];
    if (halves.length > 2 || left == null || right == null) {
      return null;
    }
    int length = left.length + right.length;
    if (halves.length == 1 ? length != 16 : length > 14) {
      return null;
    }
    byte[] address = Arrays.copyOf(left, 16);
    System.arraycopy(right, 0, address, 16 - right.length, right.length);
    return address;
  }

  /** Groups with colons between them, the last of which may be an address of IPv4. */
  private static byte @Nullable [] groups(String text, boolean last) {
    var bytes = new ByteArrayOutputStream();
    if (text.isEmpty()) {
      return bytes.toByteArray();
    }
    String[] parts = text.split(":", -1);
    for (int i = 0; i < parts.length; i++) {
      if (last && i == parts.length - 1 && parts[i].matches(DOTTED)) {
        bytes.writeBytes(dotted(parts[i]));
      } else if (parts[i].matches("[0-9a-fA-F]{1,4}")) {
        int group = Integer.parseInt(parts[i], 16);
        bytes.write(group >> 8);
        bytes.write(group);
      } else {
        return null;
      }
    }
    return bytes.toByteArray();
  }

  /** Version 2, likewise. */
  private static String binary(byte[] input) {
    int known = Math.min(input.length, SIGNATURE.length);
    if (!Arrays.equals(input, 0, known, SIGNATURE, 0, known)) {
      return "malformed";
    }
    if (input.length < 16) {
      return "more";
    }
    int length = (input[14] & 0xff) << 8 | (input[15] & 0xff);
    boolean local = input[12] == 0x20;
    int family = local ? 0 : (input[13] & 0xff) >> 4;
    int transport = local ? 0 : input[13] & 0xf;
    int addresses =
        switch (family) {
          case 0 -> 0;
          case 1 -> 12;
          case 2 -> 36;
          default -> 216;
        };
    if ((!local && input[12] != 0x21)
        || family > 3
        || transport > 2
        || 16 + length > MAX
        || length < addresses) {
      return "malformed";
    }
    if (input.length < 16 + length) {
      return "more";
    }
    String rest = HexFormat.of().formatHex(input, 16, 16 + length);
    String vectors = rest.substring(2 * addresses);
    while (!local && !vectors.isEmpty()) {
      int end = vectors.length() < 6 ? 6 : 6 + 2 * Integer.parseInt(vectors.substring(2, 6), 16);
      if (vectors.length() < end) {
        return "malformed";
      }
      vectors = vectors.substring(end);
    }
    if (transport != 1 || family < 1 || family > 2) {
      return 16 + length + " nobody";
    }
    int size = addresses - 4;
    byte[] from = HexFormat.of().parseHex(rest.substring(0, size));
    byte[] to = HexFormat.of().parseHex(rest.substring(size, 2 * size));
    return 16
        + length
        + " "
        + sixteen(from)
        + ' '
        + Integer.parseInt(rest.substring(2 * size, 2 * size + 4), 16)
        + ' '
        + sixteen(to)
        + ' '
        + Integer.parseInt(rest.substring(2 * size + 4, 2 * size + 8), 16);
  }

  private static void same(@Nullable Object expected, @Nullable Object actual) {
    if (expected == null ? actual != null : !expected.equals(actual)) {
      throw new AssertionError("expected " + expected + " but was " + actual);
    }
  }
}
