package dev.weft.sidecar.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/**
 * Reads one header from the begin of a connection. One per connection; worker thread only. Strict:
 * what the specification does not allow is malformed, and the connection is to be closed.
 */
public final class ProxyHeaderReader {
  /** Not enough bytes yet. */
  public static final int NEED_MORE = 0;

  /** No header, or one that is wrong. */
  public static final int MALFORMED = -1;

  /** Of version 1, with its end of line. */
  private static final int MAX_LINE = 107;

  private static final int FIXED_2 = 16;
  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int STREAM = 1;
  private static final int[] ADDRESS_BYTES = {0, 4, 16, 108};

  private final int maxBytes;
  private ProxyHeader header = ProxyHeader.LOCAL;

  /**
   * @param maxBytes of a header of version 2, whose vectors may be long
   */
  public ProxyHeaderReader(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** What the header says, once it has been read. */
  public ProxyHeader header() {
    return header;
  }

  /**
   * Looks at all bytes so far, the readable ones, which are left as they are.
   *
   * @return how many bytes the header takes, {@link #NEED_MORE} or {@link #MALFORMED}
   */
  public int read(ByteBuf in) {
    int length = in.readableBytes();
    if (length == 0) {
      return NEED_MORE;
    }
    int start = in.readerIndex();
    boolean text = in.getByte(start) == ProxyHeader.PREFIX_1[0];
    byte[] prefix = text ? ProxyHeader.PREFIX_1 : ProxyHeader.PREFIX_2;
    for (int i = 0; i < Math.min(length, prefix.length); i++) {
      if (in.getByte(start + i) != prefix[i]) {
        return MALFORMED;
      }
    }
    if (length < prefix.length) {
      return NEED_MORE;
    }
    return text ? line(in, start, length) : binary(in, start, length);
  }

  // Version 1.

  private int line(ByteBuf in, int start, int length) {
    int seen = Math.min(length, MAX_LINE);
    int end = in.indexOf(start, start + seen, (byte) '\r');
    if (end < 0) {
      return seen == MAX_LINE ? MALFORMED : NEED_MORE;
    }
    int taken = end - start + 2;
    if (taken > MAX_LINE) {
      return MALFORMED;
    }
    if (taken > length) {
      return NEED_MORE;
    }
    if (in.getByte(end + 1) != '\n') {
      return MALFORMED;
    }
    int from = start + ProxyHeader.PREFIX_1.length;
    String[] words = in.toString(from, end - from, StandardCharsets.ISO_8859_1).split(" ", -1);
    if (words[0].equals("UNKNOWN")) {
      return taken;
    }
    boolean four = words[0].equals("TCP4");
    if (words.length != 5 || !(four || words[0].equals("TCP6"))) {
      return MALFORMED;
    }
    byte[] source = four ? AddressText.dotted(words[1]) : AddressText.coloned(words[1]);
    byte[] destination = four ? AddressText.dotted(words[2]) : AddressText.coloned(words[2]);
    int sourcePort = AddressText.number(words[3], 65_535);
    int destinationPort = AddressText.number(words[4], 65_535);
    if (source == null || destination == null || sourcePort < 0 || destinationPort < 0) {
      return MALFORMED;
    }
    header = header(source, sourcePort, destination, destinationPort);
    return taken;
  }

  // Version 2.

  private int binary(ByteBuf in, int start, int length) {
    if (length < FIXED_2) {
      return NEED_MORE;
    }
    int command = in.getUnsignedByte(start + 12);
    int family = in.getUnsignedByte(start + 13) >> 4;
    int transport = in.getUnsignedByte(start + 13) & 0xf;
    int rest = in.getUnsignedShort(start + 14);
    if ((command != LOCAL && command != PROXY) || FIXED_2 + rest > maxBytes) {
      return MALFORMED;
    }
    boolean speaks = command == PROXY;
    if (speaks && (family >= ADDRESS_BYTES.length || transport > 2)) {
      return MALFORMED;
    }
    boolean ip = speaks && (family == 1 || family == 2);
    int addresses = !speaks || family == 0 ? 0 : 2 * ADDRESS_BYTES[family] + (ip ? 4 : 0);
    if (rest < addresses) {
      return MALFORMED;
    }
    if (length < FIXED_2 + rest) {
      return NEED_MORE;
    }
    if (speaks && !vectors(in, start + FIXED_2 + addresses, start + FIXED_2 + rest)) {
      return MALFORMED;
    }
    // A datagram's addresses, or those of a UNIX socket, are nobody's who could call us.
    if (ip && transport == STREAM) {
      int size = ADDRESS_BYTES[family];
      int at = start + FIXED_2;
      header =
          header(
              bytes(in, at, size),
              in.getUnsignedShort(at + 2 * size),
              bytes(in, at + size, size),
              in.getUnsignedShort(at + 2 * size + 2));
    }
    return FIXED_2 + rest;
  }

  /** Type, length, value: they are stepped over, but have to add up. */
  private static boolean vectors(ByteBuf in, int from, int end) {
    int at = from;
    while (at < end) {
      if (end - at < 3) {
        return false;
      }
      at += 3 + in.getUnsignedShort(at + 1);
    }
    return at == end;
  }

  private static byte[] bytes(ByteBuf in, int at, int size) {
    byte[] bytes = new byte[size];
    in.getBytes(at, bytes);
    return bytes;
  }

  /**
   * Both addresses, of one family: those of IPv4 that are written as IPv6's become what they are
   * (RFC 4291, section 2.5.5.2), unless it is one of the two only.
   */
  private static ProxyHeader header(
      byte[] source, int sourcePort, byte[] destination, int destinationPort) {
    try {
      InetAddress from = InetAddress.getByAddress(source);
      InetAddress to = InetAddress.getByAddress(destination);
      if (from instanceof Inet4Address != to instanceof Inet4Address) {
        from = Inet6Address.getByAddress(null, source, -1);
        to = Inet6Address.getByAddress(null, destination, -1);
      }
      return new ProxyHeader(
          new InetSocketAddress(from, sourcePort), new InetSocketAddress(to, destinationPort));
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("4 or 16 bytes are an address", e);
    }
  }
}
