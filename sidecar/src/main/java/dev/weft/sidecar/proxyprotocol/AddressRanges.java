package dev.weft.sidecar.proxyprotocol;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** IP addresses, as blocks. Immutable; any thread. */
public final class AddressRanges {
  public static final AddressRanges NONE = new AddressRanges(List.of());

  private record Block(byte[] address, int prefix) {
    boolean contains(byte[] other) {
      if (other.length != address.length) {
        return false;
      }
      for (int bit = 0; bit < prefix; bit += 8) {
        int mask = prefix - bit >= 8 ? 0xff : 0xff << (8 - (prefix - bit));
        if (((address[bit / 8] ^ other[bit / 8]) & mask & 0xff) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  private final List<Block> blocks;

  private AddressRanges(List<Block> blocks) {
    this.blocks = blocks;
  }

  /**
   * Reads blocks like {@code 10.0.0.0/8}, {@code fd00::/8} or a single address.
   *
   * @throws IllegalArgumentException naming the one that is none
   */
  public static AddressRanges parse(List<String> texts) {
    var blocks = new ArrayList<Block>();
    for (String text : texts) {
      int slash = text.indexOf('/');
      byte[] address =
          NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
      int prefix = address == null ? -1 : prefix(text, slash, address.length * 8);
      if (address == null || prefix < 0) {
        throw new IllegalArgumentException(
            "\"" + text + "\": expected an IP address or a block of them, as in 10.0.0.0/8");
      }
      blocks.add(new Block(address, prefix));
    }
    return new AddressRanges(List.copyOf(blocks));
  }

  private static int prefix(String text, int slash, int max) {
    if (slash < 0) {
      return max;
    }
    try {
      int prefix = Integer.parseInt(text.substring(slash + 1));
      return prefix <= max ? prefix : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  public boolean isEmpty() {
    return blocks.isEmpty();
  }

  public boolean contains(@Nullable SocketAddress address) {
    InetAddress ip = address instanceof InetSocketAddress inet ? inet.getAddress() : null;
    if (ip == null || blocks.isEmpty()) {
      return false;
    }
    byte[] bytes = ip.getAddress();
    for (Block block : blocks) {
      if (block.contains(bytes)) {
        return true;
      }
    }
    return false;
  }
}
