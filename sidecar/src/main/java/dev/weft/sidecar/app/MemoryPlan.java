package dev.weft.sidecar.app;

import dev.weft.sidecar.telemetry.Bound;

/**
 * What the process may use, from the two limits that the launcher sets (heap and direct memory).
 *
 * <p>A connection at rest holds no buffer; under way it holds one receive buffer at a time and what
 * its peer's socket does not take yet, which is bounded. So connections are counted by what they
 * need on average, and the rest is watched: new work is shed while direct memory is used to more
 * than {@code memory-shed}.
 *
 * @param maxConnections callers' connections over all listeners
 * @param shedDirectBytes beyond it new work is refused
 */
record MemoryPlan(long heapBytes, long directBytes, int maxConnections, long shedDirectBytes) {
  static final int SHED_PERCENT = Bound.MEMORY_SHED.intValue();
  private static final long DIRECT_PER_CONNECTION = 16 * 1024;
  private static final long HEAP_PER_CONNECTION = 6 * 1024;

  static MemoryPlan of(long heapBytes, long directBytes) {
    long byDirect = directBytes / DIRECT_PER_CONNECTION;
    long byHeap = heapBytes / 2 / HEAP_PER_CONNECTION;
    return new MemoryPlan(
        heapBytes,
        directBytes,
        Math.clamp(Math.min(byDirect, byHeap), 128, 65_536),
        directBytes / 100 * SHED_PERCENT);
  }
}
