package dev.weft.sidecar.app.memory;

import dev.weft.sidecar.telemetry.Bound;

/**
 * What the process may use, from the limits that the launcher sets (heap and direct memory) and the
 * kernel's on descriptors.
 *
 * <p>A connection at rest holds no buffer; under way it holds one receive buffer at a time and what
 * its peer's socket does not take yet, which is bounded. So connections are counted by what they
 * need on average, and the rest is watched: new work is shed while more than {@code memory-shed} is
 * in use. A caller's connection may need a second descriptor, for the connection upstream.
 *
 * @param maxConnections callers' connections over all listeners
 * @param shedDirectBytes beyond it new work is refused
 */
public record MemoryPlan(
    long heapBytes, long directBytes, int maxConnections, long shedDirectBytes) {
  private static final int SHED_PERCENT = Bound.MEMORY_SHED.intValue();
  private static final long DIRECT_PER_CONNECTION = 16 * 1024;
  private static final long HEAP_PER_CONNECTION = 6 * 1024;
  // Jars, the admin server, the control plane, logs.
  private static final int OWN_DESCRIPTORS = 128;

  /**
   * @param descriptors of the process; 0: not known
   */
  public static MemoryPlan of(long heapBytes, long directBytes, int descriptors) {
    long byDirect = directBytes / DIRECT_PER_CONNECTION;
    long byHeap = heapBytes / 2 / HEAP_PER_CONNECTION;
    long byMemory = Math.clamp(Math.min(byDirect, byHeap), 128, 65_536);
    long byDescriptors =
        descriptors == 0 ? Long.MAX_VALUE : Math.max(16, (descriptors - OWN_DESCRIPTORS) / 2);
    return new MemoryPlan(
        heapBytes,
        directBytes,
        (int) Math.min(byMemory, byDescriptors),
        directBytes / 100 * SHED_PERCENT);
  }
}
