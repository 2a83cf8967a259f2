package dev.weft.sidecar.codec.http2.head;

import dev.weft.sidecar.codec.Chars;
import java.util.Arrays;

/** Names of HPACK's static table (RFC 7541, appendix A), by length and first letter. */
public final class StaticTable {
  private static final int FIRST = 15;

  /** From index 15 on; those before are pseudo-header fields, but for these names in any case. */
  private static final String[] NAMES = {
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate"
  };

  private static final int MAX_LENGTH = 27;
  private static final byte[][] BYTES = new byte[NAMES.length][];
  private static final byte[][] BY_LENGTH = new byte[MAX_LENGTH + 1][0];

  /** What nobody on the way may put in a table. */
  private static final byte[][] SENSITIVE = {
    Chars.ascii("authorization"),
    Chars.ascii("proxy-authorization"),
    Chars.ascii("cookie"),
    Chars.ascii("set-cookie")
  };

  static {
    for (int i = 0; i < NAMES.length; i++) {
      BYTES[i] = Chars.ascii(NAMES[i]);
      int length = BYTES[i].length;
      byte[] longer = Arrays.copyOf(BY_LENGTH[length], BY_LENGTH[length].length + 1);
      longer[longer.length - 1] = (byte) i;
      BY_LENGTH[length] = longer;
    }
  }

  private StaticTable() {}

  /** The index of a lower-case name, or 0. */
  static int find(byte[] bytes, int start, int length) {
    if (length > MAX_LENGTH) {
      return 0;
    }
    for (byte candidate : BY_LENGTH[length]) {
      byte[] name = BYTES[candidate];
      if (name[0] == bytes[start] && Arrays.equals(name, 0, length, bytes, start, start + length)) {
        return FIRST + candidate;
      }
    }
    return 0;
  }

  static boolean isSensitive(byte[] bytes, int start, int length) {
    for (byte[] name : SENSITIVE) {
      if (name.length == length && Arrays.equals(name, 0, length, bytes, start, start + length)) {
        return true;
      }
    }
    return false;
  }
}
