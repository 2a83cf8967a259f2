package dev.weft.testkit.net;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The TCP connections that a link has carried, and those that it has forgotten and carries no
 * longer, as a firewall or a NAT does that has lost its table. Thread-safe.
 */
final class Flows {
  private static final int ETHERNET_BYTES = 14;
  private static final int ETHERNET_TYPE = 12;
  private static final short IPV4 = 0x0800;
  private static final int IP_PROTOCOL = ETHERNET_BYTES + 9;
  private static final int IP_FROM = ETHERNET_BYTES + 12;
  private static final int IP_TO = ETHERNET_BYTES + 16;
  private static final int SMALLEST_IP_AND_TCP = ETHERNET_BYTES + 40;
  private static final byte TCP = 6;
  private static final int TCP_FLAGS = 13;
  private static final int SYN_AND_ACK = 0x12;
  private static final int SYN = 0x02;

  private final Set<Flow> carried = ConcurrentHashMap.newKeySet();
  private final Set<Flow> forgotten = ConcurrentHashMap.newKeySet();

  /** Both ends of a connection, each as address and port, the lower one first. */
  private record Flow(long one, long other) {}

  /** From now on nothing is carried of what is open, only of what is opened anew. */
  void forget() {
    forgotten.addAll(carried);
    carried.clear();
  }

  /** Everything is carried again. */
  void remember() {
    forgotten.clear();
  }

  /** Whether this frame is carried; all that is not TCP over IPv4 is. */
  boolean carries(byte[] frame) {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    if (frame.length < SMALLEST_IP_AND_TCP
        || bytes.getShort(ETHERNET_TYPE) != IPV4
        || frame[IP_PROTOCOL] != TCP) {
      return true;
    }
    int tcp = ETHERNET_BYTES + (frame[ETHERNET_BYTES] & 0xf) * 4;
    if (frame.length <= tcp + TCP_FLAGS) {
      return true;
    }
    long from = end(bytes.getInt(IP_FROM), bytes.getShort(tcp));
    long to = end(bytes.getInt(IP_TO), bytes.getShort(tcp + 2));
    Flow flow = new Flow(Math.min(from, to), Math.max(from, to));
    if ((frame[tcp + TCP_FLAGS] & SYN_AND_ACK) == SYN) {
      // A new connection, be it between ports that were used before.
      forgotten.remove(flow);
    }
    if (forgotten.contains(flow)) {
      return false;
    }
    carried.add(flow);
    return true;
  }

  private static long end(int address, short port) {
    return Integer.toUnsignedLong(address) << 16 | Short.toUnsignedLong(port);
  }
}
