package dev.weft.sidecar.listener;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a TLS ClientHello says in the clear about where it wants to go and what it speaks.
 *
 * @param serverName the host name of the SNI extension (RFC 6066, section 3), lower case; null:
 *     there is none, or none that is a host name
 * @param protocols of the ALPN extension (RFC 7301), in the client's order, without GREASE (RFC
 *     8701); empty: there is none
 */
public record ClientHello(@Nullable String serverName, List<String> protocols) {
  /** Of a hello that tells nothing: it is malformed within, or longer than is looked at. */
  static final ClientHello UNKNOWN = new ClientHello(null, List.of());

  private static final int SERVER_NAME = 0;
  private static final int ALPN = 16;
  private static final int MAX_NAME = 253;
  private static final int MAX_PROTOCOLS = 32;

  public ClientHello {
    protocols = List.copyOf(protocols);
  }

  /**
   * Reads the body of a ClientHello (RFC 8446, section 4.1.2), which is all of {@code body}. What
   * does not add up makes it {@link #UNKNOWN}: whoever terminates the connection will say so.
   */
  static ClientHello parse(byte[] body) {
    return new Reader(body).hello();
  }

  /** Never reads beyond its end: every length is checked before it is used. */
  private static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    ClientHello hello() {
      // legacy_version and random; then session id, cipher suites, compression methods.
      if (!skip(2 + 32, bytes.length)
          || !vector(1, bytes.length)
          || !vector(2, bytes.length)
          || !vector(1, bytes.length)) {
        return UNKNOWN;
      }
      int end = block(2, bytes.length);
      if (end < 0) {
        return UNKNOWN;
      }
      String name = null;
      List<String> protocols = List.of();
      while (at < end) {
        int type = number(2, end);
        int extensionEnd = block(2, end);
        if (type < 0 || extensionEnd < 0) {
          return UNKNOWN;
        }
        if (type == SERVER_NAME) {
          name = serverName(extensionEnd);
        } else if (type == ALPN) {
          protocols = protocols(extensionEnd);
        }
        at = extensionEnd;
      }
      return new ClientHello(name, protocols);
    }

    private @Nullable String serverName(int end) {
      int listEnd = block(2, end);
      while (listEnd >= 0 && at < listEnd) {
        int type = number(1, listEnd);
        int nameEnd = block(2, listEnd);
        if (type < 0 || nameEnd < 0) {
          return null;
        }
        if (type == 0) {
          return hostName(at, nameEnd);
        }
        at = nameEnd;
      }
      return null;
    }

    private @Nullable String hostName(int start, int end) {
      if (end == start || end - start > MAX_NAME || bytes[start] == '.') {
        return null;
      }
      for (int i = start; i < end; i++) {
        byte b = bytes[i];
        boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
        if (!letter && !(b >= '0' && b <= '9') && b != '-' && b != '.' && b != '_') {
          return null;
        }
      }
      return text(start, end).toLowerCase(Locale.ROOT);
    }

    private List<String> protocols(int end) {
      var found = new ArrayList<String>();
      int listEnd = block(2, end);
      while (listEnd >= 0 && at < listEnd && found.size() < MAX_PROTOCOLS) {
        int nameEnd = block(1, listEnd);
        if (nameEnd <= at) {
          return List.of();
        }
        if (!grease(at, nameEnd)) {
          found.add(text(at, nameEnd));
        }
        at = nameEnd;
      }
      return found;
    }

    private boolean grease(int start, int end) {
      return end - start == 2 && bytes[start] == bytes[start + 1] && (bytes[start] & 0xf) == 0xa;
    }

    private String text(int start, int end) {
      return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    /** Steps over a vector with a length in front. */
    private boolean vector(int lengthBytes, int end) {
      int vectorEnd = block(lengthBytes, end);
      at = Math.max(at, vectorEnd);
      return vectorEnd >= 0;
    }

    /** Reads a length; where what it measures ends, or -1 when that is not within the end. */
    private int block(int lengthBytes, int end) {
      int length = number(lengthBytes, end);
      return length < 0 || length > end - at ? -1 : at + length;
    }

    private int number(int size, int end) {
      if (size > end - at) {
        return -1;
      }
      int value = 0;
      for (int i = 0; i < size; i++) {
        value = (value << 8) | (bytes[at++] & 0xff);
      }
      return value;
    }

    private boolean skip(int count, int end) {
      at += count;
      return at <= end;
    }
  }
}
