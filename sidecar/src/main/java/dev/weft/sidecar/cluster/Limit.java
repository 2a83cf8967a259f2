package dev.weft.sidecar.cluster;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bound that holds for the whole process. Whoever acquired releases on the same object. The
 * control loop may change the bound; what was acquired before stays acquired.
 */
public final class Limit {
  private final AtomicInteger used = new AtomicInteger();
  private volatile int max;

  Limit(int max) {
    this.max = max;
  }

  /** Any worker; one compare-and-set. */
  public boolean tryAcquire() {
    int now = used.get();
    while (now < max) {
      int seen = used.compareAndExchange(now, now + 1);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  public void release() {
    used.getAndDecrement();
  }

  public int used() {
    return used.get();
  }

  public int max() {
    return max;
  }

  void max(int max) {
    this.max = max;
  }
}
