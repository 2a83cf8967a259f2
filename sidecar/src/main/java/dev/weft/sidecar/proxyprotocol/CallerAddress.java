package dev.weft.sidecar.proxyprotocol;

import dev.weft.sidecar.destination.OriginalDestination;
import io.netty.channel.Channel;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Who a caller's connection really comes from: what a trusted proxy has said, else its peer. */
public final class CallerAddress {
  private static final AttributeKey<ProxyHeader> KEY =
      AttributeKey.valueOf(CallerAddress.class, "header");

  private CallerAddress() {}

  /** Remembers what the proxy in front has said. */
  public static void set(Channel channel, ProxyHeader header) {
    channel.attr(KEY).set(header);
  }

  /** The caller's address; null when it is not known. */
  public static @Nullable SocketAddress source(Channel channel) {
    ProxyHeader header = header(channel);
    return header == null ? channel.remoteAddress() : header.source();
  }

  /** Where the caller has connected to; null when it is not known. */
  public static @Nullable SocketAddress destination(Channel channel) {
    ProxyHeader header = header(channel);
    if (header != null) {
      return header.destination();
    }
    OriginalDestination original = OriginalDestination.of(channel);
    return original == null ? channel.localAddress() : original.address();
  }

  /** What a header to an upstream says of this connection. */
  public static ProxyHeader toTell(Channel channel) {
    return ProxyHeader.of(source(channel), destination(channel));
  }

  private static @Nullable ProxyHeader header(Channel channel) {
    if (!channel.hasAttr(KEY)) {
      return null;
    }
    Attribute<ProxyHeader> told = channel.attr(KEY);
    ProxyHeader header = told.get();
    return header == null || header.source() == null ? null : header;
  }
}
