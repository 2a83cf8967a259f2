package dev.weft.controlplane.app;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The part of Java's heap for what lives long. What is in use is no measure of it, since most of
 * that may be garbage; what its last collection left is. Any thread may ask.
 */
final class OldHeap {
  /** What may have come since the last collection, however little survived that. */
  private static final long SPARE_BYTES = 12L << 20;

  private static final long EVERY_SECONDS = 10;

  private final @Nullable MemoryPoolMXBean pool = find();

  /**
   * Collects it from now on whenever half of what had survived has come. By itself the serial
   * collector takes all the heap that it may have before it looks here for garbage, so that a
   * process that holds 20 MiB would grow to the largest size of its heap within hours. And what
   * survived in a busy moment may be twice as much as usual: it is looked at again soon.
   */
  static void keepSmall() {
    var heap = new OldHeap();
    Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("weft-old-heap").daemon(true).factory())
        .scheduleWithFixedDelay(
            heap::collectIfMuchHasCome, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  /** Whether it was so; then everything stands still for a moment. */
  @SuppressWarnings("SystemGC") // Nothing else has the collector look here.
  boolean collectIfMuchHasCome() {
    if (pool == null) {
      return false;
    }
    MemoryUsage last = pool.getCollectionUsage();
    long survived = last == null ? 0 : last.getUsed();
    if (pool.getUsage().getUsed() - survived < Math.max(survived / 2, SPARE_BYTES)) {
      return false;
    }
    System.gc();
    return true;
  }

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
