package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Authorities;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.PathRules;
import dev.weft.sidecar.codec.Paths;
import dev.weft.sidecar.codec.RequestMethods;
import dev.weft.sidecar.codec.Upgrades;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.ByteBuffer;

/**
 * Turns a header block into a received head, strictly by RFC 9113, section 8: Netty's HPACK decoder
 * gives the fields, which are checked and indexed here. The crumbs of a cookie are joined. One per
 * connection, because HPACK remembers; longer than other classes because it is one list of rules.
 */
final class HeadDecoder {
  static final int OK = 0;

  /** A stream error: see {@link #problem()}. */
  static final int MALFORMED = 1;

  /** A request to be answered by {@link #failure()}. */
  static final int REFUSED = 2;

  private static final byte[] METHOD = Chars.ascii(":method");
  private static final byte[] SCHEME = Chars.ascii(":scheme");
  private static final byte[] AUTHORITY = Chars.ascii(":authority");
  private static final byte[] PATH = Chars.ascii(":path");
  private static final byte[] PROTOCOL = Chars.ascii(":protocol");
  private static final byte[] STATUS = Chars.ascii(":status");
  private static final byte[] COOKIE = Chars.ascii("cookie");
  private static final byte[] CRUMBS = Chars.ascii("; ");
  private static final byte[] TRAILERS = Chars.ascii("trailers");
  private static final byte[] HTTP = Chars.ascii("http");
  private static final byte[] HTTPS = Chars.ascii("https");
  private static final byte[] CONNECT = Chars.ascii("CONNECT");
  private static final byte[] GET = Chars.ascii("GET");
  private static final byte[] UPGRADE = Chars.ascii("upgrade");
  private static final byte[] OPTIONS = Chars.ascii("OPTIONS");

  private static final int NONE = -1;

  private final FieldList fields;
  private final int maxHeaders;
  private final DefaultHttp2HeadersDecoder hpack;
  private Failure failure = Failure.BAD_REQUEST;
  private String problem = "";
  private boolean requests;
  private boolean tooLarge;
  private long contentLength;

  // The pseudo-header fields of the head at hand, as field numbers.
  private int method;
  private int scheme;
  private int authority;
  private int path;
  private int protocol;
  private int status;
  private int upgradeAt;

  /**
   * @param fields shared by the connections of a worker
   */
  HeadDecoder(FieldList fields, Http2Limits limits) {
    this.fields = fields;
    this.maxHeaders = limits.maxHeaders();
    this.hpack =
        new DefaultHttp2HeadersDecoder(false, limits.maxHead()) {
          @Override
          protected Http2Headers newHeaders() {
            return fields;
          }
        };
  }

  /** The row for what was refused. */
  Failure failure() {
    return failure;
  }

  /** What was wrong, as a sentence. */
  String problem() {
    return problem;
  }

  /** The last head's {@code content-length}; -1: it had none. */
  long contentLength() {
    return contentLength;
  }

  /** Keeps HPACK's table right for a head that nobody wants. */
  void skip(int stream, ByteBuf block) {
    hpack(stream, block);
  }

  /**
   * Reads a request's head.
   *
   * @param end whether the request ends with it
   * @param rules how its path is brought into one form
   * @return {@link #OK}, {@link #MALFORMED} or {@link #REFUSED}
   */
  int request(
      int stream, ByteBuf block, boolean end, PathRules rules, Slab slab, ReceivedHead head) {
    hpack(stream, block);
    requests = true;
    if (tooLarge) {
      return refuse(Failure.HEAD_TOO_LARGE, problem);
    }
    int result = regular(false, slab, head);
    if (result != OK) {
      return result;
    }
    if (status != NONE) {
      return malformed("a request with :status");
    }
    if (method == NONE || (fields.value(method) == fields.end(method))) {
      return malformed(":method is missing");
    }
    head.filler.method(fields.value(method), fields.end(method));
    for (int i = fields.value(method); i < fields.end(method); i++) {
      if (!Chars.token(fields.bytes()[i])) {
        return malformed("a forbidden character in :method");
      }
    }
    if (end && contentLength > 0) {
      return malformed("content-length without content");
    }
    head.bodyLength = end ? 0 : contentLength < 0 ? ReceivedHead.UNKNOWN_LENGTH : contentLength;
    if (RequestMethods.isMisspelt(head.view.slab(), fields.value(method), fields.end(method))) {
      return refuse(Failure.BAD_REQUEST, "a standard method that is not in upper case");
    }
    boolean connect = fields.hasValue(method, CONNECT);
    if (connect && protocol == NONE) {
      return path != NONE || scheme != NONE || authority == NONE
          ? malformed("CONNECT with :scheme or :path, or without :authority")
          : refuse(Failure.METHOD_NOT_SUPPORTED, "CONNECT is not supported; send the request");
    }
    if (protocol == NONE) {
      return target(head, rules);
    }
    if (!connect || end || contentLength >= 0) {
      return malformed(":protocol without CONNECT, or with content");
    }
    return extendedConnect(head, rules);
  }

  /** Presents extended CONNECT (RFC 8441) as the upgrade of a GET; see {@link ReceivedHead}. */
  private int extendedConnect(ReceivedHead head, PathRules rules) {
    int get = upgradeAt + UPGRADE.length;
    head.filler.method(get, get + GET.length);
    head.filler.header(upgradeAt, get, fields.value(protocol), fields.end(protocol));
    if (!Upgrades.any(head.view)) {
      return refuse(Failure.BAD_REQUEST, ":protocol is nothing to be passed on");
    }
    head.bodyLength = 0;
    head.tunnel = true;
    return target(head, rules);
  }

  private int target(ReceivedHead head, PathRules rules) {
    HeadView view = head.view;
    ByteBuffer bytes = view.slab();
    if (scheme == NONE || path == NONE) {
      return malformed(":scheme or :path is missing");
    }
    if (!fields.hasValue(scheme, HTTP) && !fields.hasValue(scheme, HTTPS)) {
      return refuse(Failure.BAD_REQUEST, ":scheme is neither http nor https");
    }
    int host = view.find(WellKnown.HOST);
    if (view.isRepeated(WellKnown.HOST)) {
      return malformed("host stands twice");
    }
    if (authority != NONE) {
      head.filler.authority(fields.value(authority), fields.end(authority));
    } else if (host != HeadView.NONE) {
      head.filler.authority(view.valueStart(host), view.valueEnd(host));
    } else {
      return refuse(Failure.BAD_REQUEST, "neither :authority nor host");
    }
    if (!Authorities.isValid(bytes, view.authorityStart(), view.authorityEnd())) {
      return refuse(Failure.BAD_REQUEST, ":authority is not a host with an optional port");
    }
    if (authority != NONE && host != HeadView.NONE && !isAuthority(view, host)) {
      return malformed("host is not the same as :authority");
    }
    return path(head, bytes, rules);
  }

  /** Some clients send both, one of them with the port that the scheme implies. */
  private boolean isAuthority(HeadView view, int host) {
    int start = view.valueStart(host);
    int end = view.valueEnd(host);
    return Authorities.isValid(view.slab(), start, end)
        && Authorities.same(
            view.slab(),
            view.authorityStart(),
            view.authorityEnd(),
            start,
            end,
            fields.hasValue(scheme, HTTPS) ? 443 : 80);
  }

  private int path(ReceivedHead head, ByteBuffer bytes, PathRules rules) {
    int start = fields.value(path);
    int end = fields.end(path);
    if (start == end) {
      return malformed(":path is empty");
    }
    if (bytes.get(start) != '/') {
      if (end == start + 1 && bytes.get(start) == '*' && fields.hasValue(method, OPTIONS)) {
        head.filler.path(start, end);
        head.filler.query(end, end);
        return OK;
      }
      return malformed(":path does not start with a slash");
    }
    int query = NONE;
    for (int i = start; i < end; i++) {
      byte b = bytes.get(i);
      if (!Chars.target(b)) {
        return malformed("a forbidden character in :path");
      }
      if (b == '?' && query == NONE) {
        query = i;
      }
    }
    int pathEnd = Paths.normalise(bytes, start, query == NONE ? end : query, rules);
    if (pathEnd < 0) {
      return refuse(Failure.BAD_REQUEST, Paths.problem(pathEnd));
    }
    head.filler.path(start, pathEnd);
    if (query == NONE) {
      head.filler.query(end, end);
    } else {
      head.filler.query(query + 1, end);
    }
    return OK;
  }

  /**
   * Reads a response's head; its body's length is the caller's to say.
   *
   * @return {@link #OK} or {@link #MALFORMED}
   */
  int response(int stream, ByteBuf block, Slab slab, ReceivedHead head) {
    hpack(stream, block);
    if (tooLarge) {
      return malformed(problem);
    }
    int result = regular(false, slab, head);
    if (result != OK) {
      return result;
    }
    if (status == NONE || method != NONE || path != NONE || scheme != NONE || authority != NONE) {
      return malformed("a response without :status, or with a request's pseudo-header fields");
    }
    int at = fields.value(status);
    byte[] bytes = fields.bytes();
    if (fields.end(status) - at != 3
        || bytes[at] < '1'
        || bytes[at] > '5'
        || !Chars.digit(bytes[at + 1])
        || !Chars.digit(bytes[at + 2])) {
      return malformed(":status is not a number from 100 to 599");
    }
    int code = (bytes[at] - '0') * 100 + (bytes[at + 1] - '0') * 10 + bytes[at + 2] - '0';
    if (code == 101) {
      return malformed("101 does not exist in HTTP/2");
    }
    head.filler.status(code);
    return OK;
  }

  /**
   * Reads trailers.
   *
   * @return {@link #OK} or {@link #MALFORMED}
   */
  int trailers(int stream, ByteBuf block, Slab slab, ReceivedHead head) {
    hpack(stream, block);
    return tooLarge ? malformed(problem) : regular(true, slab, head);
  }

  private void hpack(int stream, ByteBuf block) {
    fields.reset();
    tooLarge = false;
    try {
      hpack.decodeHeaders(stream, block);
    } catch (Http2Exception.HeaderListSizeException e) {
      tooLarge = true;
      problem = "the head is larger than " + hpack.maxHeaderListSize() + " bytes";
    } catch (Http2Exception | RuntimeException e) {
      throw ConnectionError.of(ErrorCode.COMPRESSION_ERROR, "a header block that does not decode");
    }
    if (fields.count() > maxHeaders) {
      tooLarge = true;
      problem = "more than " + maxHeaders + " header fields";
    }
  }

  /** Checks every field and fills the view; pseudo-header fields are only found. */
  private int regular(boolean trailers, Slab slab, ReceivedHead head) {
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

  private int malformed(String what) {
    problem = what;
    return MALFORMED;
  }

  private int refuse(Failure why, String what) {
    failure = why;
    problem = what;
    return REFUSED;
  }
}
