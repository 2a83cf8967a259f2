package dev.weft.controlplane.app;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import org.jspecify.annotations.Nullable;

/**
 * The part of Java's heap for what lives long. What is in use is no measure of it, since most of
 * that may be garbage; what its last collection left is. Any thread may ask.
 */
final class OldHeap {
  private final @Nullable MemoryPoolMXBean pool = find();

  /** What survived the last full collection, of what there may be; 0 before the first one. */
  double heldRatio() {
    MemoryUsage survived = pool == null ? null : pool.getCollectionUsage();
    return survived == null || survived.getMax() <= 0
        ? 0
        : (double) survived.getUsed() / survived.getMax();
  }

  private static @Nullable MemoryPoolMXBean find() {
    MemoryPoolMXBean largest = null;
    for (MemoryPoolMXBean each : ManagementFactory.getMemoryPoolMXBeans()) {
      if (each.getType() == MemoryType.HEAP
          && each.isCollectionUsageThresholdSupported()
          && (largest == null || each.getUsage().getMax() > largest.getUsage().getMax())) {
        largest = each;
      }
    }
    return largest;
  }
}
