package dev.weft.sidecar.app.memory;

import io.netty.buffer.PooledByteBufAllocator;

/** The allocator's direct memory. */
public record DirectMemory(PooledByteBufAllocator allocator, long max)
    implements MemoryWatch.Source {
  @Override
  public long atMost() {
    return allocator.metric().usedDirectMemory();
  }

  @Override
  public long held() {
    return allocator.pinnedDirectMemory();
  }

  @Override
  public void refresh() {
    // It always tells what is.
  }
}
