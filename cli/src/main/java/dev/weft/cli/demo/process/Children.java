package dev.weft.cli.demo.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * The processes that the demo has started. Each watches the pipe that is its standard input and
 * kills itself when this process has gone, however it went; each writes to a log of its own.
 */
public final class Children implements AutoCloseable {
  /**
   * Makes any program end with its standard input: the shell becomes the program, so they have one
   * process id. A background command's own standard input is empty, hence the third descriptor.
   */
  private static final String END_WITH_STDIN =
      "exec 3<&0; { cat <&3 >/dev/null; kill -9 $$; } 2>/dev/null & exec 3<&-; exec \"$@\"";

  /** The exit value of a process that ended by {@code kill -9}. */
  private static final int KILLED = 128 + 9;

  private final Path folder;
  private final ConcurrentLinkedQueue<Child> children = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  /** Logs go into {@code folder}. */
  public Children(Path folder) {
    this.folder = folder;
  }

  /** One process, at most once alive. Safe for use by several threads. */
  public record Child(String name, Process process) {
    public boolean alive() {
      return process.isAlive();
    }

    public long pid() {
      return process.pid();
    }

    /** {@code kill -9}, and waits until it is gone. */
    public void kill() {
      process.destroyForcibly();
      awaitEnd(10);
    }

    /**
     * Asks it to end and waits; kills it when it does not within {@code seconds}. Whether it ended
     * by itself.
     */
    public boolean endPolitely(long seconds) {
      // The process's own destroy() also closes the pipe that tells it that this process has gone.
      process.toHandle().destroy();
      if (awaitEnd(seconds)) {
        return process.exitValue() != KILLED;
      }
      kill();
      return false;
    }

    private boolean awaitEnd(long seconds) {
      try {
        return process.waitFor(seconds, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  /**
   * Starts a program that watches its standard input itself, as Weft's start scripts and the demo's
   * applications do.
   */
  public Child start(String name, List<String> command) {
    if (closed) {
      throw new IllegalStateException("the demo is ending");
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
    builder.environment().putAll(Map.of("WEFT_DIE_WITH_STDIN", "1"));
    try {
      Child child = new Child(name, builder.start());
      children.add(child);
      if (closed) {
        child.kill();
      }
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  /** Starts any other program. */
  public Child startForeign(String name, List<String> command) {
    List<String> wrapped = new java.util.ArrayList<>(List.of("sh", "-c", END_WITH_STDIN, "sh"));
    wrapped.addAll(command);
    return start(name, wrapped);
  }

  public Path log(String name) {
    return folder.resolve(name + ".log");
  }

  public boolean closed() {
    return closed;
  }

  /** Kills all of them. */
  @Override
  public void close() {
    closed = true;
    children.forEach(child -> child.process().destroyForcibly());
    children.forEach(child -> child.awaitEnd(10));
  }
}
