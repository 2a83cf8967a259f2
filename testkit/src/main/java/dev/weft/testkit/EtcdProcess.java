package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The etcd of the PATH as a child of this process. */
final class EtcdProcess implements EtcdNode {
  private static final int LOG_CHARS = 2000;

  private final Path directory;
  private final List<String> command;
  private volatile @Nullable Process process;

  EtcdProcess(Path executable, Path directory, List<String> arguments) {
    this.directory = directory;
    command = new ArrayList<>();
    command.add(executable.toString());
    command.add("--data-dir=" + directory.resolve("data"));
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
  public void removeData() {
    delete(directory.resolve("data"));
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
    delete(directory);
  }

  private Path logFile() {
    return directory.resolve("etcd.log");
  }

  private static void delete(Path tree) {
    if (!Files.exists(tree)) {
      return;
    }
    try {
      Files.walkFileTree(
          tree,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                throws IOException {
              Files.delete(folder);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + tree, e);
    }
  }
}
