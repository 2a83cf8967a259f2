package dev.weft.sidecar.codec.http2.head;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;

/**
 * The rules for every field of a head, whatever the head is (RFC 9113, sections 8.2 and 8.3): names
 * and values are checked and indexed, pseudo-header fields found, the crumbs of a cookie joined.
 * One per connection.
 */
abstract class FieldRules {
  public static final int OK = 0;

  /** A stream error: see {@link #problem()}. */
  public static final int MALFORMED = 1;

  /** A request to be answered by {@link #failure()}. */
  public static final int REFUSED = 2;

  static final int NONE = -1;

  private static final byte[] METHOD = Chars.ascii(":method");
  private static final byte[] SCHEME = Chars.ascii(":scheme");
  private static final byte[] AUTHORITY = Chars.ascii(":authority");
  private static final byte[] PATH = Chars.ascii(":path");
  private static final byte[] PROTOCOL = Chars.ascii(":protocol");
  private static final byte[] STATUS = Chars.ascii(":status");
  private static final byte[] COOKIE = Chars.ascii("cookie");
  private static final byte[] CRUMBS = Chars.ascii("; ");
  private static final byte[] TRAILERS = Chars.ascii("trailers");
  static final byte[] GET = Chars.ascii("GET");
  static final byte[] UPGRADE = Chars.ascii("upgrade");

  final FieldList fields;

  /** Whether what comes are requests and their trailers. */
  boolean requests;

  // The pseudo-header fields of the head at hand, as field numbers.
  int method;
  int scheme;
  int authority;
  int path;
  int protocol;
  int status;

  /** Where the names lie that present extended CONNECT as an upgrade. */
  int upgradeAt;

  String problem = "";
  long contentLength;
  private Failure failure = Failure.BAD_REQUEST;

  FieldRules(FieldList fields) {
    this.fields = fields;
  }

  /** The row for what was refused. */
  public final Failure failure() {
    return failure;
  }

  /** What was wrong, as a sentence. */
  public final String problem() {
    return problem;
  }

  /** The last head's {@code content-length}; -1: it had none. */
  public final long contentLength() {
    return contentLength;
  }

  /** Checks every field and fills the view; pseudo-header fields are only found. */
  final int regular(boolean trailers, Slab slab, ReceivedHead head) {
    method = NONE;
    scheme = NONE;
    authority = NONE;
    path = NONE;
    protocol = NONE;
    status = NONE;
    contentLength = -1;
    int crumb = NONE;
    int crumbs = 0;
    boolean extended = false;
    int count = fields.count();
    for (int i = 0; i < count; i++) {
      if (fields.named(i, COOKIE)) {
        crumb = crumb == NONE ? i : crumb;
        crumbs++;
      }
      extended |= fields.named(i, PROTOCOL);
    }
    int cookie = crumbs > 1 ? joinCookie(crumb) : NONE;
    int cookieEnd = fields.length();
    if (extended) {
      upgradeAt = fields.append(UPGRADE, 0, UPGRADE.length);
      fields.append(GET, 0, GET.length);
    }
    byte[] bytes = fields.bytes();
    HeadView.Filler filler = head.filler;
    filler.begin(slab.fill(bytes, fields.length(), head));
    head.bodyLength = 0;
    head.chunked = false;
    head.close = false;
    head.connectionOptions = false;
    head.tunnel = false;
    boolean within = false;
    for (int i = 0; i < count; i++) {
      int name = fields.name(i);
      int value = fields.value(i);
      int end = fields.end(i);
      if (name == value) {
        return malformed("a field without a name");
      }
      if (!valid(bytes, value, end)) {
        return malformed("a forbidden character in a field's value");
      }
      if (bytes[name] == ':') {
        if (trailers || within || !pseudo(i)) {
          return malformed("an unknown, repeated or misplaced pseudo-header field");
        }
        continue;
      }
      within = true;
      for (int j = name; j < value; j++) {
        byte b = bytes[j];
        if (!Chars.token(b) || (b >= 'A' && b <= 'Z')) {
          return malformed("a forbidden character in a field's name");
        }
      }
      int known;
      if (crumbs > 1 && fields.named(i, COOKIE)) {
        if (i != crumb) {
          continue;
        }
        known = filler.header(name, value, cookie, cookieEnd);
      } else {
        known = filler.header(name, value, value, end);
      }
      if (known == WellKnown.ALIAS && requests) {
        return trailers
            ? malformed("a trailer that many read as another field")
            : refuse(Failure.BAD_REQUEST, "a field that many read as another, for its underscores");
      }
      if (known >= 0 && !allowed(known, bytes, value, end, i)) {
        return MALFORMED;
      }
    }
    return OK;
  }

  private boolean pseudo(int i) {
    if (fields.named(i, METHOD) && method == NONE) {
      method = i;
    } else if (fields.named(i, PATH) && path == NONE) {
      path = i;
    } else if (fields.named(i, SCHEME) && scheme == NONE) {
      scheme = i;
    } else if (fields.named(i, AUTHORITY) && authority == NONE) {
      authority = i;
    } else if (fields.named(i, STATUS) && status == NONE) {
      status = i;
    } else if (fields.named(i, PROTOCOL) && protocol == NONE) {
      protocol = i;
    } else {
      return false;
    }
    return true;
  }

  private boolean allowed(int known, byte[] bytes, int value, int end, int field) {
    switch (known) {
      case WellKnown.CONNECTION,
          WellKnown.KEEP_ALIVE,
          WellKnown.PROXY_CONNECTION,
          WellKnown.TRANSFER_ENCODING,
          WellKnown.UPGRADE -> {
        malformed("a field that belongs to a connection of HTTP/1.1");
        return false;
      }
      case WellKnown.TE -> {
        if (!fields.hasValue(field, TRAILERS)) {
          malformed("te is not \"trailers\"");
          return false;
        }
      }
      case WellKnown.CONTENT_LENGTH -> {
        if (contentLength >= 0 || value == end || end - value > 18) {
          malformed("content-length stands twice or is not a number of bytes");
          return false;
        }
        contentLength = 0;
        for (int i = value; i < end; i++) {
          if (!Chars.digit(bytes[i])) {
            malformed("content-length is not a number of bytes");
            return false;
          }
          contentLength = contentLength * 10 + bytes[i] - '0';
        }
      }
      default -> {
        // Looked at later, or by others.
      }
    }
    return true;
  }

  /** Joins the crumbs behind all other fields (RFC 9113, section 8.2.3); returns where. */
  private int joinCookie(int first) {
    int at = fields.length();
    for (int i = first; i < fields.count(); i++) {
      if (fields.named(i, COOKIE)) {
        if (i != first) {
          fields.append(CRUMBS, 0, CRUMBS.length);
        }
        fields.append(fields.bytes(), fields.value(i), fields.end(i));
      }
    }
    return at;
  }

  private static boolean valid(byte[] bytes, int start, int end) {
    if (start == end) {
      return true;
    }
    if (blank(bytes[start]) || blank(bytes[end - 1])) {
      return false;
    }
    for (int i = start; i < end; i++) {
      if (!Chars.value(bytes[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean blank(byte b) {
    return b == ' ' || b == '\t';
  }

  final int malformed(String what) {
    problem = what;
    return MALFORMED;
  }

  final int refuse(Failure why, String what) {
    failure = why;
    problem = what;
    return REFUSED;
  }
}
