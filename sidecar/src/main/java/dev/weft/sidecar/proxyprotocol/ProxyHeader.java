package dev.weft.sidecar.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a header says. Both addresses are there, and of one family, or none is: the proxy speaks for
 * itself ({@code LOCAL}), or of something that has no IP address.
 *
 * @param source who has called the proxy
 * @param destination where the caller has connected to
 */
public record ProxyHeader(
    @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
  /** A header without addresses. */
  public static final ProxyHeader LOCAL = new ProxyHeader(null, null);

  /** The first bytes of version 1. */
  static final byte[] PREFIX_1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);

  /** The first bytes of version 2. */
  static final byte[] PREFIX_2 = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};

  /** Writes it as version 1: a line of text. */
  public void write1(ByteBuf out) {
    InetSocketAddress from = source;
    InetSocketAddress to = destination;
    String line = "PROXY UNKNOWN\r\n";
    if (from != null && to != null && sameFamily(from, to)) {
      line =
          "PROXY "
              + (from.getAddress() instanceof Inet4Address ? "TCP4 " : "TCP6 ")
              + text(from.getAddress())
              + ' '
              + text(to.getAddress())
              + ' '
              + from.getPort()
              + ' '
              + to.getPort()
              + "\r\n";
    }
    out.writeCharSequence(line, StandardCharsets.US_ASCII);
  }

  /** Writes it as version 2: binary. */
  public void write2(ByteBuf out) {
    InetSocketAddress from = source;
    InetSocketAddress to = destination;
    out.writeBytes(PREFIX_2);
    if (from == null || to == null || !sameFamily(from, to)) {
      out.writeByte(0x20).writeByte(0).writeShort(0);
      return;
    }
    byte[] fromBytes = from.getAddress().getAddress();
    byte[] toBytes = to.getAddress().getAddress();
    out.writeByte(0x21).writeByte(fromBytes.length == 4 ? 0x11 : 0x21);
    out.writeShort(2 * fromBytes.length + 4);
    out.writeBytes(fromBytes).writeBytes(toBytes);
    out.writeShort(from.getPort()).writeShort(to.getPort());
  }

  private static boolean sameFamily(InetSocketAddress one, InetSocketAddress other) {
    return one.getAddress() != null
        && other.getAddress() != null
        && (one.getAddress() instanceof Inet6Address)
            == (other.getAddress() instanceof Inet6Address);
  }

  private static String text(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
