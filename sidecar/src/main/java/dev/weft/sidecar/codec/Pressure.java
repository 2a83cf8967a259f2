package dev.weft.sidecar.codec;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.internal.PlatformDependent;

/**
 * What a connection may hold while buffers have taken more than {@code buffer-pressure} of direct
 * memory: little. So many stalled connections cannot use it up, and with memory at hand a few fast
 * ones have large buffers. Asked per read and per write that queues: one read of a counter.
 */
public final class Pressure {
  private static final long LIMIT =
      PlatformDependent.maxDirectMemory() / 100 * Bound.BUFFER_PRESSURE.value();
  private static final WriteBufferWaterMark SMALL = new WriteBufferWaterMark(4 * 1024, 8 * 1024);

  private Pressure() {}

  public static boolean isHigh() {
    return PlatformDependent.usedDirectMemory() > LIMIT;
  }

  /**
   * A piece that is about to be written. Where something waits for the socket already, it may wait
   * long: then it is worth a copy not to hold a large buffer for a few bytes, and under pressure
   * the sender is to be stopped early from now on.
   */
  public static ByteBuf beforeWrite(Channel channel, ByteBuf data, int copied) {
    ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
    if (queue == null || queue.totalPendingWriteBytes() <= copied) {
      return data;
    }
    ChannelConfig config = channel.config();
    if (isHigh() && config.getWriteBufferHighWaterMark() > SMALL.high()) {
      config.setWriteBufferWaterMark(SMALL);
    }
    int size = data.readableBytes();
    if (size > copied || data.capacity() < 2 * size) {
      return data;
    }
    ByteBuf copy = channel.alloc().directBuffer(size).writeBytes(data);
    data.release();
    return copy;
  }
}
