package dev.weft.sidecar.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** Joins what was kept of a head, or of first bytes, with what came next. */
public final class Buffers {
  private Buffers() {}

  /** Both as one buffer with head-room; takes both over. */
  public static ByteBuf join(ByteBuf first, ByteBuf second, ByteBufAllocator alloc) {
    int more = second.readableBytes();
    ByteBuf all = first;
    if (first.refCnt() > 1 || first.writableBytes() < more) {
      int size = ReceiveBuffers.HEAD_ROOM + Math.max(2048, 2 * (first.readableBytes() + more));
      all = alloc.directBuffer(size).setIndex(ReceiveBuffers.HEAD_ROOM, ReceiveBuffers.HEAD_ROOM);
      all.writeBytes(first);
      first.release();
    }
    all.writeBytes(second);
    second.release();
    return all;
  }
}
