package dev.weft.sidecar.codec.http2.frame;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the frames of all streams in one buffer, so that a batch leaves as one write. Large
 * pieces of bodies are not copied but written between two such buffers. One per connection.
 */
public final class FrameWriter {
  /** Up to here copying costs less than a further buffer in the write. */
  private static final int COPIED = 4 * 1024;

  /** The buffer is written when it holds so much. */
  private static final int FULL = 16 * 1024;

  private static final int SMALLEST = 512;

  @SuppressWarnings("NullAway.Init") // Attached before anything is written.
  private ChannelHandlerContext ctx;

  private @Nullable ByteBuf out;
  private int nextSize = SMALLEST;
  private boolean unflushed;

  /** Where the flags of the last DATA frame lie, while its stream can still end with it. */
  private int lastDataFlags;

  private int lastDataStream;

  public void attach(ChannelHandlerContext context) {
    ctx = context;
  }

  /** Whether nothing waits to be handed to the channel. */
  boolean isEmpty() {
    return out == null;
  }

  /** Hands what was gathered to the channel and flushes it, if there is anything. */
  public void flush() {
    write();
    if (unflushed) {
      unflushed = false;
      ctx.flush();
    }
  }

  /** Hands what was gathered to the channel. */
  public void write() {
    ByteBuf buffer = out;
    if (buffer != null) {
      out = null;
      lastDataStream = 0;
      // What this batch took, the next one is likely to take.
      nextSize = Math.clamp(Integer.highestOneBit(buffer.readableBytes()) * 2L, SMALLEST, FULL);
      unflushed = true;
      ctx.write(buffer, ctx.voidPromise());
    }
  }

  /** Lets go of what was not written. */
  public void close() {
    if (out != null) {
      out.release();
      out = null;
    }
    lastDataStream = 0;
  }

  /** Writes a head; in several frames when it does not fit one. */
  public void head(int stream, byte[] block, int length, boolean end) {
    int flags = end ? FrameReader.END_STREAM : 0;
    int first = Math.min(length, FrameReader.MAX_FRAME);
    boolean whole = first == length;
    ByteBuf to =
        frame(FrameReader.HEADERS, whole ? flags | FrameReader.END_HEADERS : flags, stream, first);
    to.writeBytes(block, 0, first);
    for (int at = first; at < length; ) {
      int more = Math.min(length - at, FrameReader.MAX_FRAME);
      int last = at + more == length ? FrameReader.END_HEADERS : 0;
      frame(FrameReader.CONTINUATION, last, stream, more).writeBytes(block, at, more);
      at += more;
    }
    writeIfFull();
  }

  /**
   * Writes one DATA frame with the next {@code length} bytes of a buffer; takes it over when that
   * is all of it.
   */
  public void data(int stream, ByteBuf data, int length, boolean end) {
    boolean all = length == data.readableBytes();
    ByteBuf to = frame(FrameReader.DATA, end ? FrameReader.END_STREAM : 0, stream, length);
    if (length > COPIED) {
      write();
      ctx.write(all ? data : data.readRetainedSlice(length), ctx.voidPromise());
      return;
    }
    int start = to.writerIndex();
    to.writeBytes(data, length);
    lastDataFlags = start - 5;
    lastDataStream = stream;
    if (all) {
      data.release();
    }
    writeIfFull();
  }

  /** Ends a stream's direction: with its last DATA frame if that is not written yet. */
  public void end(int stream) {
    ByteBuf buffer = out;
    if (buffer != null && lastDataStream == stream) {
      buffer.setByte(lastDataFlags, FrameReader.END_STREAM);
    } else {
      frame(FrameReader.DATA, FrameReader.END_STREAM, stream, 0);
    }
  }

  public void reset(int stream, int code) {
    frame(FrameReader.RST_STREAM, 0, stream, 4).writeInt(code);
  }

  /** Identifiers and values, one after the other. */
  public void settings(int... pairs) {
    ByteBuf to = frame(FrameReader.SETTINGS, 0, 0, pairs.length * 3);
    for (int i = 0; i < pairs.length; i += 2) {
      to.writeShort(pairs[i]).writeInt(pairs[i + 1]);
    }
  }

  public void settingsAck() {
    frame(FrameReader.SETTINGS, FrameReader.ACK, 0, 0);
  }

  public void ping(boolean ack, long content) {
    frame(FrameReader.PING, ack ? FrameReader.ACK : 0, 0, 8).writeLong(content);
  }

  public void goAway(int lastStream, int code) {
    frame(FrameReader.GOAWAY, 0, 0, 8).writeInt(lastStream).writeInt(code);
  }

  public void windowUpdate(int stream, int increment) {
    frame(FrameReader.WINDOW_UPDATE, 0, stream, 4).writeInt(increment);
  }

  /** A client's first bytes. */
  public void preface() {
    buffer(FrameReader.PREFACE.length).writeBytes(FrameReader.PREFACE);
  }

  private ByteBuf frame(int type, int flags, int stream, int length) {
    ByteBuf to = buffer(FrameReader.HEADER_LENGTH + Math.min(length, COPIED));
    lastDataStream = 0;
    // Length, type and flags in one go.
    to.writeLong(
        ((long) length << 40) | ((long) type << 32) | ((long) flags << 24) | (stream >>> 8));
    to.writeByte(stream);
    return to;
  }

  private ByteBuf buffer(int more) {
    ByteBuf buffer = out;
    if (buffer == null) {
      buffer = ctx.alloc().directBuffer(Math.max(nextSize, more));
      out = buffer;
    }
    return buffer;
  }

  private void writeIfFull() {
    ByteBuf buffer = out;
    if (buffer != null && buffer.readableBytes() >= FULL) {
      write();
    }
  }
}
