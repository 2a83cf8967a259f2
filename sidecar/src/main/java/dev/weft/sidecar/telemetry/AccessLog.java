package dev.weft.sidecar.telemetry;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * The access log: one ring per worker, one thread of its own that formats and writes. A slow or
 * full disk makes records be dropped and counted; it never holds a worker up.
 */
public final class AccessLog implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(AccessLog.class);
  private static final int RING_CAPACITY = Bound.ACCESS_LOG_RING.intValue();
  private static final int FLUSH_BYTES = Bound.ACCESS_LOG_WRITE.intValue();
  // While there is traffic the writer looks this often; a worker has to wake it only after a pause.
  private static final long BATCH_NANOS = 10_000_000L;
  private static final long PARKED_NANOS = 1_000_000_000L;
  private static final int EMPTY_ROUNDS_UNTIL_PARKED = 50;

  private final OutputStream out;
  private final List<AccessLogRing> rings = new CopyOnWriteArrayList<>();
  private final AccessLogFormat format = new AccessLogFormat();
  private final Thread writer;
  private volatile boolean parked;
  private volatile boolean closed;
  private boolean failing;

  private AccessLog(OutputStream out) {
    this.out = out;
    this.writer = new Thread(null, this::run, "weft-access-log", 0, false);
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * Opens a log.
   *
   * @param target a file to append to, or {@code -} for standard output
   * @throws UncheckedIOException when the file cannot be opened, with its path and the reason
   */
  public static AccessLog open(String target) {
    if (target.equals("-")) {
      return new AccessLog(new FileOutputStream(FileDescriptor.out));
    }
    try {
      return new AccessLog(
          Files.newOutputStream(
              Path.of(target),
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND,
              StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new UncheckedIOException("access log " + target + " cannot be opened: " + e, e);
    }
  }

  static AccessLog to(OutputStream out) {
    return new AccessLog(out);
  }

  AccessLogRing newRing() {
    var ring = new AccessLogRing(RING_CAPACITY);
    rings.add(ring);
    return ring;
  }

  /** Worker, after an offer. */
  void wake() {
    if (parked) {
      LockSupport.unpark(writer);
    }
  }

  /** Records lost because a ring was full. */
  long dropped() {
    long sum = 0;
    for (AccessLogRing ring : rings) {
      sum += ring.dropped();
    }
    return sum;
  }

  /** Writes what is there and ends the writer; waits at most a second for it. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(writer);
    try {
      writer.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    int emptyRounds = 0;
    while (true) {
      boolean last = closed;
      emptyRounds = drain() ? 0 : emptyRounds + 1;
      if (last) {
        closeQuietly();
        return;
      }
      if (emptyRounds < EMPTY_ROUNDS_UNTIL_PARKED) {
        LockSupport.parkNanos(this, BATCH_NANOS);
        continue;
      }
      parked = true;
      // Looked at again after the flag: a worker that did not see it has its record seen here.
      if (allEmpty() && !closed) {
        // Bounded all the same: the worker's store and its look at the flag are not fenced.
        LockSupport.parkNanos(this, PARKED_NANOS);
      }
      parked = false;
      emptyRounds = 0;
    }
  }

  private boolean allEmpty() {
    for (AccessLogRing ring : rings) {
      if (!ring.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private boolean drain() {
    boolean any = false;
    for (AccessLogRing ring : rings) {
      for (RequestRecord record = ring.peek(); record != null; record = ring.peek()) {
        format.append(record);
        ring.release();
        any = true;
        if (format.length() >= FLUSH_BYTES) {
          write();
        }
      }
    }
    if (format.length() > 0) {
      write();
    }
    return any;
  }

  private void write() {
    try {
      out.write(format.buffer(), 0, format.length());
      out.flush();
      if (failing) {
        failing = false;
        LOG.log(System.Logger.Level.INFO, "access log can be written again");
      }
    } catch (IOException e) {
      if (!failing) {
        failing = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "access log cannot be written, lines are lost until it can: " + e.getMessage());
      }
    }
    format.clear();
  }

  private void closeQuietly() {
    try {
      out.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "access log did not close cleanly", e);
    }
  }
}
