package dev.weft.sidecar.dns;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A query that the mesh may have an answer for, as far as that needs to be read (RFC 1035, 6891):
 * one question of class IN for a name of the form {@code NAME.NAMESPACE.svc.DOMAIN} or {@code
 * HOST.NAME.NAMESPACE.svc.DOMAIN}, with nothing asked for that we do not do. Immutable.
 *
 * @param name lower case, without the last dot
 * @param zone where {@code DOMAIN} begins, from the message's start
 * @param end where the question ends
 * @param type of record
 * @param edns whether the asker speaks EDNS
 * @param udpSize the largest answer that it takes by UDP
 */
record DnsQuery(String name, int zone, int end, int type, boolean edns, int udpSize) {
  static final int HEADER = 12;
  static final int A = 1;
  static final int AAAA = 28;
  static final int IN = 1;
  static final int OPT = 41;

  /** What may be sent by UDP without EDNS, and what goes through networks unfragmented with it. */
  private static final int PLAIN_SIZE = 512;

  private static final int SAFE_SIZE = 1232;

  private static final int LONGEST_LABEL = 63;
  private static final int MAX_NAME = 253;

  /** All but "recursion desired", and all but "authentic data": a query sets nothing else. */
  private static final int FIRST_FLAGS = 0xfe;

  private static final int SECOND_FLAGS = 0xdf;
  private static final int DNSSEC_OK = 0x8000;

  /** Null: this is for the original resolver, whatever it is. */
  static @Nullable DnsQuery parse(ByteBuf message) {
    int start = message.readerIndex();
    int limit = message.writerIndex();
    if (limit - start < HEADER
        || (message.getByte(start + 2) & FIRST_FLAGS) != 0
        || (message.getByte(start + 3) & SECOND_FLAGS) != 0
        || message.getUnsignedShort(start + 4) != 1
        || message.getInt(start + 6) != 0
        || message.getUnsignedShort(start + 10) > 1) {
      return null;
    }
    var name = new StringBuilder();
    int labels = 0;
    int service = -1;
    int zone = -1;
    int at = start + HEADER;
    while (true) {
      if (at >= limit) {
        return null;
      }
      int length = message.getUnsignedByte(at);
      at++;
      if (length == 0) {
        break;
      }
      // With the dot before it.
      if (length > LONGEST_LABEL || at + length > limit || name.length() + length >= MAX_NAME) {
        return null;
      }
      if (service >= 0 && zone < 0) {
        zone = at - 1 - start;
      }
      int labelStart = name.isEmpty() ? 0 : name.length() + 1;
      if (!append(name, message, at, length)) {
        return null;
      }
      // The third, or behind a pod's name the fourth.
      if (service < 0 && (labels == 2 || labels == 3) && name.substring(labelStart).equals("svc")) {
        service = labels;
      }
      labels++;
      at += length;
    }
    if (zone < 0 || limit - at < 4 || message.getUnsignedShort(at + 2) != IN) {
      return null;
    }
    int type = message.getUnsignedShort(at);
    int end = at + 4;
    if (message.getUnsignedShort(start + 10) == 0) {
      return end == limit
          ? new DnsQuery(name.toString(), zone, end - start, type, false, PLAIN_SIZE)
          : null;
    }
    return options(message, end, limit)
        ? new DnsQuery(
            name.toString(),
            zone,
            end - start,
            type,
            true,
            Math.clamp(message.getUnsignedShort(end + 3), PLAIN_SIZE, SAFE_SIZE))
        : null;
  }

  boolean asksForAddresses() {
    return type == A || type == AAAA;
  }

  private static boolean append(StringBuilder name, ByteBuf message, int at, int length) {
    if (!name.isEmpty()) {
      name.append('.');
    }
    for (int i = at; i < at + length; i++) {
      int c = message.getByte(i);
      if (c >= 'A' && c <= 'Z') {
        c += 'a' - 'A';
      }
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_') {
        return false;
      }
      name.append((char) c);
    }
    return true;
  }

  /**
   * Whether what follows is one OPT record of version 0 that does not ask for signatures. Its
   * options are suggestions, which may be ignored (RFC 6891, 6.1.2).
   */
  private static boolean options(ByteBuf message, int at, int limit) {
    return limit - at >= 11
        && message.getByte(at) == 0
        && message.getUnsignedShort(at + 1) == OPT
        && message.getUnsignedShort(at + 5) == 0
        && (message.getUnsignedShort(at + 7) & DNSSEC_OK) == 0
        && limit - at - 11 == message.getUnsignedShort(at + 9);
  }
}
