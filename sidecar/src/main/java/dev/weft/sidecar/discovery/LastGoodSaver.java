package dev.weft.sidecar.discovery;

import dev.weft.sidecar.telemetry.Logs;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the file of the last good configuration up to date, at most one write at a time and not one
 * per change; writes on a short-lived thread of its own. Control loop only, but for {@link #join}.
 */
final class LastGoodSaver {
  private static final System.Logger LOG = Logs.of(LastGoodSaver.class);
  private static final long DELAY_MILLIS = 300;

  private final LastGoodFile file;
  private final EventLoop loop;
  private final Supplier<LastGoodFile.Content> content;
  private boolean dirty;
  private boolean busy;
  private String state = "not written yet";
  private boolean failed;
  private boolean closed;
  private volatile @Nullable Thread writer;

  LastGoodSaver(LastGoodFile file, EventLoop loop, Supplier<LastGoodFile.Content> content) {
    this.file = file;
    this.loop = loop;
    this.content = content;
  }

  void changed() {
    if (closed) {
      return;
    }
    dirty = true;
    if (!busy) {
      busy = true;
      loop.schedule(this::saveIfOpen, DELAY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** What is not on disk yet goes there now; nothing after it. */
  void close() {
    closed = true;
    if (dirty && writer == null) {
      save();
    }
  }

  /** Any thread but the loop's: waits for a write that is under way. */
  void join(long millis) throws InterruptedException {
    Thread running = writer;
    if (running != null) {
      running.join(millis);
    }
  }

  /** For people: how the file is. */
  String state() {
    return state;
  }

  private void saveIfOpen() {
    if (!closed) {
      save();
    }
  }

  private void save() {
    dirty = false;
    LastGoodFile.Content now = content.get();
    var thread =
        new Thread(
            null,
            () -> {
              String problem = write(now);
              try {
                loop.execute(() -> saved(now, problem));
              } catch (RejectedExecutionException e) {
                LOG.log(System.Logger.Level.DEBUG, "the loop has ended before the write");
              }
            },
            "weft-last-good",
            0,
            false);
    thread.setDaemon(true);
    writer = thread;
    thread.start();
  }

  private String write(LastGoodFile.Content what) {
    try {
      file.write(what);
      return "";
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void saved(LastGoodFile.Content what, String problem) {
    busy = false;
    writer = null;
    if (!problem.isEmpty()) {
      state = "cannot be written: " + problem;
      if (!failed) {
        failed = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "last good configuration cannot be written to {0}, a restart without the control plane"
                + " would find none: {1}",
            file.path(),
            problem);
      }
    } else {
      failed = false;
      state = "revision " + what.revision() + ", " + what.resources().size() + " resources";
    }
    if (dirty) {
      changed();
    }
  }
}
