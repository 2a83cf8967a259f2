package dev.weft.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A process under measurement, pinned to processors, with what the kernel knows of it and its
 * children.
 */
final class Child implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Process process;
  private final String name;
  private final Path log;

  private Child(Process process, String name, Path log) {
    this.process = process;
    this.name = name;
    this.log = log;
  }

  static Child start(Contender contender, String cpu, Path folder) throws IOException {
    var command = new ArrayList<String>(List.of("taskset", "-c", cpu));
    command.addAll(contender.command());
    Path log = folder.resolve(contender.name() + ".log");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(contender.environment());
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    return new Child(process, contender.name(), log);
  }

  /**
   * Waits until the port accepts; returns the milliseconds since {@code startNanos}.
   *
   * @throws IOException when the process ended or the port stayed closed; names the log
   */
  double awaitListening(int port, long startNanos) throws IOException {
    while (process.isAlive() && System.nanoTime() - startNanos < START_LIMIT.toNanos()) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
        return (System.nanoTime() - startNanos) / 1e6;
      } catch (IOException notYet) {
        Thread.onSpinWait();
      }
    }
    throw new IOException(name + " does not listen on port " + port + ": see " + log);
  }

  /**
   * Processor time of the whole process tree so far, in nanoseconds, as the scheduler counts it.
   */
  long cpuNanos() {
    return tree().mapToLong(Child::schedstat).sum();
  }

  /** Resident memory of the whole process tree, in bytes. */
  long residentBytes() {
    return tree().mapToLong(Child::resident).sum();
  }

  private Stream<Long> tree() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid);
  }

  private static long schedstat(long pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
      long sum = 0;
      for (Path task : tasks.toList()) {
        sum += Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0]);
      }
      return sum;
    } catch (IOException gone) {
      throw new UncheckedIOException("process " + pid + " ended while it was measured", gone);
    }
  }

  private static long resident(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException gone) {
      throw new UncheckedIOException("process " + pid + " ended while it was measured", gone);
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    process
        .onExit()
        .orTimeout(5, java.util.concurrent.TimeUnit.SECONDS)
        .exceptionally(late -> process.destroyForcibly())
        .join();
  }
}
