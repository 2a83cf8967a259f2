package dev.weft.controlplane.registry.store.embedded;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases that are alive, in memory: renewals never touch the disk. Safe from any thread. A
 * lease whose time is over is dead from that moment, even if nobody has removed it yet.
 */
final class Leases {
  private static final class Slot {
    final long ttlNanos;
    final @Nullable EmbeddedLease owner;
    long renewedAt;
    boolean held;

    Slot(long ttlNanos, @Nullable EmbeddedLease owner, long now) {
      this.ttlNanos = ttlNanos;
      this.owner = owner;
      this.renewedAt = now;
    }

    boolean over(long now) {
      return !held && now - renewedAt >= ttlNanos;
    }
  }

  private final LongSupplier nanoTime;
  private final Map<Long, Slot> slots = new HashMap<>();

  Leases(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Begins a lease; one without owner was found in the file. One that is known already stays as it
   * is.
   */
  synchronized void begin(long id, long ttlNanos, @Nullable EmbeddedLease owner) {
    slots.putIfAbsent(id, new Slot(ttlNanos, owner, nanoTime.getAsLong()));
  }

  synchronized boolean isEmpty() {
    return slots.isEmpty();
  }

  synchronized boolean alive(long id) {
    Slot slot = slots.get(id);
    return slot != null && !slot.over(nanoTime.getAsLong());
  }

  /** Returns whether it is still alive, with its full time again. */
  synchronized boolean renew(long id) {
    Slot slot = slots.get(id);
    long now = nanoTime.getAsLong();
    if (slot == null || slot.over(now)) {
      return false;
    }
    slot.renewedAt = now;
    return true;
  }

  /** Keeps it from ending by time; returns whether it is still alive. */
  synchronized boolean hold(long id) {
    boolean alive = renew(id);
    Slot slot = slots.get(id);
    if (alive && slot != null) {
      slot.held = true;
    }
    return alive;
  }

  synchronized void remove(long id) {
    slots.remove(id);
  }

  /** The leases whose time is over. */
  synchronized List<Long> over() {
    long now = nanoTime.getAsLong();
    List<Long> result = new ArrayList<>();
    slots.forEach(
        (id, slot) -> {
          if (slot.over(now)) {
            result.add(id);
          }
        });
    return result;
  }

  /** Who to tell that it ended; nobody if it was found in the file. */
  synchronized @Nullable EmbeddedLease owner(long id) {
    Slot slot = slots.get(id);
    return slot == null ? null : slot.owner;
  }
}
