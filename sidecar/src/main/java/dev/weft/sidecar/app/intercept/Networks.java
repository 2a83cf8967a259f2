package dev.weft.sidecar.app.intercept;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** Networks of either family as a person writes them, {@code 10.0.0.0/8}. Immutable. */
record Networks(List<String> ipv4, List<String> ipv6) {
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;

  Networks {
    ipv4 = List.copyOf(ipv4);
    ipv6 = List.copyOf(ipv6);
  }

  /**
   * Reads them; an address alone is a network of one.
   *
   * @throws IllegalArgumentException naming the flag and what was expected
   */
  static Networks parse(String flag, List<String> texts) {
    var four = new ArrayList<String>();
    var six = new ArrayList<String>();
    for (String text : texts) {
      int slash = text.indexOf('/');
      InetAddress address = address(flag, text, slash < 0 ? text : text.substring(0, slash));
      boolean isFour = address instanceof Inet4Address;
      int bits = isFour ? IPV4_BITS : IPV6_BITS;
      int prefix = slash < 0 ? bits : prefix(flag, text, text.substring(slash + 1), bits);
      (isFour ? four : six).add(network(address, prefix) + "/" + prefix);
    }
    return new Networks(four, six);
  }

  private static InetAddress address(String flag, String whole, String literal) {
    try {
      InetAddress address = InetAddress.ofLiteral(literal.strip());
      // The old short forms are read otherwise than they look: 10.1 is 10.0.0.1.
      if (address instanceof Inet4Address && literal.chars().filter(c -> c == '.').count() != 3) {
        throw wrong(flag, whole);
      }
      return address;
    } catch (IllegalArgumentException e) {
      throw wrong(flag, whole);
    }
  }

  private static int prefix(String flag, String whole, String digits, int bits) {
    try {
      int prefix = Integer.parseInt(digits.strip());
      if (prefix >= 0 && prefix <= bits) {
        return prefix;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for a number out of range.
    }
    throw wrong(flag, whole);
  }

  /** The network's address: nft and iptables want no host bits. */
  private static String network(InetAddress address, int prefix) {
    byte[] bytes = address.getAddress();
    for (int bit = prefix; bit < bytes.length * Byte.SIZE; bit++) {
      bytes[bit / Byte.SIZE] &= (byte) ~(0x80 >> bit % Byte.SIZE);
    }
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static IllegalArgumentException wrong(String flag, String text) {
    return new IllegalArgumentException(
        "--" + flag + " has \"" + text + "\": expected networks, as in 10.0.0.0/8,fd00::/8");
  }
}
