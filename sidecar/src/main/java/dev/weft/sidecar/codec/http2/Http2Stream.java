package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One stream: its windows, what waits to be sent on it, and where it stands (RFC 9113, section
 * 5.1). The connection keeps it while either direction is open; a subclass may be used again for
 * another stream after {@link #onClosed}. Worker thread only.
 */
abstract class Http2Stream {
  /** Its number; 0 while it belongs to no connection. */
  int id;

  /** Its place in the connection's list of streams. */
  int index;

  /** What the peer lets us send; below 0 when it has shrunk its window meanwhile. */
  int sendWindow;

  /** What the peer may still send. */
  int receiveWindow;

  /** What has come and is consumed, but not given back to the peer's stream window yet. */
  int consumed;

  /** What has come while reads were off: given back to no window yet. */
  int held;

  /** Whether the peer may send more. */
  boolean reading;

  /** Whether our END_STREAM is handed over: nothing more will be. */
  boolean localEnded;

  /** Whether our END_STREAM is written. */
  boolean localClosed;

  /** Whether the peer's END_STREAM has come. */
  boolean remoteEnded;

  /** What the peer has announced by {@code content-length} and not sent yet; -1: unknown. */
  long contentLeft;

  /** Whether {@link #isWritable()} is false. */
  boolean full;

  /** When something last came, or reading was allowed again. */
  long since;

  /** When it was opened. */
  long begunAt;

  /** Whether something has come in the batch at hand. */
  boolean touched;

  /** When its peer last took a noticeable part of what waits for it; and what it took since. */
  long movedAt;

  int progressed;

  /** Bytes in {@link #queue}. */
  int queued;

  /** What waits for windows or for the socket; a trailers' head is sent behind it. */
  final ArrayDeque<ByteBuf> queue = new ArrayDeque<>(4);

  @Nullable HeadView trailers;

  /** Neighbours in the ring of streams that have something to send and may. */
  @Nullable Http2Stream next;

  @Nullable Http2Stream previous;

  /** Makes it ready for a new stream. */
  final void begin(int number, int sends, int receives, long now) {
    id = number;
    sendWindow = sends;
    receiveWindow = receives;
    consumed = 0;
    held = 0;
    reading = true;
    localEnded = false;
    localClosed = false;
    remoteEnded = false;
    contentLeft = -1;
    full = false;
    since = now;
    begunAt = now;
    touched = false;
    movedAt = now;
    progressed = 0;
    queued = 0;
    trailers = null;
  }

  /** False while more waits for the peer than is good. */
  public final boolean isWritable() {
    return !full;
  }

  /** Whether anything of it is still to be written. */
  final boolean hasQueued() {
    return !queue.isEmpty() || (localEnded && !localClosed);
  }

  /** More of the body; belongs to the stream from now on. */
  abstract void onData(ByteBuf data);

  /** What has come so far has been handed over: the moment to flush what it caused. */
  abstract void onReadComplete();

  /** The peer has ended its direction; {@code last} is valid during the call only. */
  abstract void onEnd(@Nullable HeadView last);

  /** {@link #isWritable()} is true again. */
  abstract void onWritable();

  /**
   * The stream is over before its time, and the connection knows it no more.
   *
   * @param code of {@link ErrorCode}, the peer's or ours
   * @param byPeer whether the peer has reset it, in contrast to what we found wrong with it
   * @param detail one sentence for a person
   */
  abstract void onReset(int code, boolean byPeer, String detail);

  /** Our END_STREAM is written. */
  void onEndWritten() {}

  /** The connection ended under the stream. */
  abstract void onLost(String detail);

  /** Both directions are whole and written; the connection knows it no more. */
  abstract void onClosed();
}
