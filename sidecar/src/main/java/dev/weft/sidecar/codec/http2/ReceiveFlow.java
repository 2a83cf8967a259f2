package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.frame.FrameWriter;

/**
 * What the peer may send (RFC 9113, section 5.2): what a stream's reader has taken is given back to
 * the stream and to the connection, in steps of half a window; what comes while the reader wants
 * nothing is given back to neither, so that all that is unread on a connection fits its window. One
 * per connection.
 */
final class ReceiveFlow {
  private static final int INITIAL = 65535;

  private final FrameWriter writer;
  private final int connectionWindow;
  private final int streamWindow;
  private int window;
  private int consumed;

  ReceiveFlow(FrameWriter writer, Http2Limits limits) {
    this.writer = writer;
    this.connectionWindow = limits.connectionWindow();
    this.streamWindow = limits.streamWindow();
    this.window = Math.max(INITIAL, connectionWindow);
  }

  /** Widens the window from what every connection begins with. */
  void open() {
    if (connectionWindow > INITIAL) {
      writer.windowUpdate(0, connectionWindow - INITIAL);
    }
  }

  /** A DATA frame has begun. */
  void received(int flowLength) {
    if (flowLength > window) {
      throw ConnectionError.of(
          ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the connection's window");
    }
    window -= flowLength;
  }

  /** So much will not be read by anybody. */
  void consumed(int length) {
    consumed += length;
    if (consumed >= connectionWindow / 2) {
      writer.windowUpdate(0, consumed);
      window += consumed;
      consumed = 0;
    }
  }

  /** So much was handed to a stream, which takes it, or keeps it when it does not read now. */
  void consumed(Http2Stream stream, int length) {
    if (!stream.reading) {
      stream.held += length;
      return;
    }
    consumed(length);
    stream.consumed += length;
    if (stream.consumed >= streamWindow / 2 && !stream.remoteEnded) {
      writer.windowUpdate(stream.id, stream.consumed);
      stream.receiveWindow += stream.consumed;
      stream.consumed = 0;
    }
  }

  /** A stream reads again. */
  void release(Http2Stream stream) {
    int held = stream.held;
    stream.held = 0;
    consumed(stream, held);
  }

  /** What has come of all streams and waits for its readers; bytes. */
  int held() {
    return Math.max(INITIAL, connectionWindow) - window - consumed;
  }

  /** A stream is gone. */
  void drop(Http2Stream stream) {
    consumed(stream.held);
    stream.held = 0;
  }
}
