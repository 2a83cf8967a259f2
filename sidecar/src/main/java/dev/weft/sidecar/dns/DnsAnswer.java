package dev.weft.sidecar.dns;

import dev.weft.common.config.DnsNameConfig;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * Writes answers (RFC 1035): the question comes back as it was sent, in its own upper and lower
 * case. Pure.
 */
final class DnsAnswer {
  /** As Kubernetes' own DNS has it: what is kept longer is stale when a service moves. */
  static final int TTL_SECONDS = 5;

  private static final int RESPONSE = 0x80;
  private static final int AUTHORITATIVE = 0x04;
  private static final int TRUNCATED = 0x02;
  private static final int RECURSION_DESIRED = 0x01;
  private static final int RECURSION_AVAILABLE = 0x80;
  private static final int SERVER_FAILURE = 2;
  private static final int NAME_ERROR = 3;
  private static final int RESPONSE_CODE = 0x0f;
  private static final int SOA = 6;
  private static final int POINTER = 0xc000;
  private static final int RECORD_HEAD = 12;
  private static final int IPV4_SIZE = 4;
  private static final int IPV6_SIZE = 16;
  private static final int OPT_SIZE = 11;
  private static final int OUR_UDP_SIZE = 1232;
  private static final byte[] PRIMARY = {2, 'n', 's', 3, 'd', 'n', 's'};
  private static final byte[] MAILBOX = {10, 'h', 'o', 's', 't', 'm', 'a', 's', 't', 'e', 'r'};

  private DnsAnswer() {}

  /**
   * The addresses of the family that was asked for, or that there are none (NODATA).
   *
   * @param first any number: which of them begins, so that callers spread
   * @param most bytes; what does not fit is left out, and said to be
   */
  static ByteBuf addresses(
      ByteBufAllocator allocator,
      ByteBuf message,
      DnsQuery query,
      DnsNameConfig name,
      int first,
      int most) {
    int all = countOf(name, query.type());
    if (all == 0) {
      return noData(allocator, message, query);
    }
    int size = RECORD_HEAD + (query.type() == DnsQuery.A ? IPV4_SIZE : IPV6_SIZE);
    int room = most - query.end() - (query.edns() ? OPT_SIZE : 0);
    int count = Math.min(all, room / size);
    ByteBuf out = begin(allocator, message, query, count < all, count, 0);
    int toSkip = Math.floorMod(first, all);
    for (int i = 0; count > 0; i++) {
      InetAddress address = name.addresses().get(i % name.addresses().size());
      if (!isOf(address, query.type())) {
        continue;
      }
      if (toSkip > 0) {
        toSkip--;
        continue;
      }
      byte[] bytes = address.getAddress();
      record(out, POINTER | DnsQuery.HEADER, query.type());
      out.writeShort(bytes.length).writeBytes(bytes);
      count--;
    }
    return end(out, query);
  }

  /** The name is there, but has nothing of that type; kept for as long as an address would be. */
  static ByteBuf noData(ByteBufAllocator allocator, ByteBuf message, DnsQuery query) {
    ByteBuf out = begin(allocator, message, query, false, 0, 1);
    record(out, POINTER | query.zone(), SOA);
    out.writeShort(PRIMARY.length + MAILBOX.length + 4 + 20);
    out.writeBytes(PRIMARY).writeShort(POINTER | query.zone());
    out.writeBytes(MAILBOX).writeShort(POINTER | query.zone());
    // Serial, refresh, retry, expire; the last is how long this answer may be kept (RFC 2308).
    out.writeInt(1).writeInt(7200).writeInt(1800).writeInt(86_400).writeInt(TTL_SECONDS);
    return end(out, query);
  }

  /** A copy of any query that says that there is no answer: who asks goes on to the next server. */
  static ByteBuf failure(ByteBuf message) {
    ByteBuf out = message.copy();
    int flags = out.getByte(2) & ~(AUTHORITATIVE | TRUNCATED);
    out.setByte(2, flags | RESPONSE).setByte(3, RECURSION_AVAILABLE | SERVER_FAILURE);
    return out;
  }

  static boolean isResponse(ByteBuf message) {
    return message.readableBytes() >= DnsQuery.HEADER
        && (message.getByte(message.readerIndex() + 2) & RESPONSE) != 0;
  }

  /** Whether a response says that the name does not exist, for any type (NXDOMAIN). */
  static boolean saysUnknown(ByteBuf response) {
    return (response.getByte(response.readerIndex() + 3) & RESPONSE_CODE) == NAME_ERROR;
  }

  /** How many addresses there are of the family that a type stands for. */
  static int countOf(DnsNameConfig name, int type) {
    int count = 0;
    for (InetAddress address : name.addresses()) {
      if (isOf(address, type)) {
        count++;
      }
    }
    return count;
  }

  private static boolean isOf(InetAddress address, int type) {
    return address instanceof Inet4Address == (type == DnsQuery.A);
  }

  private static ByteBuf begin(
      ByteBufAllocator allocator,
      ByteBuf message,
      DnsQuery query,
      boolean truncated,
      int answers,
      int authorities) {
    int start = message.readerIndex();
    ByteBuf out = allocator.buffer(512);
    out.writeShort(message.getUnsignedShort(start));
    out.writeByte(
        RESPONSE
            | AUTHORITATIVE
            | (truncated ? TRUNCATED : 0)
            | (message.getByte(start + 2) & RECURSION_DESIRED));
    out.writeByte(RECURSION_AVAILABLE);
    out.writeShort(1).writeShort(answers).writeShort(authorities).writeShort(query.edns() ? 1 : 0);
    return out.writeBytes(message, start + DnsQuery.HEADER, query.end() - DnsQuery.HEADER);
  }

  private static void record(ByteBuf out, int owner, int type) {
    out.writeShort(owner).writeShort(type).writeShort(DnsQuery.IN).writeInt(TTL_SECONDS);
  }

  private static ByteBuf end(ByteBuf out, DnsQuery query) {
    if (query.edns()) {
      out.writeByte(0).writeShort(DnsQuery.OPT).writeShort(OUR_UDP_SIZE).writeInt(0).writeShort(0);
    }
    return out;
  }
}
