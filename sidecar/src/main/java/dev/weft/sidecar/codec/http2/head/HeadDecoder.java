package dev.weft.sidecar.codec.http2.head;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Authorities;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.PathRules;
import dev.weft.sidecar.codec.Paths;
import dev.weft.sidecar.codec.RequestMethods;
import dev.weft.sidecar.codec.Upgrades;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.ByteBuffer;

/**
 * Turns a header block into a received head, strictly by RFC 9113, section 8: Netty's HPACK decoder
 * gives the fields, of which a request, a response and trailers each may have their own. One per
 * connection, because HPACK remembers.
 */
public final class HeadDecoder extends FieldRules {
  private static final byte[] HTTP = Chars.ascii("http");
  private static final byte[] HTTPS = Chars.ascii("https");
  private static final byte[] CONNECT = Chars.ascii("CONNECT");
  private static final byte[] OPTIONS = Chars.ascii("OPTIONS");

  private final int maxHeaders;
  private final DefaultHttp2HeadersDecoder hpack;
  private boolean tooLarge;

  /**
   * @param fields shared by the connections of a worker
   * @param maxHead bytes of a head's list of fields, as RFC 9113 counts it (section 6.5.2)
   * @param maxHeaders fields of a head
   */
  public HeadDecoder(FieldList fields, int maxHead, int maxHeaders) {
    super(fields);
    this.maxHeaders = maxHeaders;
    this.hpack =
        new DefaultHttp2HeadersDecoder(false, maxHead) {
          @Override
          protected Http2Headers newHeaders() {
            return fields;
          }
        };
  }

  /** Keeps HPACK's table right for a head that nobody wants. */
  public void skip(int stream, ByteBuf block) {
    hpack(stream, block);
  }

  /**
   * Reads a request's head.
   *
   * @param end whether the request ends with it
   * @param rules how its path is brought into one form
   * @return {@link #OK}, {@link #MALFORMED} or {@link #REFUSED}
   */
  public int request(
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
  public int response(int stream, ByteBuf block, Slab slab, ReceivedHead head) {
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
  public int trailers(int stream, ByteBuf block, Slab slab, ReceivedHead head) {
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
}
