package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes the framing off one body after the other: by length, in chunks (RFC 9112, section 7.1,
 * strict: CR LF only, plain hexadecimal digits, bounded extensions, which are dropped), or to the
 * end of the connection. One per connection.
 */
final class BodyDecoder {
  static final int REFUSED = -1;

  private static final int MAX_EXTENSIONS = Bound.CHUNK_EXTENSIONS.intValue();
  private static final int MAX_SIZE_DIGITS = Bound.CHUNK_SIZE_DIGITS.intValue();

  /** Where the bytes go; it may reset the decoder meanwhile, which ends the decoding. */
  interface Sink {
    void bodyData(ByteBuf data);

    /**
     * The body is whole.
     *
     * @param more whether what was received goes on behind it
     */
    void bodyEnd(@Nullable HeadView trailers, boolean more);
  }

  private enum State {
    NONE,
    LENGTH,
    UNTIL_CLOSE,
    SIZE,
    /** Blanks before an extension (RFC 9112, section 7.1.1), and nothing else. */
    BEFORE_EXTENSION,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILERS
  }

  private final Http1HeadParser parser;
  private final ReceivedHead trailers = new ReceivedHead();
  private State state = State.NONE;
  private long remaining;
  private int digits;
  private int extensionBytes;
  private @Nullable ByteBuf trailerBytes;
  private List<String> connectionOptions = List.of();
  private String problem = "";
  private @Nullable Bound bound;

  BodyDecoder(Http1HeadParser parser) {
    this.parser = parser;
  }

  /** What was refused, as a sentence. */
  String problem() {
    return problem;
  }

  /** The bound that was reached by what was refused; null: something else was wrong. */
  @Nullable Bound bound() {
    return bound;
  }

  /** Prepares for the body of a head whose inline part is handled already. */
  void begin(ReceivedHead head) {
    reset();
    if (head.chunked) {
      state = head.bodyLength == 0 ? State.NONE : State.SIZE;
    } else if (head.bodyLength == ReceivedHead.UNKNOWN_LENGTH) {
      state = State.UNTIL_CLOSE;
    } else {
      remaining = head.bodyLength - head.inlineBody;
      state = remaining > 0 ? State.LENGTH : State.NONE;
    }
    digits = 0;
    extensionBytes = 0;
    if (state == State.SIZE) {
      remaining = 0;
      connectionOptions =
          head.connectionOptions ? FieldLists.members(head.view, WellKnown.CONNECTION) : List.of();
    }
  }

  void reset() {
    state = State.NONE;
    if (trailerBytes != null) {
      trailerBytes.release();
      trailerBytes = null;
    }
  }

  boolean untilClose() {
    return state == State.UNTIL_CLOSE;
  }

  /**
   * Decodes [at, limit) until the body ends.
   *
   * @return the index after what was taken, or {@link #REFUSED}
   */
  int decode(ByteBuf in, int at, int limit, Sink sink) {
    int i = at;
    while (i < limit && state != State.NONE) {
      switch (state) {
        case LENGTH, UNTIL_CLOSE, DATA -> i = data(in, i, limit, sink);
        case SIZE -> {
          if (!size(in.getByte(i++))) {
            return REFUSED;
          }
        }
        case BEFORE_EXTENSION -> {
          byte b = in.getByte(i++);
          if (b == ';') {
            state = State.EXTENSION;
          } else if (b != ' ' && b != '\t') {
            return refuse("a blank after a chunk size, before no extension");
          } else if (!extension(b)) {
            return REFUSED;
          }
        }
        case EXTENSION -> {
          if (!extension(in.getByte(i++))) {
            return REFUSED;
          }
        }
        case SIZE_LF -> {
          if (in.getByte(i++) != '\n') {
            return refuse("a chunk size line does not end in CR LF");
          }
          digits = 0;
          state = remaining == 0 ? State.TRAILERS : State.DATA;
        }
        case DATA_CR -> {
          if (in.getByte(i++) != '\r') {
            return refuse("a chunk is longer than its size says");
          }
          state = State.DATA_LF;
        }
        case DATA_LF -> {
          if (in.getByte(i++) != '\n') {
            return refuse("a chunk does not end in CR LF");
          }
          state = State.SIZE;
        }
        case TRAILERS -> {
          i = trailers(in, i, limit, sink);
          if (i == REFUSED) {
            return REFUSED;
          }
        }
        case NONE -> throw new IllegalStateException("no body is being decoded");
      }
    }
    return i;
  }

  private int data(ByteBuf in, int at, int limit, Sink sink) {
    int count = limit - at;
    if (state == State.UNTIL_CLOSE) {
      sink.bodyData(in.retain().setIndex(at, limit));
      return limit;
    }
    boolean chunk = state == State.DATA;
    if (count > remaining || chunk) {
      count = (int) Math.min(count, remaining);
    }
    remaining -= count;
    boolean whole = remaining == 0;
    if (whole) {
      state = chunk ? State.DATA_CR : State.NONE;
    }
    if (at + count == limit) {
      // Nothing of the buffer is left for us: it goes as it is.
      sink.bodyData(in.retain().setIndex(at, limit));
    } else {
      sink.bodyData(in.retainedSlice(at, count));
    }
    if (whole && !chunk && state == State.NONE) {
      sink.bodyEnd(null, at + count < limit);
    }
    return at + count;
  }

  private boolean size(byte b) {
    int digit = Chars.hex(b);
    if (digit >= 0) {
      if (digits++ == MAX_SIZE_DIGITS) {
        bound = Bound.CHUNK_SIZE_DIGITS;
        return refused("a chunk size has more than " + MAX_SIZE_DIGITS + " digits");
      }
      remaining = remaining << 4 | digit;
      return true;
    }
    if (digits == 0) {
      return refused("a chunk size does not start with a hexadecimal digit");
    }
    if (b == '\r') {
      state = State.SIZE_LF;
      return true;
    }
    if (b == ';') {
      state = State.EXTENSION;
      return true;
    }
    if (b == ' ' || b == '\t') {
      state = State.BEFORE_EXTENSION;
      return true;
    }
    return refused("a chunk size is followed by neither CR LF nor an extension");
  }

  private boolean extension(byte b) {
    if (b == '\r') {
      state = State.SIZE_LF;
      return true;
    }
    if (!Chars.value(b)) {
      return refused("a control character in a chunk extension");
    }
    if (++extensionBytes > MAX_EXTENSIONS) {
      bound = Bound.CHUNK_EXTENSIONS;
      return refused("chunk extensions of more than " + MAX_EXTENSIONS + " bytes");
    }
    return true;
  }

  private int trailers(ByteBuf in, int at, int limit, Sink sink) {
    if (trailerBytes == null
        && limit - at >= 2
        && in.getByte(at) == '\r'
        && in.getByte(at + 1) == '\n') {
      state = State.NONE;
      sink.bodyEnd(null, at + 2 < limit);
      return at + 2;
    }
    ByteBuf all = trailerBytes;
    int before = 0;
    if (all == null) {
      all = in.alloc().directBuffer(Math.max(64, limit - at));
      trailerBytes = all;
    } else {
      before = all.readableBytes();
    }
    all.writeBytes(in, at, limit - at);
    int end = parser.trailers(all.nioBuffer(0, all.writerIndex()), 0, all.writerIndex(), trailers);
    if (end == Http1HeadParser.REFUSED) {
      bound = parser.refusal().bound();
      return refuse("trailers: " + parser.refusal().problem());
    }
    if (end == Http1HeadParser.NEED_MORE) {
      return limit;
    }
    state = State.NONE;
    trailerBytes = null;
    int next = at + end - before;
    try {
      HeadView view = withoutOptions(trailers.view);
      sink.bodyEnd(view.headerCount() == 0 ? null : view, next < limit);
    } finally {
      all.release();
    }
    return next;
  }

  /** Without the fields that Connection names, which ends here (RFC 9110, section 7.6.1). */
  private HeadView withoutOptions(HeadView all) {
    if (connectionOptions.isEmpty()) {
      return all;
    }
    var kept = new HeadView.Filler();
    kept.begin(all.slab());
    for (int i = 0; i < all.headerCount(); i++) {
      String name = Ascii.string(all.slab(), all.nameStart(i), all.nameEnd(i));
      if (!connectionOptions.contains(name.toLowerCase(Locale.ROOT))) {
        kept.header(all.nameStart(i), all.nameEnd(i), all.valueStart(i), all.valueEnd(i));
      }
    }
    return kept.view();
  }

  private int refuse(String what) {
    problem = what;
    return REFUSED;
  }

  private boolean refused(String what) {
    problem = what;
    return false;
  }
}
