package dev.weft.sidecar.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;

/**
 * Allocates receive buffers with head-room in front, into which an encoder writes added headers.
 * The size follows what a connection's reads bring, between a few KB and 64 KB.
 */
public final class ReceiveBuffers extends DefaultMaxMessagesRecvByteBufAllocator {
  /** Bytes left free in front of what is received. */
  public static final int HEAD_ROOM = 256;

  private static final int[] SIZES = {2048, 4096, 8192, 16 * 1024, 32 * 1024, 64 * 1024};
  private static final int INITIAL = 1;

  @Override
  @SuppressWarnings("deprecation") // The return type is what Netty still declares.
  public RecvByteBufAllocator.Handle newHandle() {
    return new Sizing();
  }

  private final class Sizing extends MaxMessageHandle {
    private int level = INITIAL;
    private boolean smallBefore;

    @Override
    public int guess() {
      return SIZES[level];
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator alloc) {
      if (level > INITIAL && Pressure.isHigh()) {
        level = INITIAL;
      }
      return alloc.ioBuffer(SIZES[level]).setIndex(HEAD_ROOM, HEAD_ROOM);
    }

    @Override
    public void lastBytesRead(int bytes) {
      super.lastBytesRead(bytes);
      if (bytes <= 0) {
        return;
      }
      if (bytes >= SIZES[level] - HEAD_ROOM) {
        level = Math.min(level + 1, SIZES.length - 1);
        smallBefore = false;
      } else if (level > 0 && bytes < SIZES[level - 1] / 2) {
        // Twice in a row, so that the short end of a long body does not count.
        if (smallBefore) {
          level--;
        }
        smallBefore = !smallBefore;
      } else {
        smallBefore = false;
      }
    }
  }
}
