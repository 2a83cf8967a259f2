package dev.weft.sidecar.app.memory;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import org.jspecify.annotations.Nullable;

/**
 * Java's heap. What is held is what has survived the last full collection, and the young
 * generation's share is left out of it. The platform's own classes for that are loaded when they
 * are needed, and not in a sidecar that is well.
 */
public final class Heap implements MemoryWatch.Source {
  private @Nullable MemoryPoolMXBean old;

  @Override
  public long max() {
    return Runtime.getRuntime().maxMemory();
  }

  @Override
  public long atMost() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Override
  public long held() {
    MemoryPoolMXBean pool = old;
    if (pool == null) {
      pool = find();
      old = pool;
    }
    MemoryUsage survived = pool == null ? null : pool.getCollectionUsage();
    return survived == null ? 0 : survived.getUsed();
  }

  @Override
  @SuppressWarnings("SystemGC") // Nothing else would, while everything is refused.
  public void refresh() {
    System.gc();
  }

  private static @Nullable MemoryPoolMXBean find() {
    MemoryPoolMXBean largest = null;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP
          && pool.isCollectionUsageThresholdSupported()
          && (largest == null || pool.getUsage().getMax() > largest.getUsage().getMax())) {
        largest = pool;
      }
    }
    return largest;
  }
}
