package dev.weft.sidecar.listener;

import java.util.concurrent.atomic.AtomicInteger;

/** How many callers' connections the process serves at most, over all listeners. Thread-safe. */
public final class ConnectionLimit {
  private final AtomicInteger open = new AtomicInteger();
  private final int max;

  public ConnectionLimit(int max) {
    this.max = max;
  }

  public int open() {
    return open.get();
  }

  public int max() {
    return max;
  }

  boolean tryAcquire() {
    if (open.incrementAndGet() <= max) {
      return true;
    }
    open.decrementAndGet();
    return false;
  }

  void release() {
    open.decrementAndGet();
  }
}
