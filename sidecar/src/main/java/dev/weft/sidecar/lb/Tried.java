package dev.weft.sidecar.lb;

import org.jspecify.annotations.Nullable;

/**
 * What a pick has to know of its request: the endpoints that it has been sent to already and, where
 * that decides, whose it is. Owned by the request, on its worker; reused after {@link #reset()}.
 * The picker itself records what it picks.
 */
public final class Tried {
  /** More than a request can have attempts (one and ten more). */
  private static final int CAPACITY = 16;

  private final @Nullable EndpointLoad[] loads = new @Nullable EndpointLoad[CAPACITY];
  private int count;
  private long client;

  public boolean isEmpty() {
    return count == 0;
  }

  public int count() {
    return count;
  }

  public void reset() {
    for (int i = Math.min(count, CAPACITY) - 1; i >= 0; i--) {
      loads[i] = null;
    }
    count = 0;
  }

  /** Whose request it is, as a number; kept until the next is told. */
  public void client(long hash) {
    client = hash;
  }

  long client() {
    return client;
  }

  /** The oldest is forgotten when there are more than fit. */
  public void add(EndpointLoad load) {
    loads[count % CAPACITY] = load;
    count++;
  }

  boolean contains(EndpointLoad load) {
    return lastAttempt(load) >= 0;
  }

  /** The number of the last attempt that went there, from 0; -1 if none did. */
  public int lastAttempt(EndpointLoad load) {
    for (int i = count - 1; i >= 0 && i >= count - CAPACITY; i--) {
      if (loads[i % CAPACITY] == load) {
        return i;
      }
    }
    return -1;
  }
}
