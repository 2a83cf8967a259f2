package dev.weft.sidecar.codec.http2.frame;

import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what is received into frames (RFC 9113, sections 4 and 6) and checks their form. The content
 * of a DATA frame is handed on as it comes, without waiting for the frame's end and without a copy;
 * every other frame is handed on whole, a head with all its CONTINUATIONs. Nothing is allocated per
 * frame. One per connection.
 */
public final class FrameReader {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;
  static final int PADDED = 8;
  static final int PRIORITY_FLAG = 32;

  static final int HEADER_LENGTH = 9;

  /** What both ends take at most, and never ask to be more; bytes. */
  public static final int MAX_FRAME = Bound.H2_FRAME.intValue();

  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** CONTINUATION frames per head: with the bound on bytes, what small ones can cost. */
  private static final int MAX_CONTINUATIONS = Bound.H2_CONTINUATIONS.intValue();

  private final FrameSink sink;
  private final int maxBlock;
  private boolean preface;
  private boolean first = true;
  private @Nullable ByteBuf pending;

  // A DATA frame under way.
  private int dataLeft;
  private int paddingLeft;
  private boolean dataEnds;

  // A head under way.
  private @Nullable ByteBuf block;
  private int blockStream;
  private boolean blockEnds;
  private boolean blockDependsOnItself;
  private int continuations;
  private int frames;

  /**
   * @param preface whether the client's preface comes first
   * @param maxBlock bytes of an encoded head
   */
  public FrameReader(FrameSink sink, boolean preface, int maxBlock) {
    this.sink = sink;
    this.preface = preface;
    this.maxBlock = maxBlock;
  }

  /** Whether it waits for the rest of anything but data. */
  public boolean isWithinFrame() {
    return pending != null || block != null;
  }

  /** How many frames were handed on; wraps. */
  public int frames() {
    return frames;
  }

  /**
   * Takes a buffer over.
   *
   * @throws ConnectionError when the connection cannot go on
   */
  public void read(ByteBuf received, ByteBufAllocator alloc) {
    ByteBuf in = received;
    ByteBuf before = pending;
    if (before != null) {
      pending = null;
      in = Buffers.join(before, received, alloc);
    }
    boolean keep = false;
    try {
      keep = frames(in, alloc);
    } finally {
      if (keep) {
        pending = in;
      } else {
        in.release();
      }
    }
  }

  /** Lets go of what it keeps. */
  public void close() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
    if (block != null) {
      block.release();
      block = null;
    }
  }

  /** True when the rest is kept until more comes. */
  private boolean frames(ByteBuf in, ByteBufAllocator alloc) {
    if (preface) {
      int known = Math.min(in.readableBytes(), PREFACE.length);
      for (int i = 0; i < known; i++) {
        if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
          throw ConnectionError.protocol("the connection does not start with the preface");
        }
      }
      if (known < PREFACE.length) {
        return true;
      }
      in.skipBytes(known);
      preface = false;
    }
    while (in.isReadable() && sink.isOpen()) {
      if (dataLeft > 0 || paddingLeft > 0) {
        dataBytes(in);
        continue;
      }
      int at = in.readerIndex();
      int readable = in.readableBytes();
      if (readable < HEADER_LENGTH) {
        return true;
      }
      int length = in.getUnsignedMedium(at);
      int type = in.getUnsignedByte(at + 3);
      int flags = in.getByte(at + 4);
      int id = in.getInt(at + 5) & 0x7fffffff;
      check(length, type, flags, id);
      if (type == DATA) {
        if ((flags & PADDED) != 0 && readable == HEADER_LENGTH) {
          return true;
        }
        in.skipBytes(HEADER_LENGTH);
        data(in, length, flags, id);
        continue;
      }
      if (readable < HEADER_LENGTH + length) {
        return true;
      }
      int start = at + HEADER_LENGTH;
      int end = start + length;
      int limit = in.writerIndex();
      in.setIndex(start, end);
      frames++;
      frame(in, type, flags, id, alloc);
      in.setIndex(end, limit);
    }
    return false;
  }

  private void check(int length, int type, int flags, int id) {
    if (length > MAX_FRAME) {
      throw ConnectionError.of(ErrorCode.FRAME_SIZE_ERROR, "a frame of " + length + " bytes");
    }
    if (block != null) {
      if (type != CONTINUATION || id != blockStream) {
        throw ConnectionError.protocol("a head is interrupted by another frame");
      }
      return;
    }
    if (first && (type != SETTINGS || (flags & ACK) != 0)) {
      throw ConnectionError.protocol("the first frame is not SETTINGS");
    }
    first = false;
    switch (type) {
      case DATA, HEADERS, RST_STREAM, PRIORITY ->
          require(id != 0, "a frame of a stream on the connection");
      case SETTINGS, PING, GOAWAY -> require(id == 0, "a frame of the connection on a stream");
      case CONTINUATION -> throw ConnectionError.protocol("CONTINUATION without a head");
      case PUSH_PROMISE -> throw ConnectionError.protocol("PUSH_PROMISE, which is not allowed");
      default -> {
        // WINDOW_UPDATE belongs to either; others are unknown.
      }
    }
    int expected =
        switch (type) {
          case RST_STREAM, WINDOW_UPDATE -> 4;
          case PING -> 8;
          case GOAWAY -> Math.max(8, length);
          case SETTINGS -> (flags & ACK) != 0 ? 0 : length / 6 * 6;
          default -> length;
        };
    if (length != expected) {
      throw ConnectionError.of(ErrorCode.FRAME_SIZE_ERROR, "a frame of the wrong size");
    }
  }

  private void data(ByteBuf in, int length, int flags, int id) {
    int padding = 0;
    int content = length;
    if ((flags & PADDED) != 0) {
      if (length == 0) {
        throw ConnectionError.of(ErrorCode.FRAME_SIZE_ERROR, "a padded frame without padding");
      }
      padding = in.readUnsignedByte();
      content--;
      require(padding <= content, "more padding than frame");
      content -= padding;
    }
    dataLeft = content;
    paddingLeft = padding;
    dataEnds = (flags & END_STREAM) != 0;
    sink.onDataFrame(id, length, content, dataEnds);
    if (content == 0 && padding == 0) {
      sink.onDataEnd(dataEnds);
    }
  }

  private void dataBytes(ByteBuf in) {
    int content = Math.min(dataLeft, in.readableBytes());
    if (content > 0) {
      dataLeft -= content;
      int at = in.readerIndex();
      in.skipBytes(content);
      sink.onDataBytes(in, at, content);
    }
    if (dataLeft == 0) {
      int skipped = Math.min(paddingLeft, in.readableBytes());
      in.skipBytes(skipped);
      paddingLeft -= skipped;
      if (paddingLeft == 0) {
        sink.onDataEnd(dataEnds);
      }
    }
  }

  /** The payload lies between the buffer's indices. */
  private void frame(ByteBuf in, int type, int flags, int id, ByteBufAllocator alloc) {
    switch (type) {
      case HEADERS -> headers(in, flags, id, alloc);
      case CONTINUATION -> continuation(in, flags);
      case PRIORITY -> {
        boolean whole = in.readableBytes() == 5;
        sink.onPriority(id, whole, whole && (in.readInt() & 0x7fffffff) == id);
      }
      case RST_STREAM -> sink.onReset(id, in.readInt());
      case SETTINGS -> sink.onSettings((flags & ACK) != 0, in);
      case PING -> sink.onPing((flags & ACK) != 0, in.readLong());
      case GOAWAY -> sink.onGoAway(in.readInt() & 0x7fffffff, in.readInt());
      case WINDOW_UPDATE -> sink.onWindowUpdate(id, in.readInt() & 0x7fffffff);
      default -> sink.onUnknown();
    }
  }

  private void headers(ByteBuf in, int flags, int id, ByteBufAllocator alloc) {
    int padding = 0;
    if ((flags & PADDED) != 0) {
      require(in.isReadable(), "a padded frame without padding");
      padding = in.readUnsignedByte();
    }
    boolean dependsOnItself = false;
    if ((flags & PRIORITY_FLAG) != 0) {
      if (in.readableBytes() < 5) {
        throw ConnectionError.of(ErrorCode.FRAME_SIZE_ERROR, "HEADERS without its priority");
      }
      dependsOnItself = (in.readInt() & 0x7fffffff) == id;
      in.skipBytes(1);
    }
    require(padding <= in.readableBytes(), "more padding than frame");
    in.writerIndex(in.writerIndex() - padding);
    boolean ends = (flags & END_STREAM) != 0;
    if ((flags & END_HEADERS) != 0) {
      sink.onHeaders(id, in, ends, dependsOnItself);
      return;
    }
    block = alloc.directBuffer(in.readableBytes() + 1024).writeBytes(in);
    blockStream = id;
    blockEnds = ends;
    blockDependsOnItself = dependsOnItself;
    continuations = 0;
  }

  private void continuation(ByteBuf in, int flags) {
    ByteBuf head = block;
    if (head == null) {
      throw ConnectionError.protocol("CONTINUATION without a head");
    }
    if (++continuations > MAX_CONTINUATIONS
        || head.readableBytes() + in.readableBytes() > maxBlock) {
      throw sink.flood(Flood.CONTINUATION);
    }
    head.writeBytes(in);
    if ((flags & END_HEADERS) != 0) {
      block = null;
      try {
        sink.onHeaders(blockStream, head, blockEnds, blockDependsOnItself);
      } finally {
        head.release();
      }
    }
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw ConnectionError.protocol(message);
    }
  }
}
