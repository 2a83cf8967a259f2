package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The etcd of the PATH as a child of this process. */
final class EtcdProcess implements EtcdNode {
  private static final int LOG_CHARS = 2000;

  private final Path directory;
  private final DataFolder data;
  private final List<String> command;
  private volatile @Nullable Process process;

  EtcdProcess(Path executable, Path directory, List<String> arguments) {
    this.directory = directory;
    command = new ArrayList<>();
    command.add(executable.toString());
    data = new DataFolder(directory);
    command.add("--data-dir=" + data.path());
    command.addAll(arguments);
  }

  /** Where it is on the PATH; null if it is not. */
  static @Nullable Path find() {
    return Programs.find("etcd");
  }

  @Override
  public void start() {
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command.getFirst(), e);
    }
  }

  @Override
  public void kill() {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
      running.onExit().join();
    }
  }

  @Override
  public void pause() {
    signal("-STOP");
  }

  @Override
  public void resume() {
    signal("-CONT");
  }

  private void signal(String name) {
    Process running = process;
    if (running == null) {
      throw new IllegalStateException("etcd does not run");
    }
    Programs.run("kill", name, String.valueOf(running.pid()));
  }

  @Override
  public void makeData(Consumer<Path> maker) {
    removeData();
    maker.accept(data.path());
  }

  @Override
  public void removeData() {
    data.remove();
  }

  @Override
  public void saveData() {
    data.save();
  }

  @Override
  public void restoreData() {
    data.restore();
  }

  @Override
  public boolean alive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  @Override
  public String log() {
    try {
      String log = Files.readString(logFile());
      return log.substring(Math.max(0, log.length() - LOG_CHARS));
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  @Override
  public void close() {
    kill();
    DataFolder.delete(directory);
  }

  private Path logFile() {
    return directory.resolve("etcd.log");
  }
}
