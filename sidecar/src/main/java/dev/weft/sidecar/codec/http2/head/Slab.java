package dev.weft.sidecar.codec.http2.head;

import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/**
 * Where a decoded head lies: the same memory as a {@code ByteBuffer} for the view and as a {@code
 * ByteBuf} for encoders. Used again for the next head, unless somebody still holds it. Worker
 * thread only.
 */
public final class Slab {
  private static final int SMALLEST = 1024;

  /** A larger one is not kept for the next head; bytes. */
  private static final int KEPT = Bound.H2_KEPT_HEAD.intValue();

  private ByteBuffer bytes = ByteBuffer.allocate(0);
  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;

  /** Puts bytes in it and gives them to a head, whose view the caller fills then. */
  ByteBuffer fill(byte[] from, int length, ReceivedHead head) {
    if (bytes.capacity() < length || buffer.refCnt() != 1 || bytes.capacity() > KEPT) {
      bytes = ByteBuffer.allocateDirect(Math.max(SMALLEST, Integer.highestOneBit(length) * 2));
      buffer = Unpooled.wrappedBuffer(bytes);
    }
    bytes.put(0, from, 0, length);
    buffer.setIndex(0, length);
    head.buffer = buffer;
    head.start = 0;
    head.end = length;
    head.room = 0;
    head.lines = false;
    head.inlineBody = 0;
    head.exclusive = false;
    return bytes;
  }
}
