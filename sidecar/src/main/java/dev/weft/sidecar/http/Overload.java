package dev.weft.sidecar.http;

import dev.weft.sidecar.telemetry.Bound;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the process takes on at all: while memory is short, or when so many requests are under way
 * as it may serve, new ones are refused, and those under way are served on. Thread-safe.
 */
public final class Overload {
  private final int maxRequests;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile boolean memoryShort;

  /**
   * @param maxRequests of all workers together; 0: no limit, and none is counted
   */
  public Overload(int maxRequests) {
    this.maxRequests = maxRequests;
  }

  /** Said by whoever watches memory. */
  public void memoryShort(boolean now) {
    memoryShort = now;
  }

  public boolean memoryShort() {
    return memoryShort;
  }

  /** Requests under way; 0 without a limit. */
  public int requests() {
    return requests.get();
  }

  /** 0: no limit. */
  public int maxRequests() {
    return maxRequests;
  }

  /**
   * A request is about to begin.
   *
   * @return the bound that refuses it; null: it begins, and {@link #ended} is to be called
   */
  public @Nullable Bound begin() {
    if (memoryShort) {
      return Bound.MEMORY_SHED;
    }
    if (maxRequests > 0 && requests.incrementAndGet() > maxRequests) {
      requests.decrementAndGet();
      return Bound.REQUESTS;
    }
    return null;
  }

  /** A request that has begun is over. */
  public void ended() {
    if (maxRequests > 0) {
      requests.decrementAndGet();
    }
  }
}
