package dev.weft.sidecar.listener;

import dev.weft.sidecar.destination.OriginalDestination;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the kernel where a redirected connection was meant to go: {@code SO_ORIGINAL_DST} (Linux,
 * netfilter_ipv4.h and ip6_tables.h). Any thread.
 */
final class OriginalDestinations {
  private static final int SO_ORIGINAL_DST = 80;
  private static final int IP = 0;
  private static final int IPV6 = 41;

  // The sizes of sockaddr_in and sockaddr_in6, and where in them the address is; the port stands
  // behind the family in both.
  private static final int PORT_AT = 2;
  private static final int IPV4_LENGTH = 16;
  private static final int IPV4_AT = 4;
  private static final int IPV6_LENGTH = 28;
  private static final int IPV6_AT = 8;

  private static final RawUnixChannelOption OF_IPV4 =
      new RawUnixChannelOption("SO_ORIGINAL_DST", IP, SO_ORIGINAL_DST, IPV4_LENGTH);
  private static final RawUnixChannelOption OF_IPV6 =
      new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", IPV6, SO_ORIGINAL_DST, IPV6_LENGTH);

  private OriginalDestinations() {}

  /**
   * Where it was meant to go; null: to us, or nobody knows. Who connects to the listener itself
   * would be sent to the listener again and again.
   */
  static @Nullable OriginalDestination of(Channel connection) {
    if (!(connection.localAddress() instanceof InetSocketAddress local)) {
      return null;
    }
    boolean four = local.getAddress() instanceof Inet4Address;
    try {
      ByteBuffer told = connection.config().getOption(four ? OF_IPV4 : OF_IPV6);
      if (told == null) {
        return null;
      }
      byte[] address = new byte[four ? Integer.BYTES : 4 * Integer.BYTES];
      told.get(four ? IPV4_AT : IPV6_AT, address);
      int port = Short.toUnsignedInt(told.getShort(PORT_AT));
      var destination = new InetSocketAddress(InetAddress.getByAddress(address), port);
      return port == 0 || destination.equals(local) ? null : new OriginalDestination(destination);
    } catch (ChannelException | UnknownHostException e) {
      // The kernel tracks no such connection: no rule has touched it.
      return null;
    }
  }
}
