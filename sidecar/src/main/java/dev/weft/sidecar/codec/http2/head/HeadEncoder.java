package dev.weft.sidecar.codec.http2.head;

import static dev.weft.sidecar.codec.FieldSets.bit;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.FieldSets;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Writes heads as HPACK (RFC 7541), straight from their bytes: what the static table has by its
 * index, all else as literals without Huffman coding and without a table of our own. That costs a
 * few dozen bytes per head and saves the look-ups, the copies and the memory of a table; nothing is
 * remembered from head to head, so one encoder serves all connections of a worker.
 */
public final class HeadEncoder {
  /** What a frame or a pseudo-header field says is left out, too. */
  private static final long NOT_PASSED_ON =
      FieldSets.HOP_BY_HOP | bit(WellKnown.HOST) | bit(WellKnown.TRANSFER_ENCODING);

  private static final int INDEXED = 0x80;
  private static final int NEVER_INDEXED = 0x10;

  private static final int AUTHORITY = 1;
  private static final int METHOD_GET = 2;
  private static final int METHOD_POST = 3;
  private static final int PATH = 4;
  private static final int SCHEME_HTTP = 6;
  private static final int SCHEME_HTTPS = 7;
  private static final int STATUS = 8;
  private static final int[] STATUSES = {200, 204, 206, 304, 400, 404, 500};

  private static final byte[] GET = Chars.ascii("GET");
  private static final byte[] POST = Chars.ascii("POST");
  private static final byte[] TE = Chars.ascii("te");
  private static final byte[] TRAILERS = Chars.ascii("trailers");

  private byte[] out = new byte[2048];
  private int length;

  /** The block that was written last; {@link #length()} bytes of it. */
  public byte[] block() {
    return out;
  }

  public int length() {
    return length;
  }

  /**
   * A response's head.
   *
   * @param drop further well-known names to leave out
   */
  public void response(ReceivedHead head, HeadPlan plan, long drop) {
    length = 0;
    // A switch of protocols is the success of extended CONNECT (RFC 8441, section 5).
    status(head.tunnel ? 200 : head.view.status());
    lines(plan);
    fields(head, plan, NOT_PASSED_ON | drop);
  }

  /** A head with a status and nothing else; more may be added by {@link #field}. */
  public void status(int status) {
    reserve(8);
    for (int i = 0; i < STATUSES.length; i++) {
      if (STATUSES[i] == status) {
        out[length++] = (byte) (INDEXED | STATUS + i);
        return;
      }
    }
    out[length++] = STATUS;
    out[length++] = 3;
    out[length++] = (byte) ('0' + status / 100);
    out[length++] = (byte) ('0' + status / 10 % 10);
    out[length++] = (byte) ('0' + status % 10);
  }

  /** Begins a head that is written field by field. */
  public void begin() {
    length = 0;
  }

  /**
   * A request's head.
   *
   * @param https whether the scheme is https
   */
  public void request(ReceivedHead head, HeadPlan plan, boolean https, long drop) {
    HeadView view = head.view;
    ByteBuffer slab = view.slab();
    length = 0;
    reserve(8);
    if (view.methodIs(GET)) {
      out[length++] = (byte) (INDEXED | METHOD_GET);
    } else if (view.methodIs(POST)) {
      out[length++] = (byte) (INDEXED | METHOD_POST);
    } else {
      out[length++] = METHOD_GET;
      string(slab, view.methodStart(), view.methodEnd());
    }
    out[length++] = (byte) (INDEXED | (https ? SCHEME_HTTPS : SCHEME_HTTP));
    path(view, slab, plan);
    reserve(2);
    out[length++] = AUTHORITY;
    byte[] authority = plan.authority();
    if (authority == null) {
      string(slab, view.authorityStart(), view.authorityEnd());
    } else {
      number(0, 7, authority.length);
      bytes(authority);
    }
    if (plan.acceptsTrailers() || acceptsTrailers(view, slab)) {
      field(TE, TRAILERS, TRAILERS.length);
    }
    lines(plan);
    fields(head, plan, NOT_PASSED_ON | drop);
  }

  private void path(HeadView view, ByteBuffer slab, HeadPlan plan) {
    byte[] replacement = plan.path();
    if (replacement != null) {
      path(view, slab, replacement, plan.pathStart(view));
      return;
    }
    int start = view.pathStart();
    int pathLength = view.pathEnd() - start;
    boolean query = view.queryStart() > 0 && slab.get(view.queryStart() - 1) == '?';
    int queryLength = query ? view.queryEnd() - view.queryStart() + 1 : 0;
    if (!query && (pathLength == 0 || (pathLength == 1 && slab.get(start) == '/'))) {
      out[length++] = (byte) (INDEXED | PATH);
      return;
    }
    out[length++] = PATH;
    boolean empty = pathLength == 0;
    number(0, 7, (empty ? 1 : pathLength) + queryLength);
    reserve(1 + pathLength + queryLength);
    if (empty) {
      out[length++] = '/';
    }
    slab.get(start, out, length, pathLength);
    length += pathLength;
    if (query) {
      slab.get(view.queryStart() - 1, out, length, queryLength);
      length += queryLength;
    }
  }

  /** A path that begins otherwise than the one received. */
  private void path(HeadView view, ByteBuffer slab, byte[] replacement, int start) {
    int rest = view.pathEnd() - start;
    boolean empty = replacement.length + rest == 0;
    boolean query = view.queryStart() > 0 && slab.get(view.queryStart() - 1) == '?';
    int queryLength = query ? view.queryEnd() - view.queryStart() + 1 : 0;
    reserve(1);
    out[length++] = PATH;
    number(0, 7, (empty ? 1 : replacement.length + rest) + queryLength);
    bytes(replacement);
    reserve(1 + rest + queryLength);
    if (empty) {
      out[length++] = '/';
    }
    slab.get(start, out, length, rest);
    length += rest;
    if (query) {
      slab.get(view.queryStart() - 1, out, length, queryLength);
      length += queryLength;
    }
  }

  private void bytes(byte[] bytes) {
    reserve(bytes.length);
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  /** Whether TE names trailers: the one thing of it that HTTP/2 knows. */
  private static boolean acceptsTrailers(HeadView view, ByteBuffer slab) {
    int te = view.find(WellKnown.TE);
    if (te == HeadView.NONE) {
      return false;
    }
    for (int i = view.valueStart(te); i + TRAILERS.length <= view.valueEnd(te); i++) {
      if (Ascii.equalsIgnoreCase(slab, i, i + TRAILERS.length, TRAILERS)) {
        return true;
      }
    }
    return false;
  }

  /** Trailers; false when nothing of them may be passed on. */
  public boolean trailers(HeadView view) {
    length = 0;
    long drop = NOT_PASSED_ON | FieldSets.NO_TRAILER;
    for (int i = 0; i < view.headerCount(); i++) {
      int known = view.wellKnown(i);
      // Framing and addressing mean nothing in a trailer, and may deceive who merges them.
      if (known == WellKnown.OTHER || (bit(known) & drop) == 0) {
        field(view, i);
      }
    }
    return length > 0;
  }

  /** One field; the name in lower case. */
  public void field(byte[] name, byte[] value, int valueLength) {
    reserve(name.length + valueLength + 16);
    if (StaticTable.isSensitive(name, 0, name.length)) {
      name(NEVER_INDEXED, name, 0, name.length);
    } else {
      name(0, name, 0, name.length);
    }
    number(0, 7, valueLength);
    System.arraycopy(value, 0, out, length, valueLength);
    length += valueLength;
  }

  private void fields(ReceivedHead head, HeadPlan plan, long drop) {
    HeadView view = head.view;
    int count = view.headerCount();
    for (int i = 0; i < count; i++) {
      int known = view.wellKnown(i);
      if (known != WellKnown.OTHER && (bit(known) & drop) != 0) {
        continue;
      }
      if (plan.drops(view, i)
          || (head.connectionOptions
              && known != WellKnown.CONTENT_LENGTH
              && isConnectionOption(view, i))) {
        continue;
      }
      field(view, i);
    }
  }

  private void field(HeadView view, int i) {
    ByteBuffer slab = view.slab();
    int nameStart = view.nameStart(i);
    int nameLength = view.nameEnd(i) - nameStart;
    int valueStart = view.valueStart(i);
    int valueLength = view.valueEnd(i) - valueStart;
    reserve(nameLength * 2 + valueLength + 24);
    // The name behind where its literal would end, in lower case, for the look-up.
    int at = length + 12 + nameLength;
    slab.get(nameStart, out, at, nameLength);
    for (int j = at; j < at + nameLength; j++) {
      out[j] = Ascii.lower(out[j]);
    }
    name(StaticTable.isSensitive(out, at, nameLength) ? NEVER_INDEXED : 0, out, at, nameLength);
    number(0, 7, valueLength);
    slab.get(valueStart, out, length, valueLength);
    length += valueLength;
  }

  /** The plan's lines, each {@code name: value CRLF} with the name in lower case. */
  private void lines(HeadPlan plan) {
    byte[] lines = plan.lines();
    int end = plan.linesLength();
    int at = 0;
    while (at < end) {
      int colon = at;
      while (lines[colon] != ':') {
        colon++;
      }
      int value = colon + 2;
      int valueEnd = value;
      while (lines[valueEnd] != '\r') {
        valueEnd++;
      }
      reserve(valueEnd - at + 16);
      name(0, lines, at, colon - at);
      number(0, 7, valueEnd - value);
      System.arraycopy(lines, value, out, length, valueEnd - value);
      length += valueEnd - value;
      at = valueEnd + 2;
    }
  }

  private void name(int kind, byte[] name, int start, int size) {
    int index = StaticTable.find(name, start, size);
    if (index != 0) {
      number(kind, 4, index);
    } else {
      out[length++] = (byte) kind;
      number(0, 7, size);
      System.arraycopy(name, start, out, length, size);
      length += size;
    }
  }

  private void string(ByteBuffer slab, int start, int end) {
    int size = end - start;
    reserve(size + 8);
    number(0, 7, size);
    slab.get(start, out, length, size);
    length += size;
  }

  /** An integer with a prefix (RFC 7541, section 5.1). */
  private void number(int first, int prefixBits, int value) {
    reserve(8);
    int most = (1 << prefixBits) - 1;
    if (value < most) {
      out[length++] = (byte) (first | value);
      return;
    }
    out[length++] = (byte) (first | most);
    int rest = value - most;
    while (rest >= 0x80) {
      out[length++] = (byte) ((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out[length++] = (byte) rest;
  }

  private void reserve(int more) {
    if (length + more > out.length) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + more));
    }
  }

  private static boolean isConnectionOption(HeadView view, int header) {
    ByteBuffer slab = view.slab();
    int name = view.nameStart(header);
    int size = view.nameEnd(header) - name;
    for (int i = view.find(WellKnown.CONNECTION); i < view.headerCount(); i++) {
      if (view.wellKnown(i) != WellKnown.CONNECTION) {
        continue;
      }
      int end = view.valueEnd(i);
      for (int at = view.valueStart(i); at + size <= end; at++) {
        if ((at == view.valueStart(i) || separates(slab.get(at - 1)))
            && (at + size == end || separates(slab.get(at + size)))
            && sameName(slab, at, name, size)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean separates(byte b) {
    return b == ',' || b == ' ' || b == '\t';
  }

  private static boolean sameName(ByteBuffer slab, int a, int b, int size) {
    for (int i = 0; i < size; i++) {
      if (Ascii.lower(slab.get(a + i)) != Ascii.lower(slab.get(b + i))) {
        return false;
      }
    }
    return true;
  }
}
