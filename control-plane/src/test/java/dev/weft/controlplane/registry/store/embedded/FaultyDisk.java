package dev.weft.controlplane.registry.store.embedded;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * A disk that can be full, and that can lose power: of what was appended after the last sync, any
 * blocks may then be there and any missing.
 */
final class FaultyDisk implements Disk {
  private static final int BLOCK = 512;

  private final Map<Path, Content> contents = new HashMap<>();
  private boolean full;
  private int operationsLeft = Integer.MAX_VALUE;

  private static final class Content {
    byte[] synced = {};
    final ByteArrayOutputStream unsynced = new ByteArrayOutputStream();

    void sync() {
      int before = synced.length;
      synced = Arrays.copyOf(synced, before + unsynced.size());
      System.arraycopy(unsynced.toByteArray(), 0, synced, before, unsynced.size());
      unsynced.reset();
    }

    byte[] afterPowerLoss(Random random) {
      byte[] tail = Arrays.copyOf(unsynced.toByteArray(), random.nextInt(unsynced.size() + 1));
      byte[] result = Arrays.copyOf(synced, synced.length + tail.length);
      for (int at = 0; at < tail.length; at += BLOCK) {
        if (random.nextInt(4) > 0) {
          System.arraycopy(tail, at, result, synced.length + at, Math.min(BLOCK, tail.length - at));
        }
      }
      return result;
    }
  }

  synchronized void full(boolean isFull) {
    full = isFull;
  }

  /** Lets the power fail at one of the next operations. */
  synchronized void losePowerAfter(int operations) {
    operationsLeft = operations;
  }

  /** Whether the power failed. */
  synchronized boolean dark() {
    return operationsLeft <= 0;
  }

  /** Puts on the real disk what is there when the power is back. */
  synchronized void comeBack(Random random) throws IOException {
    for (Map.Entry<Path, Content> each : contents.entrySet()) {
      Files.write(each.getKey(), each.getValue().afterPowerLoss(random));
    }
  }

  private void check() throws IOException {
    if (full) {
      throw new IOException("No space left on device");
    }
    if (operationsLeft <= 0 || --operationsLeft == 0) {
      throw new IOException("the power is gone");
    }
  }

  @Override
  public synchronized Appender create(Path file) throws IOException {
    check();
    contents.put(file, new Content());
    return new FaultyAppender(file, LOCAL.create(file));
  }

  @Override
  public synchronized Appender open(Path file, long size) throws IOException {
    check();
    Content content = new Content();
    Appender real = LOCAL.open(file, size);
    content.synced = Files.readAllBytes(file);
    contents.put(file, content);
    return new FaultyAppender(file, real);
  }

  @Override
  public synchronized void replace(Path newFile, Path file) throws IOException {
    check();
    LOCAL.replace(newFile, file);
    Content content = contents.remove(newFile);
    if (content != null) {
      contents.put(file, content);
    }
  }

  private final class FaultyAppender implements Appender {
    private final Appender real;
    private final Content content;

    FaultyAppender(Path file, Appender real) {
      this.real = real;
      content = contents.computeIfAbsent(file, path -> new Content());
    }

    @Override
    public void append(ByteBuffer bytes) throws IOException {
      synchronized (FaultyDisk.this) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        // What fails may have been written in part.
        content.unsynced.writeBytes(copy);
        check();
        real.append(bytes);
      }
    }

    @Override
    public void sync() throws IOException {
      synchronized (FaultyDisk.this) {
        check();
        content.sync();
      }
    }

    @Override
    public void close() throws IOException {
      real.close();
    }
  }
}
