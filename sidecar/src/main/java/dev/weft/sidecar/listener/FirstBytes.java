package dev.weft.sidecar.listener;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tells from a connection's first bytes what it speaks. One per connection whose first read did not
 * decide; remembers how far it has looked, so that a client that sends byte by byte costs no more
 * than one that does not. Pure but for that.
 *
 * <p>HTTP/1 is a known method with the begin of a target after it, or any first line that ends in
 * {@code HTTP/} and a version, whatever else is wrong with it: the codec refuses it, and nothing
 * that an application might take for a request goes by as TCP. What begins as HTTP/2's preface does
 * and then does not go on as it is HTTP/2 to refuse, too (RFC 9113, section 3.4).
 */
final class FirstBytes {
  /** What the bytes so far say. */
  enum Verdict {
    /** Not enough yet. */
    MORE,
    HTTP1,
    HTTP2,
    TLS,
    TCP,
    /** Neither HTTP nor TLS, where there is nothing else to choose. */
    NONSENSE,
    /** The PROXY protocol, either version, where it is not expected. */
    PROXY_HEADER
  }

  private static final byte[] PREFACE = ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

  /** So much of the preface, and nobody can mean anything else. */
  private static final int PREFACE_BEGIN = "PRI * HTTP/2".length();

  private static final byte[] PROXY_1 = ascii("PROXY ");
  private static final byte[] PROXY_2 = ascii("\r\n\r\n\0\r\nQUIT\n");

  /** RFC 9110 section 9.3, RFC 5789, and WebDAV's of RFC 4918 and 5323. */
  private static final byte[][] METHODS = {
    ascii("GET "), ascii("POST "), ascii("PUT "), ascii("HEAD "), ascii("DELETE "),
    ascii("OPTIONS "), ascii("PATCH "), ascii("CONNECT "), ascii("TRACE "), ascii("PROPFIND "),
    ascii("PROPPATCH "), ascii("MKCOL "), ascii("COPY "), ascii("MOVE "), ascii("LOCK "),
    ascii("UNLOCK "), ascii("SEARCH "), ascii("REPORT ")
  };

  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int RECORD_HEADER = 5;
  private static final int MESSAGE_HEADER = 4;
  private static final int MAX_RECORD = 16 * 1024;

  private final boolean tcp;
  private final int maxBytes;
  private int scanned;
  private int recordAt;
  private int messageBytes;
  private @Nullable ClientHello hello;

  /**
   * @param tcp whether there is anything but HTTP and TLS to choose; without, one byte is enough as
   *     a rule
   * @param maxBytes how many are looked at, at most
   */
  FirstBytes(boolean tcp, int maxBytes) {
    this.tcp = tcp;
    this.maxBytes = maxBytes;
  }

  /** Of a connection that is {@link Verdict#TLS}. */
  ClientHello hello() {
    return hello == null ? ClientHello.UNKNOWN : hello;
  }

  /** Whether the first byte, which is there, can be TLS's. */
  static boolean maybeTls(ByteBuf in) {
    return in.getByte(in.readerIndex()) == HANDSHAKE;
  }

  /** Looks at all bytes so far, the readable ones of {@code in}, which is left as it is. */
  Verdict look(ByteBuf in) {
    int start = in.readerIndex();
    int length = in.readableBytes();
    if (length == 0) {
      return Verdict.MORE;
    }
    byte first = in.getByte(start);
    if (first == HANDSHAKE) {
      return tls(in, start, length);
    }
    if (first == 'P') {
      int same = common(in, start, length, PREFACE);
      if (same == length && same < PREFACE.length) {
        return Verdict.MORE;
      }
      if (same >= PREFACE_BEGIN) {
        return Verdict.HTTP2;
      }
    }
    if (tcp) {
      return text(in, start, length);
    }
    return isNonsense(in, start, length) ? Verdict.NONSENSE : Verdict.HTTP1;
  }

  /**
   * Whether nothing of a first line that has come at once is HTTP/1's: no method, and no slash or
   * asterisk, of which every target or version has one. Anything else gets an answer of HTTP/1.
   */
  private static boolean isNonsense(ByteBuf in, int start, int length) {
    for (byte[] method : METHODS) {
      if (common(in, start, length, method) >= method.length - 1) {
        return false;
      }
    }
    boolean text = false;
    for (int i = start; i < start + length; i++) {
      byte b = in.getByte(i);
      if (b == '/' || b == '*') {
        return false;
      }
      if (b == '\n' && text) {
        return true;
      }
      text |= b != '\r' && b != '\n';
    }
    return false;
  }

  private Verdict text(ByteBuf in, int start, int length) {
    byte first = in.getByte(start);
    if (first == 'P' || first == '\r') {
      byte[] header = first == 'P' ? PROXY_1 : PROXY_2;
      int same = common(in, start, length, header);
      if (same == header.length) {
        return Verdict.PROXY_HEADER;
      }
      if (same == length) {
        return Verdict.MORE;
      }
    }
    if (knownMethod(in, start, length)) {
      return Verdict.HTTP1;
    }
    return firstLine(in, start, length);
  }

  private static boolean knownMethod(ByteBuf in, int start, int length) {
    for (byte[] method : METHODS) {
      if (length > method.length && common(in, start, length, method) == method.length) {
        byte target = in.getByte(start + method.length);
        return target == '/' || target == '*' || target == 'h' || method[0] == 'C';
      }
    }
    return false;
  }

  /** Any line, to its end: with a version there it is HTTP, whatever its method. */
  private Verdict firstLine(ByteBuf in, int start, int length) {
    for (; scanned < Math.min(length, maxBytes); scanned++) {
      int b = in.getByte(start + scanned);
      if (b == '\n' && !blank(in, start, scanned)) {
        return endsInVersion(in, start, start + scanned) ? Verdict.HTTP1 : Verdict.TCP;
      }
      boolean control = b >= 0 && b < ' ' && b != '\t' && b != '\r' && b != '\n';
      if (control || b == 0x7f) {
        return Verdict.TCP;
      }
    }
    return length >= maxBytes ? Verdict.TCP : Verdict.MORE;
  }

  /** Empty lines before the request line are passed over (RFC 9112, section 2.2). */
  private static boolean blank(ByteBuf in, int start, int count) {
    for (int i = 0; i < count; i++) {
      byte b = in.getByte(start + i);
      if (b != '\r' && b != '\n') {
        return false;
      }
    }
    return true;
  }

  /** Whether HTTP/ stands in the line's last part, at its begin or after white space. */
  private static boolean endsInVersion(ByteBuf in, int start, int end) {
    int at = end;
    while (at > start && isSpace(in.getByte(at - 1))) {
      at--;
    }
    int from = at;
    while (from > start && !isSpace(in.getByte(from - 1))) {
      from--;
    }
    return at - from >= 6
        && from > start
        && (in.getByte(from) | 0x20) == 'h'
        && (in.getByte(from + 1) | 0x20) == 't'
        && (in.getByte(from + 2) | 0x20) == 't'
        && (in.getByte(from + 3) | 0x20) == 'p'
        && in.getByte(from + 4) == '/';
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  /**
   * RFC 8446, section 5.1: records, over which the ClientHello may be spread as it likes. Goes on
   * with the record at which the last look ended.
   */
  private Verdict tls(ByteBuf in, int start, int length) {
    while (true) {
      int left = length - recordAt;
      if (!isRecord(in, start + recordAt, left)) {
        return recordAt == 0 ? notTls() : known(ClientHello.UNKNOWN);
      }
      if (left <= RECORD_HEADER) {
        return more(length);
      }
      if (recordAt == 0 && in.getByte(start + RECORD_HEADER) != CLIENT_HELLO) {
        return notTls();
      }
      int size = in.getUnsignedShort(start + recordAt + 3);
      int here = Math.min(size, left - RECORD_HEADER);
      if (messageBytes + here >= MESSAGE_HEADER) {
        byte[] message = message(in, start, length, MESSAGE_HEADER);
        int wanted = in24(message);
        if (wanted > maxBytes) {
          return known(ClientHello.UNKNOWN);
        }
        if (messageBytes + here >= MESSAGE_HEADER + wanted) {
          byte[] all = message(in, start, length, MESSAGE_HEADER + wanted);
          return known(ClientHello.parse(Arrays.copyOfRange(all, MESSAGE_HEADER, all.length)));
        }
      }
      if (here < size) {
        return more(length);
      }
      recordAt += RECORD_HEADER + size;
      messageBytes += size;
    }
  }

  private static int in24(byte[] message) {
    return ((message[1] & 0xff) << 16) | ((message[2] & 0xff) << 8) | (message[3] & 0xff);
  }

  /** The begin of the handshake message, out of as many records as it takes; it is there. */
  private static byte[] message(ByteBuf in, int start, int length, int wanted) {
    byte[] message = new byte[wanted];
    int have = 0;
    for (int at = 0; have < wanted && at < length; ) {
      int size = in.getUnsignedShort(start + at + 3);
      int take = Math.min(size, wanted - have);
      in.getBytes(start + at + RECORD_HEADER, message, have, take);
      have += take;
      at += RECORD_HEADER + size;
    }
    return message;
  }

  /** Whether what is there of a record's header can be one of a handshake. */
  private static boolean isRecord(ByteBuf in, int at, int have) {
    if ((have >= 1 && in.getByte(at) != HANDSHAKE)
        || (have >= 2 && in.getByte(at + 1) != 3)
        || (have >= 3 && (in.getByte(at + 2) & 0xff) > 4)) {
      return false;
    }
    int size = have < RECORD_HEADER ? 1 : in.getUnsignedShort(at + 3);
    return size > 0 && size <= MAX_RECORD;
  }

  private Verdict known(ClientHello found) {
    hello = found;
    return Verdict.TLS;
  }

  private Verdict more(int length) {
    return length >= maxBytes ? known(ClientHello.UNKNOWN) : Verdict.MORE;
  }

  private Verdict notTls() {
    return tcp ? Verdict.TCP : Verdict.HTTP1;
  }

  private static int common(ByteBuf in, int start, int length, byte[] text) {
    int count = Math.min(length, text.length);
    for (int i = 0; i < count; i++) {
      if (in.getByte(start + i) != text[i]) {
        return i;
      }
    }
    return count;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
