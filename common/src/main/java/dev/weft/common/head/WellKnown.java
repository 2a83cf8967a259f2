package dev.weft.common.head;

import java.nio.charset.StandardCharsets;

/**
 * Header names that the proxy itself looks at, as small numbers: an index into {@link HeadView}'s
 * table, so that a look-up of one of them costs one array read. Names are lower case, as HTTP/2
 * sends them.
 */
public final class WellKnown {
  public static final int HOST = 0;
  public static final int CONNECTION = 1;
  public static final int CONTENT_LENGTH = 2;
  public static final int TRANSFER_ENCODING = 3;
  public static final int TE = 4;
  public static final int TRAILER = 5;
  public static final int UPGRADE = 6;
  public static final int EXPECT = 7;
  public static final int KEEP_ALIVE = 8;
  public static final int PROXY_CONNECTION = 9;
  public static final int X_FORWARDED_FOR = 10;
  public static final int X_FORWARDED_PROTO = 11;
  public static final int X_FORWARDED_HOST = 12;
  public static final int TRACEPARENT = 13;
  public static final int X_REQUEST_ID = 14;
  public static final int CONTENT_TYPE = 15;
  public static final int USER_AGENT = 16;
  public static final int DATE = 17;
  public static final int SERVER = 18;
  public static final int VIA = 19;

  /** What one sidecar tells the next; stripped from and towards everyone else. */
  public static final int WEFT_HOP = 20;

  public static final int PROXY_AUTHENTICATE = 21;
  public static final int PROXY_AUTHORIZATION = 22;
  public static final int HTTP2_SETTINGS = 23;
  public static final int RETRY_AFTER = 24;
  public static final int GRPC_TIMEOUT = 25;
  public static final int GRPC_STATUS = 26;
  public static final int GRPC_MESSAGE = 27;
  public static final int ORIGIN = 28;

  /** Who a caller has proven to be. */
  public static final int X_FORWARDED_CLIENT_CERT = 29;

  public static final int FORWARDED = 30;
  public static final int TRACESTATE = 31;
  public static final int MAX_FORWARDS = 32;
  public static final int GRPC_PREVIOUS_RPC_ATTEMPTS = 33;
  public static final int GRPC_RETRY_PUSHBACK_MS = 34;

  /** How many there are; at most 64, so that a set of them fits a long. */
  public static final int COUNT = 35;

  /** Any other name. */
  public static final int OTHER = -1;

  /**
   * None of them, but one of them to everybody who reads underscores as hyphens, as CGI, WSGI and
   * PHP do.
   */
  public static final int ALIAS = -2;

  private static final byte[][] NAMES =
      bytes(
          "host",
          "connection",
          "content-length",
          "transfer-encoding",
          "te",
          "trailer",
          "upgrade",
          "expect",
          "keep-alive",
          "proxy-connection",
          "x-forwarded-for",
          "x-forwarded-proto",
          "x-forwarded-host",
          "traceparent",
          "x-request-id",
          "content-type",
          "user-agent",
          "date",
          "server",
          "via",
          "weft-hop",
          "proxy-authenticate",
          "proxy-authorization",
          "http2-settings",
          "retry-after",
          "grpc-timeout",
          "grpc-status",
          "grpc-message",
          "origin",
          "x-forwarded-client-cert",
          "forwarded",
          "tracestate",
          "max-forwards",
          "grpc-previous-rpc-attempts",
          "grpc-retry-pushback-ms");

  private static final int MAX_LENGTH = 26;
  private static final byte[][] BY_LENGTH = byLength();

  private WellKnown() {}

  /** The lower-case name; not to be changed. */
  public static byte[] name(int wellKnown) {
    return NAMES[wellKnown];
  }

  /**
   * Which well-known name stands at [start, end) of the view's slab, in any case; {@link #OTHER} if
   * none, {@link #ALIAS} if one does but for underscores.
   */
  static int recognise(java.nio.ByteBuffer slab, int start, int end) {
    int length = end - start;
    if (length > MAX_LENGTH) {
      return OTHER;
    }
    for (byte candidate : BY_LENGTH[length]) {
      int match = compare(slab, start, NAMES[candidate]);
      if (match != OTHER) {
        return match == ALIAS ? ALIAS : candidate;
      }
    }
    return OTHER;
  }

  private static int compare(java.nio.ByteBuffer slab, int start, byte[] name) {
    int match = 0;
    for (int i = 0; i < name.length; i++) {
      byte b = Ascii.lower(slab.get(start + i));
      if (b != name[i]) {
        if (b != '_' || name[i] != '-') {
          return OTHER;
        }
        match = ALIAS;
      }
    }
    return match;
  }

  private static byte[][] bytes(String... names) {
    byte[][] all = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      all[i] = names[i].getBytes(StandardCharsets.US_ASCII);
    }
    return all;
  }

  private static byte[][] byLength() {
    byte[][] table = new byte[MAX_LENGTH + 1][0];
    for (int i = 0; i < NAMES.length; i++) {
      int length = NAMES[i].length;
      byte[] longer = java.util.Arrays.copyOf(table[length], table[length].length + 1);
      longer[longer.length - 1] = (byte) i;
      table[length] = longer;
    }
    return table;
  }
}
