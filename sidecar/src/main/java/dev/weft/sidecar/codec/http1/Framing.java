package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import java.nio.ByteBuffer;

/**
 * Where a message's body ends, by its {@code Content-Length} and {@code Transfer-Encoding} (RFC
 * 9112, section 6). What two readers could understand differently is refused: it is how requests
 * are smuggled. One per parser.
 */
final class Framing {
  private static final byte[] CHUNKED = Chars.ascii("chunked");

  private final Refusal refusal;
  private long contentLength;
  private boolean unknownCoding;

  Framing(Refusal refusal) {
    this.refusal = refusal;
  }

  /** Forgets the message before. */
  void begin() {
    contentLength = -1;
    unknownCoding = false;
  }

  /** Takes a line of Content-Length; false: it is refused. */
  boolean contentLength(ByteBuffer slab, int start, int end, ReceivedHead head) {
    if (contentLength >= 0) {
      return refusal.refused(Failure.BAD_REQUEST, "Content-Length stands twice");
    }
    contentLength = length(slab, start, end);
    if (contentLength < 0) {
      return refusal.refused(Failure.BAD_REQUEST, "Content-Length is not a number of bytes");
    }
    head.oddFraming |= oddBlanks(slab, start, end);
    return true;
  }

  /** Takes a line of Transfer-Encoding; false: it is refused. */
  boolean transferEncoding(ByteBuffer slab, int start, int end, ReceivedHead head) {
    if (head.chunked) {
      return refusal.refused(Failure.BAD_REQUEST, "Transfer-Encoding stands twice");
    }
    if (!Ascii.equalsIgnoreCase(slab, start, end, CHUNKED)) {
      return transferCodings(slab, start, end, head);
    }
    head.chunked = true;
    head.oddFraming |= oddBlanks(slab, start, end);
    return true;
  }

  /** Says where the body of a request ends, all of whose lines are known; false: it is refused. */
  boolean ofRequest(ReceivedHead head) {
    if (unknownCoding) {
      return head.chunked
          ? refusal.refused(
              Failure.TRANSFER_CODING_NOT_SUPPORTED, "Transfer-Encoding is more than \"chunked\"")
          : refusal.refused(Failure.BAD_REQUEST, "Transfer-Encoding does not end in \"chunked\"");
    }
    if (head.chunked) {
      if (contentLength >= 0) {
        return refusal.refused(
            Failure.BAD_REQUEST, "Content-Length and Transfer-Encoding stand together");
      }
      if (head.view.minorVersion() == 0) {
        return refusal.refused(Failure.BAD_REQUEST, "Transfer-Encoding in an HTTP/1.0 request");
      }
      head.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    } else {
      head.bodyLength = Math.max(0, contentLength);
    }
    return true;
  }

  /** The same of a response. */
  boolean ofResponse(ReceivedHead head, int status, boolean headRequest) {
    if (unknownCoding) {
      return refusal.refused(
          Failure.UPSTREAM_PROTOCOL_ERROR, "Transfer-Encoding is not just \"chunked\"");
    }
    if (head.chunked && contentLength >= 0) {
      return refusal.refused(
          Failure.UPSTREAM_PROTOCOL_ERROR, "Content-Length and Transfer-Encoding stand together");
    }
    if (head.chunked && head.view.minorVersion() == 0) {
      return refusal.refused(
          Failure.UPSTREAM_PROTOCOL_ERROR, "Transfer-Encoding in an HTTP/1.0 response");
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
        return refusal.refused(Failure.BAD_REQUEST, "a transfer coding after chunked");
      }
      if (coding.equalsIgnoreCase("chunked")) {
        head.chunked = true;
      } else {
        unknownCoding = true;
      }
    }
    return any || refusal.refused(Failure.BAD_REQUEST, "Transfer-Encoding is empty");
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
}
