package dev.weft.controlplane.compile;

import dev.weft.proto.discovery.v1.ResourceKind;
import java.util.concurrent.atomic.AtomicLongArray;

/** How often a resource of each kind was compiled. Written by the compiler, read by any thread. */
public final class CompileCounts {
  private final AtomicLongArray counts = new AtomicLongArray(ResourceKind.APP_CONFIG_VALUE + 1);

  void add(ResourceKind kind) {
    counts.incrementAndGet(kind.getNumber());
  }

  public long of(ResourceKind kind) {
    return counts.get(kind.getNumber());
  }
}
