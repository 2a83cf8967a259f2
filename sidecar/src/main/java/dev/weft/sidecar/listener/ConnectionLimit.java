package dev.weft.sidecar.listener;

import java.util.concurrent.atomic.AtomicInteger;

/** How many callers' connections the process serves at most, over all listeners. Thread-safe. */
public final class ConnectionLimit {
  private final AtomicInteger open = new AtomicInteger();
  private final int max;
  private volatile boolean shedding;

  public ConnectionLimit(int max) {
    this.max = max;
  }

  public int open() {
    return open.get();
  }

  public int max() {
    return max;
  }

  /** While memory is short no new connection is taken. */
  public void shedding(boolean now) {
    shedding = now;
  }

  public boolean shedding() {
    return shedding;
  }

  boolean tryAcquire() {
    if (shedding) {
      return false;
    }
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
