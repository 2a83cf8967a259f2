package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Authorities;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.Paths;
import dev.weft.sidecar.codec.RequestMethods;
import dev.weft.sidecar.codec.Upgrades;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Parses one head where it lies, strictly by RFC 9112: what is doubtful is refused, since a proxy
 * that guesses differently from its neighbour is how requests are smuggled. One pass, no
 * allocation; a head that is not complete is parsed again from its start when more has come (the
 * number of lines is bounded, so that this is too). Longer than other classes because it is one
 * state machine.
 */
final class Http1HeadParser {
  static final int NEED_MORE = 0;
  static final int REFUSED = -1;

  private static final byte[] HTTP1 = Chars.ascii("HTTP/1.");
  private static final byte[] HTTP_SCHEME = Chars.ascii("http://");
  private static final byte[] CHUNKED = Chars.ascii("chunked");
  private static final byte[] CLOSE = Chars.ascii("close");
  private static final byte[] UPGRADE = Chars.ascii("upgrade");
  private static final byte[] KEEP_ALIVE = Chars.ascii("keep-alive");
  private static final byte[] CONTINUE = Chars.ascii("100-continue");
  private static final int MAX_EMPTY_LINES = Bound.EMPTY_LINES.intValue();

  static final byte[] HEAD = Chars.ascii("HEAD");
  private static final byte[] CONNECT = Chars.ascii("CONNECT");
  private static final byte[] OPTIONS = Chars.ascii("OPTIONS");

  private final ConnectionLimits limits;
  private Failure failure = Failure.BAD_REQUEST;
  private String problem = "";
  private @Nullable Bound bound;
  private long contentLength;
  private boolean keepAliveOption;
  private boolean upgradeOption;
  private boolean unknownCoding;
  private boolean response;

  Http1HeadParser(ConnectionLimits limits) {
    this.limits = limits;
  }

  /** The row for what was refused; of a response always a protocol error. */
  Failure failure() {
    return failure;
  }

  /** Whether {@code Connection} of the last head names {@code upgrade}. */
  boolean upgradeOption() {
    return upgradeOption;
  }

  /** The bound that was reached by what was refused; null: something else was wrong. */
  @Nullable Bound bound() {
    return bound;
  }

  /** What was refused, as a sentence. */
  String problem() {
    return problem;
  }

  /**
   * Parses a request head from [start, limit) of the slab into {@code head}.
   *
   * @return the index after the head, {@link #NEED_MORE} or {@link #REFUSED}
   */
  int request(ByteBuffer slab, int start, int limit, ReceivedHead head) {
    begin(slab, head);
    response = false;
    HeadView.Filler filler = head.filler;
    int first = afterEmptyLines(slab, start, limit);
    if (first == REFUSED || first == limit) {
      return first == limit ? NEED_MORE : REFUSED;
    }
    head.start = first;
    int i = first;
    int bits = 0;
    while (i < limit && Chars.token(slab.get(i))) {
      bits |= slab.get(i++);
    }
    if (i == limit) {
      return incomplete(start, limit);
    }
    // No upper-case letter has this bit.
    if ((bits & 0x20) != 0 && RequestMethods.isMisspelt(slab, first, i)) {
      return refuse(Failure.BAD_REQUEST, "a standard method that is not in upper case");
    }
    if (i == first || slab.get(i) != ' ') {
      return refuse(Failure.BAD_REQUEST, "the request does not start with a method and one space");
    }
    filler.method(first, i);
    int target = ++i;
    while (i < limit && Chars.target(slab.get(i))) {
      i++;
    }
    if (i - start > limits.maxRequestLine()) {
      return refuseLongLine();
    }
    if (i == limit) {
      return incomplete(start, limit);
    }
    if (i == target || slab.get(i) != ' ') {
      return refuse(
          Failure.BAD_REQUEST, "the request target is empty or has a forbidden character");
    }
    int targetEnd = i++;
    int known = Math.min(limit - i, 10);
    if (!requestVersion(slab, i, known, filler)) {
      return REFUSED;
    }
    if (known < 10) {
      return incomplete(start, limit);
    }
    if (head.view.methodIs(CONNECT)) {
      return refuse(
          Failure.METHOD_NOT_SUPPORTED, "CONNECT is not supported; send the request itself");
    }
    int end = headers(slab, start, i + 10, limit, head);
    if (end <= 0) {
      return end;
    }
    if (!target(slab, target, targetEnd, head) || !requestBody(head) || !requestFields(head)) {
      return REFUSED;
    }
    return end;
  }

  /**
   * Parses a response head.
   *
   * @param headRequest whether it answers HEAD, so that no body follows
   * @return the index after the head, {@link #NEED_MORE} or {@link #REFUSED}
   */
  int response(ByteBuffer slab, int start, int limit, ReceivedHead head, boolean headRequest) {
    begin(slab, head);
    response = true;
    if (limit - start < 13) {
      for (int i = start; i < Math.min(limit, start + HTTP1.length); i++) {
        if (slab.get(i) != HTTP1[i - start]) {
          return refuseStatusLine();
        }
      }
      return NEED_MORE;
    }
    HeadView.Filler filler = head.filler;
    if (!version(slab, start, filler) || slab.get(start + 8) != ' ') {
      return refuseStatusLine();
    }
    int status = 0;
    for (int i = start + 9; i < start + 12; i++) {
      if (!Chars.digit(slab.get(i))) {
        return refuseStatusLine();
      }
      status = status * 10 + slab.get(i) - '0';
    }
    if (status < 100 || status > 599) {
      return refuseStatusLine();
    }
    filler.status(status);
    int i = start + 12;
    if (slab.get(i) == ' ') {
      i++;
      while (i < limit && Chars.value(slab.get(i))) {
        i++;
      }
    }
    if (i + 1 >= limit) {
      return tooLong(start, limit) ? refuseHead() : NEED_MORE;
    }
    if (slab.get(i) != '\r' || slab.get(i + 1) != '\n') {
      return refuseStatusLine();
    }
    int end = headers(slab, start, i + 2, limit, head);
    if (end <= 0) {
      return end;
    }
    return responseBody(head, status, headRequest) ? end : REFUSED;
  }

  /**
   * Passes over empty lines before a request (RFC 9112, section 2.2), as far as they are whole;
   * their number is bounded by the head's.
   */
  private int afterEmptyLines(ByteBuffer slab, int start, int limit) {
    int i = start;
    while (i < limit && (slab.get(i) == '\r' || slab.get(i) == '\n')) {
      if (slab.get(i) == '\n' || (i + 1 < limit && slab.get(i + 1) != '\n')) {
        return refuse(Failure.BAD_REQUEST, "an empty line that is not CR LF before the request");
      }
      i = Math.min(i + 2, limit);
    }
    return i - start > MAX_EMPTY_LINES
        ? refuseAt(
            Bound.EMPTY_LINES, Failure.BAD_REQUEST, "too many empty lines before the request")
        : i;
  }

  /** Parses trailer lines up to and with their empty line; the same rules as for headers. */
  int trailers(ByteBuffer slab, int start, int limit, ReceivedHead head) {
    begin(slab, head);
    return headers(slab, start, start, limit, head);
  }

  private void begin(ByteBuffer slab, ReceivedHead head) {
    head.filler.begin(slab);
    head.lines = true;
    head.bodyLength = 0;
    head.chunked = false;
    head.close = false;
    head.connectionOptions = false;
    contentLength = -1;
    keepAliveOption = false;
    upgradeOption = false;
    unknownCoding = false;
    head.oddFraming = false;
    head.absoluteForm = false;
    head.tunnel = false;
  }

  private int headers(ByteBuffer slab, int start, int from, int limit, ReceivedHead head) {
    int i = from;
    while (true) {
      if (i >= limit) {
        return tooLong(start, limit) ? refuseHead() : NEED_MORE;
      }
      byte b = slab.get(i);
      if (b == '\r') {
        if (i + 1 >= limit) {
          return NEED_MORE;
        }
        if (slab.get(i + 1) != '\n') {
          return refuse(Failure.BAD_REQUEST, "a CR without LF in the head");
        }
        int end = i + 2;
        if (end - start > limits.maxHead()) {
          return refuseHead();
        }
        if (!head.close && head.view.minorVersion() == 0) {
          head.close = !keepAliveOption;
        }
        return end;
      }
      int name = i;
      while (i < limit && Chars.token(slab.get(i))) {
        i++;
      }
      if (i == limit) {
        return tooLong(start, limit) ? refuseHead() : NEED_MORE;
      }
      int nameEnd = i;
      if (response && i > name && isBlank(slab.get(i))) {
        i = colonBack(slab, i, limit);
        if (i == limit) {
          return tooLong(start, limit) ? refuseHead() : NEED_MORE;
        }
      }
      if (slab.get(i) != ':' || i == name) {
        return refuseName(slab.get(i), i == name);
      }
      i++;
      while (i < limit && (slab.get(i) == ' ' || slab.get(i) == '\t')) {
        i++;
      }
      int value = i;
      while (i < limit && Chars.value(slab.get(i))) {
        i++;
      }
      if (i + 1 >= limit) {
        if (i < limit && slab.get(i) != '\r') {
          return refuseValue(slab.get(i));
        }
        return tooLong(start, limit) ? refuseHead() : NEED_MORE;
      }
      if (slab.get(i) != '\r' || slab.get(i + 1) != '\n') {
        return refuseValue(slab.get(i));
      }
      int valueEnd = i;
      while (valueEnd > value
          && (slab.get(valueEnd - 1) == ' ' || slab.get(valueEnd - 1) == '\t')) {
        valueEnd--;
      }
      i += 2;
      if (head.view.headerCount() == limits.maxHeaders()) {
        return refuseAt(
            Bound.HEAD_LINES,
            Failure.HEAD_TOO_LARGE,
            "more than " + limits.maxHeaders() + " header lines");
      }
      int known = head.filler.header(name, nameEnd, value, valueEnd);
      if (known >= 0 && !known(known, slab, value, valueEnd, head)) {
        return REFUSED;
      }
      if (known == WellKnown.ALIAS && !response) {
        return refuse(
            Failure.BAD_REQUEST,
            "a header name that many read as "
                + Ascii.string(slab, name, nameEnd).replace('_', '-'));
      }
    }
  }

  /**
   * Moves the colon of a line to its name, in front of the blanks that should not be there (RFC
   * 9112, section 5.1).
   *
   * @return the colon's new place, what stands there instead, or the limit
   */
  private static int colonBack(ByteBuffer slab, int blank, int limit) {
    int i = blank;
    while (i < limit && isBlank(slab.get(i))) {
      i++;
    }
    if (i == limit || slab.get(i) != ':') {
      return i == limit ? limit : blank;
    }
    slab.put(i, (byte) ' ').put(blank, (byte) ':');
    return blank;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  private boolean known(int known, ByteBuffer slab, int start, int end, ReceivedHead head) {
    switch (known) {
      case WellKnown.CONTENT_LENGTH -> {
        if (contentLength >= 0) {
          return refused(Failure.BAD_REQUEST, "Content-Length stands twice");
        }
        contentLength = length(slab, start, end);
        if (contentLength < 0) {
          return refused(Failure.BAD_REQUEST, "Content-Length is not a number of bytes");
        }
        head.oddFraming |= oddBlanks(slab, start, end);
      }
      case WellKnown.TRANSFER_ENCODING -> {
        if (head.chunked) {
          return refused(Failure.BAD_REQUEST, "Transfer-Encoding stands twice");
        }
        if (!Ascii.equalsIgnoreCase(slab, start, end, CHUNKED)) {
          return transferCodings(slab, start, end, head);
        }
        head.chunked = true;
        head.oddFraming |= oddBlanks(slab, start, end);
      }
      case WellKnown.CONNECTION -> {
        return connection(slab, start, end, head);
      }
      default -> {
        // Looked at later, or by others.
      }
    }
    return true;
  }

  /** Blanks that are valid, but over which some servers stumble. */
  private static boolean oddBlanks(ByteBuffer slab, int start, int end) {
    return slab.get(end) != '\r' || slab.get(start - 1) == '\t';
  }

  /** A line that is not just "chunked": a list, with codings that we do not know, or empty. */
  private boolean transferCodings(ByteBuffer slab, int start, int end, ReceivedHead head) {
    head.oddFraming = true;
    boolean any = false;
    for (String member : Ascii.string(slab, start, end).split(",", -1)) {
      String coding = member.strip();
      if (coding.isEmpty()) {
        continue;
      }
      any = true;
      if (head.chunked) {
        return refused(Failure.BAD_REQUEST, "a transfer coding after chunked");
      }
      if (coding.equalsIgnoreCase("chunked")) {
        head.chunked = true;
      } else {
        unknownCoding = true;
      }
    }
    return any || refused(Failure.BAD_REQUEST, "Transfer-Encoding is empty");
  }

  private boolean connection(ByteBuffer slab, int start, int end, ReceivedHead head) {
    int i = start;
    while (i < end) {
      int token = i;
      while (i < end && slab.get(i) != ',') {
        i++;
      }
      int tokenEnd = i;
      while (token < tokenEnd && (slab.get(token) == ' ' || slab.get(token) == '\t')) {
        token++;
      }
      while (token < tokenEnd
          && (slab.get(tokenEnd - 1) == ' ' || slab.get(tokenEnd - 1) == '\t')) {
        tokenEnd--;
      }
      if (Ascii.equalsIgnoreCase(slab, token, tokenEnd, CLOSE)) {
        head.close = true;
      } else if (Ascii.equalsIgnoreCase(slab, token, tokenEnd, KEEP_ALIVE)) {
        keepAliveOption = true;
      } else if (Ascii.equalsIgnoreCase(slab, token, tokenEnd, UPGRADE)) {
        // No option of its own: the field is hop-by-hop in any case.
        upgradeOption = true;
      } else if (token < tokenEnd) {
        if (!response && FieldLists.isEndToEnd(slab, token, tokenEnd)) {
          return refused(
              Failure.BAD_REQUEST,
              "Connection names " + Ascii.string(slab, token, tokenEnd) + ", which is for all");
        }
        head.connectionOptions = true;
      }
      i++;
    }
    return true;
  }

  private boolean target(ByteBuffer slab, int start, int end, ReceivedHead head) {
    HeadView.Filler filler = head.filler;
    HeadView view = head.view;
    int host = view.find(WellKnown.HOST);
    if (view.isRepeated(WellKnown.HOST)) {
      return refused(Failure.BAD_REQUEST, "Host stands twice");
    }
    if (host == HeadView.NONE && view.minorVersion() > 0) {
      return refused(Failure.BAD_REQUEST, "Host is missing");
    }
    if (host != HeadView.NONE) {
      filler.authority(view.valueStart(host), view.valueEnd(host));
      if (!Authorities.isValid(slab, view.valueStart(host), view.valueEnd(host))) {
        return refused(Failure.BAD_REQUEST, "Host is not a host with an optional port");
      }
    }
    int path = start;
    if (slab.get(start) != '/') {
      if (slab.get(start) == '*' && end == start + 1 && view.methodIs(OPTIONS)) {
        filler.path(start, end);
        filler.query(end, end);
        return true;
      }
      head.absoluteForm = true;
      // A proxy keeps no connection of HTTP/1.0 (RFC 9112, section 9.3).
      head.close |= view.minorVersion() == 0;
      path = absoluteForm(slab, start, end, filler);
      if (path < 0) {
        return refused(Failure.BAD_REQUEST, "the request target is neither a path nor http://...");
      }
    }
    int query = path;
    while (query < end && slab.get(query) != '?') {
      query++;
    }
    if (path == query) {
      // http://host or http://host?query: the path is "/", for which the scheme's second slash
      // stands; for OPTIONS without a query it is "*" (RFC 9112, section 3.2.4).
      filler.path(start + 6, start + 7);
      slab.put(start + 6, (byte) (query == end && view.methodIs(OPTIONS) ? '*' : '/'));
    } else {
      int pathEnd = Paths.normalise(slab, path, query, limits.paths());
      if (pathEnd < 0) {
        return refused(Failure.BAD_REQUEST, Paths.problem(pathEnd));
      }
      filler.path(path, pathEnd);
    }
    filler.query(Math.min(query + 1, end), end);
    return true;
  }

  private static int absoluteForm(ByteBuffer slab, int start, int end, HeadView.Filler filler) {
    int authority = start + HTTP_SCHEME.length;
    if (end <= authority || !Ascii.equalsIgnoreCase(slab, start, authority, HTTP_SCHEME)) {
      return -1;
    }
    int i = authority;
    while (i < end && slab.get(i) != '/' && slab.get(i) != '?') {
      i++;
    }
    if (!Authorities.isValid(slab, authority, i)) {
      return -1;
    }
    filler.authority(authority, i);
    return i;
  }

  private boolean requestBody(ReceivedHead head) {
    if (unknownCoding) {
      return head.chunked
          ? refused(
              Failure.TRANSFER_CODING_NOT_SUPPORTED, "Transfer-Encoding is more than \"chunked\"")
          : refused(Failure.BAD_REQUEST, "Transfer-Encoding does not end in \"chunked\"");
    }
    if (head.chunked) {
      if (contentLength >= 0) {
        return refused(Failure.BAD_REQUEST, "Content-Length and Transfer-Encoding stand together");
      }
      if (head.view.minorVersion() == 0) {
        return refused(Failure.BAD_REQUEST, "Transfer-Encoding in an HTTP/1.0 request");
      }
      head.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    } else {
      head.bodyLength = Math.max(0, contentLength);
    }
    return true;
  }

  private boolean requestFields(ReceivedHead head) {
    int expect = head.view.find(WellKnown.EXPECT);
    if (expect != HeadView.NONE
        && head.view.minorVersion() > 0
        && (head.view.isRepeated(WellKnown.EXPECT)
            || !Ascii.equalsIgnoreCase(
                head.view.slab(),
                head.view.valueStart(expect),
                head.view.valueEnd(expect),
                CONTINUE))
        && !FieldLists.members(head.view, WellKnown.EXPECT).stream()
            .allMatch("100-continue"::equals)) {
      return refused(Failure.EXPECTATION_FAILED, "Expect is not \"100-continue\"");
    }
    // With a body, or from HTTP/1.0, an Upgrade is ignored (RFC 9110, section 7.8).
    head.tunnel =
        upgradeOption
            && head.bodyLength == 0
            && head.view.minorVersion() > 0
            && Upgrades.any(head.view);
    return true;
  }

  private boolean responseBody(ReceivedHead head, int status, boolean headRequest) {
    if (unknownCoding) {
      return refused(Failure.UPSTREAM_PROTOCOL_ERROR, "Transfer-Encoding is not just \"chunked\"");
    }
    if (head.chunked && contentLength >= 0) {
      return refused(
          Failure.UPSTREAM_PROTOCOL_ERROR, "Content-Length and Transfer-Encoding stand together");
    }
    if (head.chunked && head.view.minorVersion() == 0) {
      return refused(Failure.UPSTREAM_PROTOCOL_ERROR, "Transfer-Encoding in an HTTP/1.0 response");
    }
    if (status < 200 || status == 204 || status == 304 || headRequest) {
      head.bodyLength = 0;
    } else if (head.chunked) {
      head.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    } else if (contentLength >= 0) {
      head.bodyLength = contentLength;
    } else {
      head.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
      head.close = true;
    }
    return true;
  }

  private static boolean version(ByteBuffer slab, int at, HeadView.Filler filler) {
    if (!Ascii.startsWith(slab, at, at + 8, HTTP1)) {
      return false;
    }
    byte minor = slab.get(at + 7);
    filler.minorVersion(minor - '0');
    return minor == '0' || minor == '1';
  }

  /** Checks what is there of "HTTP/1.x CR LF". */
  private boolean requestVersion(ByteBuffer slab, int at, int known, HeadView.Filler filler) {
    for (int i = 0; i < Math.min(known, 5); i++) {
      if (slab.get(at + i) != HTTP1[i]) {
        return refused(Failure.BAD_REQUEST, "the request target is not followed by a version");
      }
    }
    if ((known > 5 && slab.get(at + 5) != '1') || (known > 6 && slab.get(at + 6) != '.')) {
      return refuseVersion();
    }
    if (known > 7 && !version(slab, at, filler)) {
      return refuseVersion();
    }
    if ((known > 8 && slab.get(at + 8) != '\r') || (known > 9 && slab.get(at + 9) != '\n')) {
      return refused(
          Failure.BAD_REQUEST, "the request line does not end in CR LF after the version");
    }
    return true;
  }

  private static long length(ByteBuffer slab, int start, int end) {
    if (start == end || end - start > 18) {
      return -1;
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      if (!Chars.digit(slab.get(i))) {
        return -1;
      }
      value = value * 10 + slab.get(i) - '0';
    }
    return value;
  }

  private int incomplete(int start, int limit) {
    return limit - start > limits.maxRequestLine() ? refuseLongLine() : NEED_MORE;
  }

  private boolean tooLong(int start, int limit) {
    return limit - start >= limits.maxHead();
  }

  private int refuseLongLine() {
    return refuseAt(
        Bound.REQUEST_LINE,
        Failure.URI_TOO_LONG,
        "the request line is longer than " + limits.maxRequestLine() + " bytes");
  }

  private int refuseHead() {
    return refuseAt(
        Bound.HEAD_BYTES,
        Failure.HEAD_TOO_LARGE,
        "the head is longer than " + limits.maxHead() + " bytes");
  }

  private boolean refuseVersion() {
    return refused(Failure.VERSION_NOT_SUPPORTED, "the version is neither HTTP/1.1 nor HTTP/1.0");
  }

  private int refuseStatusLine() {
    return refuse(
        Failure.UPSTREAM_PROTOCOL_ERROR, "the status line is not HTTP/1.x and a number 100 to 599");
  }

  private int refuseName(byte at, boolean empty) {
    if (empty && (at == ' ' || at == '\t')) {
      return refuse(Failure.BAD_REQUEST, "a folded header line (obs-fold)");
    }
    if (at == ' ' || at == '\t') {
      return refuse(Failure.BAD_REQUEST, "a space before the colon of a header line");
    }
    return refuse(
        Failure.BAD_REQUEST,
        empty ? "a header line without a name" : "a forbidden character in a header name");
  }

  private int refuseValue(byte at) {
    return refuse(
        Failure.BAD_REQUEST,
        switch (at) {
          case '\r' -> "a CR without LF in a header value";
          case '\n' -> "an LF without CR in a header value";
          case 0 -> "a NUL in a header value";
          default -> "a control character in a header value";
        });
  }

  private int refuseAt(Bound which, Failure why, String what) {
    refuse(why, what);
    bound = which;
    return REFUSED;
  }

  private int refuse(Failure why, String what) {
    bound = null;
    failure = why;
    problem = what;
    return REFUSED;
  }

  private boolean refused(Failure why, String what) {
    refuse(why, what);
    return false;
  }
}
