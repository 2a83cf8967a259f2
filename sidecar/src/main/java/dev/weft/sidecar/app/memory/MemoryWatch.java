package dev.weft.sidecar.app.memory;

import dev.weft.sidecar.http.Overload;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import java.util.function.LongSupplier;

/**
 * Tells when memory is short, so that new work is refused before there is none left: direct memory
 * by what its buffers hold, the heap by what has survived its last full collection, since garbage
 * is no shortage. Short begins above {@code memory-shed} and ends a little below it. Control loop
 * only, every 100 ms.
 */
public final class MemoryWatch {
  private static final System.Logger LOG = Logs.of(MemoryWatch.class);
  private static final int BEGINS = Bound.MEMORY_SHED.intValue();
  private static final int ENDS = BEGINS - 5;
  // Refusing everything makes no garbage, so that nothing would ever collect.
  private static final long COLLECT_NANOS = 5_000_000_000L;

  private final Source direct;
  private final Source heap;
  private final Overload overload;
  private final LongSupplier nanoClock;
  private boolean directShort;
  private boolean heapShort;
  private long collectedAt;

  /** One kind of memory. */
  public interface Source {
    long max();

    /** Cheap, and never less than what is held. */
    long atMost();

    /** What is held; asked only when {@link #atMost} says that it may matter. */
    long held();

    /** Has {@link #held} told anew, if it needs that. */
    void refresh();
  }

  public MemoryWatch(Source direct, Source heap, Overload overload, LongSupplier nanoClock) {
    this.direct = direct;
    this.heap = heap;
    this.overload = overload;
    this.nanoClock = nanoClock;
  }

  /** Looks once. */
  public void watch() {
    long now = nanoClock.getAsLong();
    directShort = isShort(direct, directShort);
    boolean was = heapShort;
    heapShort = isShort(heap, heapShort);
    if (heapShort && !was) {
      collectedAt = now;
    } else if (heapShort && now - collectedAt > COLLECT_NANOS) {
      collectedAt = now;
      heap.refresh();
    }
    boolean isShort = directShort || heapShort;
    if (isShort != overload.memoryShort()) {
      overload.memoryShort(isShort);
      LOG.log(
          System.Logger.Level.WARNING,
          isShort
              ? (directShort ? "direct memory" : "the heap") + " is short: new work is refused"
              : "memory suffices again");
    }
  }

  private static boolean isShort(Source source, boolean already) {
    long limit = source.max() / 100 * (already ? ENDS : BEGINS);
    return source.atMost() > limit && source.held() > limit;
  }
}
