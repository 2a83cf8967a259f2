package dev.weft.testkit.net;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a link: takes frames from one device and gives them to another, late, not all,
 * slowly, or none, as it is told. Two threads of its own carry; any may tell.
 */
final class Wire {
  private static final int POLL_MILLIS = 50;

  /** What waits for its turn; as in a router, what comes on top is lost. */
  private static final int MAX_QUEUED_BYTES = 256 << 10;

  private final Tap from;
  private final Tap to;
  private final Random random;
  private final Flows flows;
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Frame> queue = new ArrayDeque<>();
  private final Thread reader = new Thread(this::read, "wire-in");
  private final Thread writer = new Thread(this::write, "wire-out");

  // All guarded by the lock.
  private long queuedBytes;
  private long delayNanos;
  private int lossPercent;
  private long bytesPerSecond;
  private boolean cut;
  private boolean closed;
  private long freeAtNanos = System.nanoTime();

  private static final class Frame {
    final byte[] bytes;
    final long dueNanos;

    Frame(byte[] bytes, long dueNanos) {
      this.bytes = bytes;
      this.dueNanos = dueNanos;
    }
  }

  Wire(Tap from, Tap to, Flows flows, long seed) {
    this.from = from;
    this.to = to;
    this.flows = flows;
    this.random = new Random(seed);
  }

  void start() {
    reader.setDaemon(true);
    writer.setDaemon(true);
    reader.start();
    writer.start();
  }

  /**
   * From now on.
   *
   * @param loss of so many percent of the frames
   * @param rate bytes a second; 0: no limit
   */
  void set(Duration delay, int loss, long rate, boolean nothing) {
    lock.lock();
    try {
      delayNanos = delay.toNanos();
      lossPercent = loss;
      bytesPerSecond = rate;
      cut = nothing;
      if (nothing) {
        queue.clear();
        queuedBytes = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  private void read() {
    while (!isClosed()) {
      byte[] frame = from.receive(POLL_MILLIS);
      if (frame.length > 0) {
        take(frame);
      }
    }
  }

  private void take(byte[] frame) {
    lock.lock();
    try {
      if (cut
          || !flows.carries(frame)
          || random.nextInt(100) < lossPercent
          || queuedBytes + frame.length > MAX_QUEUED_BYTES) {
        return;
      }
      long now = System.nanoTime();
      long takes =
          bytesPerSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(frame.length) / bytesPerSecond;
      freeAtNanos = (freeAtNanos - now > 0 ? freeAtNanos : now) + takes;
      queue.add(new Frame(frame, freeAtNanos + delayNanos));
      queuedBytes += frame.length;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    try {
      for (Frame frame = next(); frame != null; frame = next()) {
        to.send(frame.bytes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next frame that is due; null: it is closed. */
  private @Nullable Frame next() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        Frame first = queue.peek();
        if (first == null) {
          changed.await();
          continue;
        }
        long wait = first.dueNanos - System.nanoTime();
        if (wait > 0) {
          changed.awaitNanos(wait);
          continue;
        }
        // It may have been cut meanwhile.
        if (queue.poll() != null) {
          queuedBytes -= first.bytes.length;
          return first;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Returns when both threads have ended. */
  void close() throws InterruptedException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    reader.join();
    writer.join();
  }
}
