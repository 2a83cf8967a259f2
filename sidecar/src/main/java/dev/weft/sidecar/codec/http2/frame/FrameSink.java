package dev.weft.sidecar.codec.http2.frame;

import io.netty.buffer.ByteBuf;

/**
 * Hears the frames of one connection, well formed as far as a frame alone can tell; each method may
 * throw {@link ConnectionError}. Payloads lie between the buffer's indices, which the callee may
 * move, and stay the reader's.
 */
public interface FrameSink {
  /** Whether more frames are wanted. */
  boolean isOpen();

  /**
   * A head, whole.
   *
   * @param dependsOnItself what is wrong with its priority, if it has one
   */
  void onHeaders(int stream, ByteBuf block, boolean end, boolean dependsOnItself);

  /**
   * A DATA frame begins.
   *
   * @param flowLength what it takes of the windows
   * @param content how many bytes of it are data
   */
  void onDataFrame(int stream, int flowLength, int content, boolean end);

  /** A part of its content; not retained yet. */
  void onDataBytes(ByteBuf in, int at, int length);

  /** The frame is whole. */
  void onDataEnd(boolean end);

  void onPriority(int stream, boolean wellFormed, boolean dependsOnItself);

  void onReset(int stream, int code);

  void onSettings(boolean ack, ByteBuf payload);

  void onPing(boolean ack, long content);

  void onGoAway(int lastStream, int code);

  /**
   * @param stream 0 for the connection
   */
  void onWindowUpdate(int stream, int increment);

  void onUnknown();

  /** The error for a flood that is certain already. */
  ConnectionError flood(Flood flood);
}
