package dev.weft.sidecar.appconfig;

import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a folder as our instance is configured. Control loop; each write has a thread for the time,
 * one after the other, and what changes meanwhile is written by the next.
 */
public final class ConfigFiles {
  private static final System.Logger LOG = Logs.of(ConfigFiles.class);
  private static final long RETRY_MILLIS = Bound.CONFIG_FILES_RETRY.millis();

  private final ConfigFolder folder;
  private final AppValues values;
  private final EventLoop loop;
  private boolean dirty;
  private boolean busy;
  private boolean closed;
  private String said = "";
  private volatile @Nullable Thread writer;

  private ConfigFiles(ConfigFolder folder, AppValues values, EventLoop loop) {
    this.folder = folder;
    this.values = values;
    this.loop = loop;
  }

  /** Writes what changes from now on; before the first change. */
  public static ConfigFiles follow(Path folder, AppValues values, EventLoop loop) {
    var files = new ConfigFiles(new ConfigFolder(folder.toAbsolutePath()), values, loop);
    values.watch(files::changed);
    return files;
  }

  /** Nothing is begun any more. */
  public void close() {
    closed = true;
  }

  /** Any thread but the loop's: waits for a write that is under way. */
  public void join(long millis) throws InterruptedException {
    Thread running = writer;
    if (running != null) {
      running.join(millis);
    }
  }

  private void changed() {
    dirty = true;
    if (!busy && !closed) {
      busy = true;
      write();
    }
  }

  private void write() {
    dirty = false;
    List<ConfigValue> now = values.all();
    var thread = new Thread(null, () -> write(now), "weft-config-files", 0, false);
    thread.setDaemon(true);
    writer = thread;
    thread.start();
  }

  private void write(List<ConfigValue> now) {
    String problem = "";
    boolean again = false;
    try {
      List<String> taken = folder.write(now);
      if (!taken.isEmpty()) {
        problem = "these are there already and are not ours: " + String.join(", ", taken);
      }
    } catch (IOException | RuntimeException e) {
      problem = "it cannot be written: " + e;
      again = true;
    }
    String told = problem;
    boolean retry = again;
    try {
      loop.execute(() -> written(told, retry));
    } catch (RejectedExecutionException e) {
      LOG.log(System.Logger.Level.DEBUG, "the loop has ended before the write");
    }
  }

  private void written(String problem, boolean retry) {
    writer = null;
    if (!problem.isEmpty() && !problem.equals(said)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the configuration in {0} is not as it should be: {1}",
          folder.path(),
          problem);
    }
    said = problem;
    if (closed) {
      return;
    }
    if (dirty) {
      write();
    } else if (retry) {
      loop.schedule(this::again, RETRY_MILLIS, TimeUnit.MILLISECONDS);
    } else {
      busy = false;
    }
  }

  private void again() {
    if (!closed) {
      write();
    }
  }
}
