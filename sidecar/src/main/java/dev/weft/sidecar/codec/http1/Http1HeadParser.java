package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.codec.RequestMethods;
import dev.weft.sidecar.codec.Upgrades;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import java.nio.ByteBuffer;

/**
 * Parses one head where it lies, strictly by RFC 9112: what is doubtful is refused, since a proxy
 * that guesses differently from its neighbour is how requests are smuggled. One pass, no
 * allocation; a head that comes in pieces is parsed again from its start when a further line of it
 * is there ({@link PartialHead}). One per connection.
 */
final class Http1HeadParser {
  static final int NEED_MORE = 0;
  static final int REFUSED = -1;

  private static final byte[] HTTP1 = Chars.ascii("HTTP/1.");
  private static final byte[] CONTINUE = Chars.ascii("100-continue");
  private static final int MAX_EMPTY_LINES = Bound.EMPTY_LINES.intValue();

  static final byte[] HEAD = Chars.ascii("HEAD");
  private static final byte[] CONNECT = Chars.ascii("CONNECT");

  private final ConnectionLimits limits;
  private final Refusal refusal;
  private final Framing framing;
  private final RequestTarget target;
  private final ConnectionOptions options;
  private final PartialHead partial;
  private boolean response;

  Http1HeadParser(ConnectionLimits limits) {
    this.limits = limits;
    this.refusal = new Refusal(limits);
    this.framing = new Framing(refusal);
    this.options = new ConnectionOptions(refusal);
    this.partial = new PartialHead(limits);
    this.target = new RequestTarget(limits.paths(), refusal);
  }

  /** Why the last head was refused. */
  Refusal refusal() {
    return refusal;
  }

  /** Whether {@code Connection} of the last head names {@code upgrade}. */
  boolean upgradeOption() {
    return options.upgrade();
  }

  /**
   * Parses a request head from [start, limit) of the slab into {@code head}.
   *
   * @return the index after the head, {@link #NEED_MORE} or {@link #REFUSED}
   */
  int request(ByteBuffer slab, int start, int limit, ReceivedHead head) {
    return partial.goesOn(slab, start, limit)
        ? NEED_MORE
        : partial.parsed(start, limit, parseRequest(slab, start, limit, head));
  }

  private int parseRequest(ByteBuffer slab, int start, int limit, ReceivedHead head) {
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
      return refusal.refuse(Failure.BAD_REQUEST, "a standard method that is not in upper case");
    }
    if (i == first || slab.get(i) != ' ') {
      return refusal.refuse(
          Failure.BAD_REQUEST, "the request does not start with a method and one space");
    }
    filler.method(first, i);
    int targetStart = ++i;
    while (i < limit && Chars.target(slab.get(i))) {
      i++;
    }
    if (i - start > limits.maxRequestLine()) {
      return refusal.longLine();
    }
    if (i == limit) {
      return incomplete(start, limit);
    }
    if (i == targetStart || slab.get(i) != ' ') {
      return refusal.refuse(
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
      return refusal.refuse(
          Failure.METHOD_NOT_SUPPORTED, "CONNECT is not supported; send the request itself");
    }
    int end = headers(slab, start, i + 10, limit, head);
    if (end <= 0) {
      return end;
    }
    if (!target.take(slab, targetStart, targetEnd, head)
        || !framing.ofRequest(head)
        || !requestFields(head)) {
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
    return partial.goesOn(slab, start, limit)
        ? NEED_MORE
        : partial.parsed(start, limit, parseResponse(slab, start, limit, head, headRequest));
  }

  private int parseResponse(
      ByteBuffer slab, int start, int limit, ReceivedHead head, boolean headRequest) {
    begin(slab, head);
    response = true;
    if (limit - start < 13) {
      for (int i = start; i < Math.min(limit, start + HTTP1.length); i++) {
        if (slab.get(i) != HTTP1[i - start]) {
          return refusal.statusLine();
        }
      }
      return NEED_MORE;
    }
    HeadView.Filler filler = head.filler;
    if (!version(slab, start, filler) || slab.get(start + 8) != ' ') {
      return refusal.statusLine();
    }
    int status = 0;
    for (int i = start + 9; i < start + 12; i++) {
      if (!Chars.digit(slab.get(i))) {
        return refusal.statusLine();
      }
      status = status * 10 + slab.get(i) - '0';
    }
    if (status < 100 || status > 599) {
      return refusal.statusLine();
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
      return tooLong(start, limit) ? refusal.longHead() : NEED_MORE;
    }
    if (slab.get(i) != '\r' || slab.get(i + 1) != '\n') {
      return refusal.statusLine();
    }
    int end = headers(slab, start, i + 2, limit, head);
    if (end <= 0) {
      return end;
    }
    return framing.ofResponse(head, status, headRequest) ? end : REFUSED;
  }

  /**
   * Passes over empty lines before a request (RFC 9112, section 2.2), as far as they are whole;
   * their number is bounded by the head's.
   */
  private int afterEmptyLines(ByteBuffer slab, int start, int limit) {
    int i = start;
    while (i < limit && (slab.get(i) == '\r' || slab.get(i) == '\n')) {
      if (slab.get(i) == '\n' || (i + 1 < limit && slab.get(i + 1) != '\n')) {
        return refusal.refuse(
            Failure.BAD_REQUEST, "an empty line that is not CR LF before the request");
      }
      i = Math.min(i + 2, limit);
    }
    return i - start > MAX_EMPTY_LINES
        ? refusal.refuseAt(
            Bound.EMPTY_LINES, Failure.BAD_REQUEST, "too many empty lines before the request")
        : i;
  }

  /** Parses trailer lines up to and with their empty line; the same rules as for headers. */
  int trailers(ByteBuffer slab, int start, int limit, ReceivedHead head) {
    if (partial.goesOn(slab, start, limit)) {
      return NEED_MORE;
    }
    begin(slab, head);
    return partial.parsed(start, limit, headers(slab, start, start, limit, head));
  }

  private void begin(ByteBuffer slab, ReceivedHead head) {
    head.filler.begin(slab);
    head.lines = true;
    head.bodyLength = 0;
    head.chunked = false;
    head.close = false;
    head.connectionOptions = false;
    framing.begin();
    options.begin();
    head.oddFraming = false;
    head.absoluteForm = false;
    head.tunnel = false;
  }

  private int headers(ByteBuffer slab, int start, int from, int limit, ReceivedHead head) {
    int i = from;
    while (true) {
      if (i >= limit) {
        return tooLong(start, limit) ? refusal.longHead() : NEED_MORE;
      }
      byte b = slab.get(i);
      if (b == '\r') {
        if (i + 1 >= limit) {
          return NEED_MORE;
        }
        if (slab.get(i + 1) != '\n') {
          return refusal.refuse(Failure.BAD_REQUEST, "a CR without LF in the head");
        }
        int end = i + 2;
        if (end - start > limits.maxHead()) {
          return refusal.longHead();
        }
        if (!head.close && head.view.minorVersion() == 0) {
          head.close = !options.keepAlive();
        }
        return end;
      }
      int name = i;
      while (i < limit && Chars.token(slab.get(i))) {
        i++;
      }
      if (i == limit) {
        return tooLong(start, limit) ? refusal.longHead() : NEED_MORE;
      }
      int nameEnd = i;
      if (response && i > name && isBlank(slab.get(i))) {
        i = colonBack(slab, i, limit);
        if (i == limit) {
          return tooLong(start, limit) ? refusal.longHead() : NEED_MORE;
        }
      }
      if (slab.get(i) != ':' || i == name) {
        return refusal.name(slab.get(i), i == name);
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
          return refusal.value(slab.get(i));
        }
        return tooLong(start, limit) ? refusal.longHead() : NEED_MORE;
      }
      if (slab.get(i) != '\r' || slab.get(i + 1) != '\n') {
        return refusal.value(slab.get(i));
      }
      int valueEnd = i;
      while (valueEnd > value
          && (slab.get(valueEnd - 1) == ' ' || slab.get(valueEnd - 1) == '\t')) {
        valueEnd--;
      }
      i += 2;
      if (head.view.headerCount() == limits.maxHeaders()) {
        return refusal.refuseAt(
            Bound.HEAD_LINES,
            Failure.HEAD_TOO_LARGE,
            "more than " + limits.maxHeaders() + " header lines");
      }
      int known = head.filler.header(name, nameEnd, value, valueEnd);
      if (known >= 0 && !known(known, slab, value, valueEnd, head)) {
        return REFUSED;
      }
      if (known == WellKnown.ALIAS && !response) {
        return refusal.refuse(
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
        return framing.contentLength(slab, start, end, head);
      }
      case WellKnown.TRANSFER_ENCODING -> {
        return framing.transferEncoding(slab, start, end, head);
      }
      case WellKnown.CONNECTION -> {
        return options.take(slab, start, end, head, response);
      }
      default -> {
        // Looked at later, or by others.
      }
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
      return refusal.refused(Failure.EXPECTATION_FAILED, "Expect is not \"100-continue\"");
    }
    // With a body, or from HTTP/1.0, an Upgrade is ignored (RFC 9110, section 7.8).
    head.tunnel =
        options.upgrade()
            && head.bodyLength == 0
            && head.view.minorVersion() > 0
            && Upgrades.any(head.view);
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
        return refusal.refused(
            Failure.BAD_REQUEST, "the request target is not followed by a version");
      }
    }
    if ((known > 5 && slab.get(at + 5) != '1') || (known > 6 && slab.get(at + 6) != '.')) {
      return refusal.version();
    }
    if (known > 7 && !version(slab, at, filler)) {
      return refusal.version();
    }
    if ((known > 8 && slab.get(at + 8) != '\r') || (known > 9 && slab.get(at + 9) != '\n')) {
      return refusal.refused(
          Failure.BAD_REQUEST, "the request line does not end in CR LF after the version");
    }
    return true;
  }

  private int incomplete(int start, int limit) {
    return limit - start > limits.maxRequestLine() ? refusal.longLine() : NEED_MORE;
  }

  private boolean tooLong(int start, int limit) {
    return limit - start >= limits.maxHead();
  }
}
