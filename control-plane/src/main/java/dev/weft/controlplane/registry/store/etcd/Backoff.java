package dev.weft.controlplane.registry.store.etcd;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt: doubling, bounded, with half of it random. For one
 * thread.
 */
final class Backoff {
  private static final long FIRST_MILLIS = 100;
  private static final long LAST_MILLIS = 5_000;

  private long millis = FIRST_MILLIS;

  /** Milliseconds until the next attempt. */
  long next() {
    long base = millis;
    millis = Math.min(LAST_MILLIS, millis * 2);
    return base / 2 + ThreadLocalRandom.current().nextLong(base / 2 + 1);
  }

  /** It worked: begin anew. */
  void reset() {
    millis = FIRST_MILLIS;
  }
}
