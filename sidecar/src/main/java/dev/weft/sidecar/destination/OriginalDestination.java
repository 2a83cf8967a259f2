package dev.weft.sidecar.destination;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a caller has connected to before the kernel redirected its connection to us. Set on the
 * channel by the listener before anything else sees it. Immutable.
 */
public final class OriginalDestination {
  private static final AttributeKey<OriginalDestination> KEY =
      AttributeKey.valueOf(OriginalDestination.class, "of");

  private final InetSocketAddress address;
  private final String authority;
  private final ByteBuffer key;

  public OriginalDestination(InetSocketAddress address) {
    this.address = address;
    InetAddress ip = address.getAddress();
    String text = NetUtil.toAddressString(ip);
    this.authority =
        (ip instanceof Inet6Address ? "[" + text + "]" : text) + ":" + address.getPort();
    this.key = ByteBuffer.wrap(authority.getBytes(StandardCharsets.US_ASCII)).asReadOnlyBuffer();
  }

  /** The one of a connection; null: it was not redirected. */
  public static @Nullable OriginalDestination of(Channel channel) {
    return channel.hasAttr(KEY) ? channel.attr(KEY).get() : null;
  }

  public void rememberedBy(Channel channel) {
    channel.attr(KEY).set(this);
  }

  public InetSocketAddress address() {
    return address;
  }

  /**
   * {@code 10.0.0.1:80} or {@code [fd00::1]:80} (RFC 5952): as which the control plane is asked.
   */
  public String authority() {
    return authority;
  }

  /** The authority's bytes, from 0 to the limit; not to be changed. */
  public ByteBuffer key() {
    return key;
  }

  @Override
  public String toString() {
    return authority;
  }
}
