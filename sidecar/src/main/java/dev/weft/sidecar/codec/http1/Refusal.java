package dev.weft.sidecar.codec.http1;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.telemetry.Bound;
import org.jspecify.annotations.Nullable;

/**
 * Why the last head was refused: the row of the answer, a sentence for a person, and the bound that
 * was reached, if it was one. One per parser.
 */
final class Refusal {
  private final ConnectionLimits limits;
  private Failure failure = Failure.BAD_REQUEST;
  private String problem = "";
  private @Nullable Bound bound;

  Refusal(ConnectionLimits limits) {
    this.limits = limits;
  }

  /** Of a response always a protocol error. */
  Failure failure() {
    return failure;
  }

  String problem() {
    return problem;
  }

  /** Null: something else was wrong. */
  @Nullable Bound bound() {
    return bound;
  }

  /** Always {@link Http1HeadParser#REFUSED}. */
  int refuse(Failure why, String what) {
    bound = null;
    failure = why;
    problem = what;
    return Http1HeadParser.REFUSED;
  }

  /** As {@link #refuse}, for where false says so. */
  boolean refused(Failure why, String what) {
    refuse(why, what);
    return false;
  }

  int refuseAt(Bound which, Failure why, String what) {
    refuse(why, what);
    bound = which;
    return Http1HeadParser.REFUSED;
  }

  int longLine() {
    return refuseAt(
        Bound.REQUEST_LINE,
        Failure.URI_TOO_LONG,
        "the request line is longer than " + limits.maxRequestLine() + " bytes");
  }

  int longHead() {
    return refuseAt(
        Bound.HEAD_BYTES,
        Failure.HEAD_TOO_LARGE,
        "the head is longer than " + limits.maxHead() + " bytes");
  }

  boolean version() {
    return refused(Failure.VERSION_NOT_SUPPORTED, "the version is neither HTTP/1.1 nor HTTP/1.0");
  }

  int statusLine() {
    return refuse(
        Failure.UPSTREAM_PROTOCOL_ERROR, "the status line is not HTTP/1.x and a number 100 to 599");
  }

  int name(byte at, boolean empty) {
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

  int value(byte at) {
    return refuse(
        Failure.BAD_REQUEST,
        switch (at) {
          case '\r' -> "a CR without LF in a header value";
          case '\n' -> "an LF without CR in a header value";
          case 0 -> "a NUL in a header value";
          default -> "a control character in a header value";
        });
  }
}
