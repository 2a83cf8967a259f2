package dev.weft.sidecar.codec.http1;

import static dev.weft.sidecar.codec.FieldSets.HOP_BY_HOP;
import static dev.weft.sidecar.codec.FieldSets.NO_TRAILER;
import static dev.weft.sidecar.codec.FieldSets.bit;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.Upgrades;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;

/**
 * Writes heads as HTTP/1.1: runs of kept lines copied, hop-by-hop headers left out, lines of the
 * plan added. A response is rewritten where it was received when there is room in front of it, so
 * that head and body leave as one buffer; a request is copied, since another attempt may need it
 * again.
 */
final class Http1Encoder {
  /** What no Connection option takes away, because the encoder decides on it by itself. */
  private static final long OWN =
      bit(WellKnown.HOST)
          | bit(WellKnown.CONTENT_LENGTH)
          | bit(WellKnown.TRANSFER_ENCODING)
          | bit(WellKnown.UPGRADE);

  private static final byte[] VERSION_LINE_END = Chars.ascii(" HTTP/1.1\r\n");
  private static final byte[] VERSION = Chars.ascii("HTTP/1.1 ");
  private static final byte[] HOST = Chars.ascii("host: ");
  private static final byte[] CONTENT_LENGTH = Chars.ascii("content-length: ");
  private static final byte[] COLON = Chars.ascii(": ");
  private static final byte[] UPGRADE = Chars.ascii("connection: Upgrade\r\nupgrade: ");
  private static final byte[] TRAILERS = Chars.ascii("te: trailers\r\nconnection: TE\r\n");
  private static final byte[] UPGRADE_AND_TRAILERS =
      Chars.ascii("te: trailers\r\nconnection: TE, Upgrade\r\nupgrade: ");
  private static final byte[] CRLF = Chars.ascii("\r\n");
  static final byte[] CHUNKED_LINE = Chars.ascii("transfer-encoding: chunked\r\n");

  private static final int UPGRADE_REQUIRED = 426;

  private Http1Encoder() {}

  /**
   * A request's head in a new buffer with room for {@code bodyBytes} after it.
   *
   * @param chunked whether the body follows in chunks
   */
  static ByteBuf request(
      ReceivedHead head, HeadPlan plan, boolean chunked, int bodyBytes, ByteBufAllocator alloc) {
    HeadView view = head.view;
    ByteBuf from = head.buffer;
    int size = head.end - head.start + plan.linesLength() + 96 + bodyBytes;
    ByteBuf out = alloc.directBuffer(head.lines ? size : size + view.headerCount() * 4);
    copy(out, from, view.methodStart(), view.methodEnd());
    out.writeByte(' ');
    path(view, plan, from, out);
    if (view.queryStart() > 0 && view.slab().get(view.queryStart() - 1) == '?') {
      out.writeByte('?');
      copy(out, from, view.queryStart(), view.queryEnd());
    }
    out.writeBytes(VERSION_LINE_END);
    long drop = HOP_BY_HOP;
    int host = view.find(WellKnown.HOST);
    byte[] authority = plan.authority();
    if (authority != null) {
      drop |= bit(WellKnown.HOST);
      out.writeBytes(HOST).writeBytes(authority).writeBytes(CRLF);
    } else if (host == HeadView.NONE || view.valueStart(host) != view.authorityStart()) {
      drop |= bit(WellKnown.HOST);
      out.writeBytes(HOST);
      copy(out, from, view.authorityStart(), view.authorityEnd());
      out.writeBytes(CRLF);
    }
    boolean trailers = view.has(WellKnown.TE) && FieldLists.acceptsTrailers(view);
    if (head.tunnel) {
      out.writeBytes(trailers ? UPGRADE_AND_TRAILERS : UPGRADE);
      Upgrades.write(view, out);
      out.writeBytes(CRLF);
    } else if (trailers) {
      out.writeBytes(TRAILERS);
    }
    if (view.minorVersion() == 0) {
      drop |= bit(WellKnown.EXPECT);
    }
    if (!chunked) {
      drop |= bit(WellKnown.TRANSFER_ENCODING) | bit(WellKnown.TRAILER);
      if (head.oddFraming && view.has(WellKnown.CONTENT_LENGTH)) {
        drop |= bit(WellKnown.CONTENT_LENGTH);
        out.writeBytes(CONTENT_LENGTH);
        int length = view.find(WellKnown.CONTENT_LENGTH);
        copy(out, from, view.valueStart(length), view.valueEnd(length));
        out.writeBytes(CRLF);
      }
    } else if (!head.chunked || head.oddFraming) {
      drop |= bit(WellKnown.TRANSFER_ENCODING);
      out.writeBytes(CHUNKED_LINE);
    }
    out.writeBytes(plan.lines(), 0, plan.linesLength());
    lines(head, plan, drop, out);
    return out.writeBytes(CRLF);
  }

  private static void path(HeadView view, HeadPlan plan, ByteBuf from, ByteBuf out) {
    byte[] replacement = plan.path();
    if (replacement != null) {
      out.writeBytes(replacement);
    }
    int start = plan.pathStart(view);
    if (start == view.pathEnd() && (replacement == null || replacement.length == 0)) {
      out.writeByte('/');
    } else {
      copy(out, from, start, view.pathEnd());
    }
  }

  /**
   * A response's head with its inline body, in place if that can be, else in a new buffer without
   * the body.
   *
   * @param drop further well-known names to leave out
   * @return with the inline body when {@link #fitsInPlace}
   */
  static ByteBuf response(ReceivedHead head, HeadPlan plan, long drop, ByteBufAllocator alloc) {
    long dropped = drop | (keepsUpgrade(head) ? HOP_BY_HOP & ~bit(WellKnown.UPGRADE) : HOP_BY_HOP);
    if (fitsInPlace(head, plan)) {
      return inPlace(head, plan, dropped);
    }
    HeadView view = head.view;
    int size = head.end - head.start + plan.linesLength() + 32;
    ByteBuf out = alloc.directBuffer(head.lines ? size : size + view.headerCount() * 4);
    if (hasStatusLine(head)) {
      out.writeBytes(VERSION);
      copy(out, head.buffer, head.start + VERSION.length, firstLine(head));
    } else {
      out.writeBytes(VERSION);
      out.writeByte('0' + view.status() / 100);
      out.writeByte('0' + view.status() / 10 % 10);
      out.writeByte('0' + view.status() % 10);
      out.writeByte(' ').writeBytes(CRLF);
    }
    out.writeBytes(plan.lines(), 0, plan.linesLength());
    lines(head, plan, dropped, out);
    return out.writeBytes(CRLF);
  }

  /** Whether a response says what was, or has to be, upgraded to. */
  static boolean keepsUpgrade(ReceivedHead head) {
    return head.tunnel
        || (head.view.status() == UPGRADE_REQUIRED && head.view.has(WellKnown.UPGRADE));
  }

  /** Whether a response is rewritten where it lies, so that its inline body leaves with it. */
  static boolean fitsInPlace(ReceivedHead head, HeadPlan plan) {
    return hasStatusLine(head) && plan.linesLength() <= head.room;
  }

  /** Whether the status line can be sent on: not when the blank before its end is missing. */
  private static boolean hasStatusLine(ReceivedHead head) {
    return head.lines && head.buffer.getByte(head.start + VERSION.length + 3) == ' ';
  }

  /** Trailer lines, without the empty line after them. */
  static void trailers(HeadView trailers, ByteBuf out) {
    ByteBuffer slab = trailers.slab();
    for (int i = 0; i < trailers.headerCount(); i++) {
      int known = trailers.wellKnown(i);
      // Framing and addressing mean nothing in a trailer, and may deceive who merges them.
      if (known == WellKnown.OTHER || (bit(known) & (HOP_BY_HOP | NO_TRAILER)) == 0) {
        copy(out, slab, trailers.nameStart(i), trailers.nameEnd(i));
        out.writeBytes(COLON);
        copy(out, slab, trailers.valueStart(i), trailers.valueEnd(i));
        out.writeBytes(CRLF);
      }
    }
  }

  private static ByteBuf inPlace(ReceivedHead head, HeadPlan plan, long drop) {
    HeadView view = head.view;
    ByteBuf buffer = head.buffer;
    int to = head.end - 2;
    int runEnd = to;
    for (int i = view.headerCount() - 1; i >= 0; i--) {
      if (drops(head, plan, i, drop)) {
        int run = i + 1 < view.headerCount() ? view.nameStart(i + 1) : head.end - 2;
        to = moveUp(buffer, run, runEnd, to);
        runEnd = view.nameStart(i);
      }
    }
    int first = firstLine(head);
    to = moveUp(buffer, first, runEnd, to) - plan.linesLength();
    int line = to - (first - head.start);
    buffer.setByte(head.start + 7, '1');
    // First the status line, which stands where the added lines go.
    if (line != head.start) {
      buffer.setBytes(line, buffer, head.start, first - head.start);
    }
    buffer.setBytes(to, plan.lines(), 0, plan.linesLength());
    int end = head.end + head.inlineBody;
    return head.exclusive
        ? buffer.retain().setIndex(line, end)
        : buffer.retainedSlice(line, end - line);
  }

  private static int moveUp(ByteBuf buffer, int start, int end, int to) {
    int length = end - start;
    if (length > 0 && to != end) {
      buffer.setBytes(to - length, buffer, start, length);
    }
    return to - length;
  }

  private static int firstLine(ReceivedHead head) {
    return head.view.headerCount() == 0 ? head.end - 2 : head.view.nameStart(0);
  }

  private static void lines(ReceivedHead head, HeadPlan plan, long drop, ByteBuf out) {
    HeadView view = head.view;
    int count = view.headerCount();
    if (!head.lines) {
      for (int i = 0; i < count; i++) {
        if (!drops(head, plan, i, drop)) {
          line(view, i, head.buffer, out);
        }
      }
      return;
    }
    int run = firstLine(head);
    for (int i = 0; i < count; i++) {
      if (drops(head, plan, i, drop)) {
        copy(out, head.buffer, run, view.nameStart(i));
        run = i + 1 < count ? view.nameStart(i + 1) : head.end - 2;
      }
    }
    copy(out, head.buffer, run, head.end - 2);
  }

  private static void line(HeadView view, int i, ByteBuf from, ByteBuf out) {
    copy(out, from, view.nameStart(i), view.nameEnd(i));
    out.writeBytes(COLON);
    copy(out, from, view.valueStart(i), view.valueEnd(i));
    out.writeBytes(CRLF);
  }

  private static boolean drops(ReceivedHead head, HeadPlan plan, int header, long drop) {
    int known = head.view.wellKnown(header);
    if (known != WellKnown.OTHER && (bit(known) & drop) != 0) {
      return true;
    }
    if (plan.drops(head.view, header)) {
      return true;
    }
    return head.connectionOptions
        && (known == WellKnown.OTHER || (bit(known) & OWN) == 0)
        && isConnectionOption(head.view, header);
  }

  private static boolean isConnectionOption(HeadView view, int header) {
    ByteBuffer slab = view.slab();
    int name = view.nameStart(header);
    int length = view.nameEnd(header) - name;
    for (int i = view.find(WellKnown.CONNECTION); i < view.headerCount(); i++) {
      if (view.wellKnown(i) != WellKnown.CONNECTION) {
        continue;
      }
      int end = view.valueEnd(i);
      for (int at = view.valueStart(i); at + length <= end; at++) {
        if (separates(slab, at - 1)
            && (at + length == end || separates(slab, at + length))
            && sameName(slab, at, name, length)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean separates(ByteBuffer slab, int at) {
    byte b = slab.get(at);
    return b == ',' || b == ' ' || b == '\t' || b == ':';
  }

  private static boolean sameName(ByteBuffer slab, int a, int b, int length) {
    for (int i = 0; i < length; i++) {
      if (Ascii.lower(slab.get(a + i)) != Ascii.lower(slab.get(b + i))) {
        return false;
      }
    }
    return true;
  }

  private static void copy(ByteBuf out, ByteBuffer slab, int start, int end) {
    for (int i = start; i < end; i++) {
      out.writeByte(slab.get(i));
    }
  }

  private static void copy(ByteBuf out, ByteBuf from, int start, int end) {
    if (end > start) {
      out.writeBytes(from, start, end - start);
    }
  }
}
