package dev.weft.sidecar.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose {@code x-forwarded-*}, trace and request ids are believed on the inbound listener: callers
 * from these networks. Immutable.
 */
public final class TrustedPeers {
  /** Loopback, private and link-local networks: where a mesh's callers are. */
  public static final TrustedPeers PRIVATE =
      of(
          "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,"
              + "::1/128,fc00::/7,fe80::/10");

  public static final TrustedPeers NONE = new TrustedPeers(List.of());

  private final List<Network> networks;

  private TrustedPeers(List<Network> networks) {
    this.networks = networks;
  }

  /**
   * Reads a list such as {@code 10.0.0.0/8,192.0.2.7}, or {@code private}, {@code all} or {@code
   * none}.
   *
   * @throws IllegalArgumentException one line
   */
  public static TrustedPeers parse(String text) {
    return switch (text) {
      case "private" -> PRIVATE;
      case "none" -> NONE;
      case "all" -> of("0.0.0.0/0,::/0");
      default -> of(text);
    };
  }

  private static TrustedPeers of(String list) {
    var networks = new ArrayList<Network>();
    for (String each : list.split(",", -1)) {
      networks.add(Network.parse(each.strip()));
    }
    return new TrustedPeers(List.copyOf(networks));
  }

  boolean trusts(@Nullable SocketAddress peer) {
    if (!(peer instanceof InetSocketAddress inet) || inet.getAddress() == null) {
      return false;
    }
    byte[] address = inet.getAddress().getAddress();
    for (Network network : networks) {
      if (network.contains(address)) {
        return true;
      }
    }
    return false;
  }

  private record Network(byte[] address, int bits) {
    static Network parse(String text) {
      int slash = text.indexOf('/');
      String host = slash < 0 ? text : text.substring(0, slash);
      boolean literal = !host.isEmpty();
      for (int i = 0; i < host.length(); i++) {
        literal &= isLiteral(host.charAt(i));
      }
      try {
        if (!literal) {
          throw new UnknownHostException(host);
        }
        byte[] address = InetAddress.getByName(host).getAddress();
        int most = address.length * 8;
        int bits = slash < 0 ? most : Integer.parseInt(text.substring(slash + 1));
        if (bits < 0 || bits > most) {
          throw new NumberFormatException(text);
        }
        return new Network(address, bits);
      } catch (UnknownHostException | NumberFormatException e) {
        throw new IllegalArgumentException(
            "\""
                + text
                + "\" is no network: expected addresses such as 10.0.0.0/8, or private,"
                + " all or none",
            e);
      }
    }

    private static boolean isLiteral(int c) {
      return Character.digit(c, 16) >= 0 || c == '.' || c == ':';
    }

    boolean contains(byte[] other) {
      if (other.length != address.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit += 8) {
        int mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit)) & 0xff;
        if (((other[bit / 8] ^ address[bit / 8]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }
  }
}
