package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.frame.Flood;
import dev.weft.sidecar.codec.http2.frame.FrameReader;
import dev.weft.sidecar.codec.http2.frame.FrameWriter;
import dev.weft.sidecar.codec.http2.head.Trailers;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of the streams' bodies may be sent when: as far as the peer's windows allow and the socket
 * takes it (RFC 9113, section 5.2). What has to wait lies with its stream; those that may send
 * stand in a ring and take turns, a frame each. One per connection.
 */
final class SendFlow {
  /** A stream with more than this queued is not writable, until it has half of it; bytes. */
  static final int STREAM_QUEUE = Bound.H2_STREAM_QUEUE.intValue();

  /** A frame that a window makes smaller than this is worth little to anybody; bytes. */
  private static final int TINY = 256;

  private final Http2Streams connection;
  private final FrameWriter writer;
  private final int maxQueued;
  private @Nullable Http2Stream ring;
  private int window = 65535;
  private int queued;
  private boolean pumping;

  SendFlow(Http2Streams connection, FrameWriter writer, Http2Limits limits) {
    this.connection = connection;
    this.writer = writer;
    this.maxQueued = limits.maxQueued();
  }

  /** Bytes that wait, of all streams. */
  int queued() {
    return queued;
  }

  /** Sends or queues; takes the buffer over. */
  void data(Http2Stream stream, ByteBuf data) {
    int size = data.readableBytes();
    if (size == 0) {
      data.release();
      return;
    }
    if (ring == null
        && stream.queue.isEmpty()
        && size <= FrameReader.MAX_FRAME
        && size <= stream.sendWindow
        && size <= window
        && connection.ctx.channel().isWritable()) {
      write(stream, data, size, false);
      return;
    }
    stream.queue.add(data);
    stream.queued += size;
    queued += size;
    if (stream.sendWindow > 0) {
      link(stream);
    }
    pump();
    if (stream.queued >= STREAM_QUEUE || (stream.queued > 0 && queued >= maxQueued)) {
      stream.full = true;
    }
  }

  /** Our direction ends behind what is queued. */
  void end(Http2Stream stream, @Nullable HeadView trailers) {
    if (stream.queue.isEmpty()) {
      writeEnd(stream, trailers);
    } else if (trailers != null && trailers.headerCount() > 0) {
      stream.trailers = Trailers.copy(trailers);
    }
  }

  /** The peer widens the connection's window. */
  void widen(int increment) {
    if (increment == 0) {
      throw ConnectionError.protocol("a WINDOW_UPDATE by nothing");
    }
    if (window > 0 && increment > Integer.MAX_VALUE - window) {
      throw ConnectionError.of(ErrorCode.FLOW_CONTROL_ERROR, "a window above 2^31-1");
    }
    window += increment;
    pump();
  }

  /** The peer widens a stream's window; false when that is more than a window can be. */
  boolean widen(Http2Stream stream, int increment) {
    if (stream.sendWindow > 0 && increment > Integer.MAX_VALUE - stream.sendWindow) {
      return false;
    }
    stream.sendWindow += increment;
    if (stream.sendWindow > 0 && !stream.queue.isEmpty()) {
      link(stream);
      pump();
    }
    return true;
  }

  /** The peer has changed the window that streams begin with (RFC 9113, section 6.9.2). */
  void changeWindows(List<Http2Stream> streams, int by) {
    for (int i = 0; i < streams.size(); i++) {
      Http2Stream stream = streams.get(i);
      if (by > 0 && stream.sendWindow > 0 && by > Integer.MAX_VALUE - stream.sendWindow) {
        throw ConnectionError.of(ErrorCode.FLOW_CONTROL_ERROR, "a window above 2^31-1");
      }
      stream.sendWindow += by;
      if (stream.sendWindow <= 0) {
        unlink(stream);
      } else if (!stream.queue.isEmpty()) {
        link(stream);
      }
    }
  }

  /** Sends what may be sent. */
  void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while (ring != null && window > 0 && connection.ctx.channel().isWritable()) {
        turn(ring);
      }
    } finally {
      pumping = false;
    }
  }

  private void turn(Http2Stream stream) {
    ByteBuf data = stream.queue.element();
    int have = data.readableBytes();
    int size = Math.min(Math.min(have, FrameReader.MAX_FRAME), Math.min(stream.sendWindow, window));
    boolean last = false;
    if (size == have) {
      stream.queue.remove();
      last = stream.queue.isEmpty();
    } else if (size < TINY) {
      connection.spendLater(Flood.TINY_WINDOW);
    }
    stream.queued -= size;
    queued -= size;
    boolean end = last && stream.localEnded && stream.trailers == null;
    write(stream, data, size, end);
    if (last || stream.sendWindow <= 0) {
      unlink(stream);
    } else {
      ring = stream.next;
    }
    if (end) {
      connection.onEndWritten(stream);
    } else if (last && stream.localEnded) {
      HeadView trailers = stream.trailers;
      stream.trailers = null;
      writeEnd(stream, trailers);
    } else if (stream.full
        && stream.queued <= STREAM_QUEUE / 2
        && (stream.queued == 0 || queued < maxQueued)) {
      stream.full = false;
      stream.onWritable();
    }
  }

  /** Forgets a stream and what it had queued. */
  void drop(Http2Stream stream) {
    unlink(stream);
    queued -= stream.queued;
    stream.queued = 0;
    stream.trailers = null;
    ByteBuf data = stream.queue.poll();
    while (data != null) {
      data.release();
      data = stream.queue.poll();
    }
  }

  private void write(Http2Stream stream, ByteBuf data, int size, boolean end) {
    stream.sendWindow -= size;
    window -= size;
    stream.progressed += size;
    connection.allowances.useful();
    writer.data(stream.id, data, size, end);
  }

  private void writeEnd(Http2Stream stream, @Nullable HeadView trailers) {
    if (trailers == null || !connection.writeTrailers(stream, trailers)) {
      writer.end(stream.id);
    }
    connection.onEndWritten(stream);
  }

  private void link(Http2Stream stream) {
    if (stream.next != null) {
      return;
    }
    Http2Stream first = ring;
    if (first == null) {
      stream.next = stream;
      stream.previous = stream;
      ring = stream;
      return;
    }
    // Last in the round: right before the first.
    Http2Stream last = first.previous;
    stream.previous = last;
    stream.next = first;
    first.previous = stream;
    if (last != null) {
      last.next = stream;
    }
  }

  @SuppressWarnings("ReferenceEquality") // Which stream it is, not what it is like.
  private void unlink(Http2Stream stream) {
    Http2Stream after = stream.next;
    Http2Stream before = stream.previous;
    if (after == null || before == null) {
      return;
    }
    if (after == stream) {
      ring = null;
    } else {
      before.next = after;
      after.previous = before;
      if (ring == stream) {
        ring = after;
      }
    }
    stream.next = null;
    stream.previous = null;
  }
}
