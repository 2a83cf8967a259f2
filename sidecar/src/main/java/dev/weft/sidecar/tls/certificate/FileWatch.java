package dev.weft.sidecar.tls.certificate;

import dev.weft.sidecar.telemetry.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Looks every second at files that are replaced while the process runs, however they are replaced:
 * written over, renamed onto, or reached over a symbolic link that is swung, as Kubernetes does
 * with its volumes. A look is a few {@code stat} calls; a watch by inotify would miss links and
 * network file systems. What has changed is loaded once it has stayed the same for a whole look, so
 * that a certificate and its key that are written one after the other are seen together.
 *
 * <p>Owns one thread, on which every action runs. {@link #add} is safe from any thread.
 */
public final class FileWatch implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(FileWatch.class);
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final List<Watched> watched = new ArrayList<>();
  private volatile boolean closed;
  private @Nullable Thread thread;

  /** What tells one content of a file from another without reading it; null: there is no file. */
  private record Mark(@Nullable Object inode, long size, long modifiedNanos) {
    static @Nullable Mark of(Path file) {
      try {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Mark(
            attributes.fileKey(),
            attributes.size(),
            attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
      } catch (IOException e) {
        return null;
      }
    }
  }

  private static class Watched {
    private final List<Path> files;
    private final Runnable action;
    private List<@Nullable Mark> loaded;
    private List<@Nullable Mark> seen;

    Watched(List<Path> files, Runnable action) {
      this.files = files;
      this.action = action;
      this.loaded = marks();
      this.seen = loaded;
    }

    private List<@Nullable Mark> marks() {
      var marks = new ArrayList<@Nullable Mark>();
      files.forEach(file -> marks.add(Mark.of(file)));
      return marks;
    }

    void look() {
      List<@Nullable Mark> now = marks();
      boolean settled = Objects.equals(now, seen);
      seen = now;
      if (settled && !Objects.equals(now, loaded)) {
        loaded = now;
        action.run();
      }
    }
  }

  /**
   * Calls the action whenever one of the files has changed. What is loaded by then is to be loaded
   * after this call, so that nothing falls between.
   */
  public synchronized void add(List<Path> files, Runnable action) {
    watched.add(new Watched(List.copyOf(files), action));
  }

  /** Calls the action at every look. */
  public synchronized void everyLook(Runnable action) {
    watched.add(
        new Watched(List.of(), action) {
          @Override
          void look() {
            action.run();
          }
        });
  }

  /** Begins to look. */
  public void start() {
    var looking = new Thread(null, this::run, "weft-tls-files", 0, false);
    looking.setDaemon(true);
    thread = looking;
    looking.start();
  }

  /** One look at everything; by the thread, and by who tests. */
  public synchronized void look() {
    for (Watched each : watched) {
      try {
        each.look();
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, "looking at " + each.files + " failed", e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    Thread looking = thread;
    if (looking != null) {
      LockSupport.unpark(looking);
    }
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, INTERVAL_NANOS);
      if (!closed) {
        look();
      }
    }
  }
}
