package dev.weft.sidecar.telemetry;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue from one worker to the access log's writer. Slots are made on first use and
 * reused ever after. When it is full, the record is dropped and counted.
 */
final class AccessLogRing {
  private final @Nullable RequestRecord[] slots;
  private final int mask;
  private final AtomicLong head = new AtomicLong();
  private final AtomicLong tail = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  // The worker's last look at head: it reads the shared one only when the ring seems full.
  private long seenHead;

  /**
   * @param capacity a power of two
   */
  AccessLogRing(int capacity) {
    slots = new RequestRecord[capacity];
    mask = capacity - 1;
  }

  /** Worker only: copies the record; false when it was dropped. */
  boolean offer(RequestRecord record) {
    long at = tail.getPlain();
    if (at - seenHead == slots.length) {
      seenHead = head.getAcquire();
      if (at - seenHead == slots.length) {
        dropped.setOpaque(dropped.getPlain() + 1);
        return false;
      }
    }
    int index = (int) at & mask;
    RequestRecord slot = slots[index];
    if (slot == null) {
      slot = new RequestRecord(true);
      slots[index] = slot;
    }
    slot.copyFrom(record);
    tail.setRelease(at + 1);
    return true;
  }

  /** Writer only: the oldest record, which stays in place until {@link #release}; null if none. */
  @Nullable RequestRecord peek() {
    long at = head.getPlain();
    return at == tail.getAcquire() ? null : slots[(int) at & mask];
  }

  /** Writer only: gives the slot of the last {@link #peek} back. */
  void release() {
    head.setRelease(head.getPlain() + 1);
  }

  boolean isEmpty() {
    return head.get() == tail.get();
  }

  /** Any thread. */
  long dropped() {
    return dropped.getOpaque();
  }
}
