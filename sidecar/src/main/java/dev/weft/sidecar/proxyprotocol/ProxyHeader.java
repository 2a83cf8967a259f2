package dev.weft.sidecar.proxyprotocol;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a header says. Both addresses are there, and of one family, or none is: the proxy speaks for
 * itself ({@code LOCAL}), or of something that has no IP address. Immutable; any thread.
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

  private static final int COMMAND_LOCAL = 0x20;
  private static final int COMMAND_PROXY = 0x21;
  private static final int STREAM_4 = 0x11;
  private static final int STREAM_6 = 0x21;

  /** Of a connection; without addresses where a header cannot tell both of them. */
  public static ProxyHeader of(
      @Nullable SocketAddress source, @Nullable SocketAddress destination) {
    return source instanceof InetSocketAddress from
            && destination instanceof InetSocketAddress to
            && from.getAddress() != null
            && to.getAddress() != null
            && (from.getAddress() instanceof Inet6Address)
                == (to.getAddress() instanceof Inet6Address)
        ? new ProxyHeader(from, to)
        : LOCAL;
  }

  /**
   * Queues it as the first bytes of a connection as soon as that is there; what listens to the
   * connect later writes behind it. Nothing is flushed.
   */
  public void sendFirst(ChannelFuture connecting, ProxyProtocol version) {
    if (version == ProxyProtocol.OFF) {
      return;
    }
    connecting.addListener(
        (ChannelFutureListener)
            done -> {
              if (done.isSuccess()) {
                Channel channel = done.channel();
                channel.write(write(channel.alloc().buffer(), version), channel.voidPromise());
              }
            });
  }

  /** Writes it; {@link ProxyProtocol#OFF} is nothing. */
  public ByteBuf write(ByteBuf out, ProxyProtocol version) {
    switch (version) {
      case OFF -> {}
      case V1 -> out.writeCharSequence(line(), StandardCharsets.US_ASCII);
      case V2 -> writeBinary(out);
    }
    return out;
  }

  private String line() {
    InetSocketAddress from = source;
    InetSocketAddress to = destination;
    if (from == null || to == null) {
      return "PROXY UNKNOWN\r\n";
    }
    return (from.getAddress() instanceof Inet4Address ? "PROXY TCP4 " : "PROXY TCP6 ")
        + text(from.getAddress())
        + ' '
        + text(to.getAddress())
        + ' '
        + from.getPort()
        + ' '
        + to.getPort()
        + "\r\n";
  }

  private void writeBinary(ByteBuf out) {
    InetSocketAddress from = source;
    InetSocketAddress to = destination;
    out.writeBytes(PREFIX_2);
    if (from == null || to == null) {
      out.writeByte(COMMAND_LOCAL).writeByte(0).writeShort(0);
      return;
    }
    byte[] fromBytes = from.getAddress().getAddress();
    byte[] toBytes = to.getAddress().getAddress();
    out.writeByte(COMMAND_PROXY).writeByte(fromBytes.length == 4 ? STREAM_4 : STREAM_6);
    out.writeShort(2 * fromBytes.length + 4);
    out.writeBytes(fromBytes).writeBytes(toBytes);
    out.writeShort(from.getPort()).writeShort(to.getPort());
  }

  /** Without the zone, which means nothing elsewhere. */
  private static String text(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
