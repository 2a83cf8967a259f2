package dev.weft.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process under measurement, pinned to processors, with what the kernel knows of it and its
 * children.
 */
public final class Child implements AutoCloseable {
  private static final long TICK_NANOS = 10_000_000;
  private static final int FIRST_PORT = 12_000;
  private static final int LAST_PORT = 31_999;
  private static final int PORT_TRIES = 1_000;
  private static final int SHOWN_LINES = 20;
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Process process;
  private final String name;
  private final Path log;

  private Child(Process process, String name, Path log) {
    this.process = process;
    this.name = name;
    this.log = log;
  }

  /** Starts a program whose output goes to {@code name.log} in the folder. */
  public static Child start(
      String name, List<String> program, Map<String, String> environment, String cpus, Path folder)
      throws IOException {
    var command = new ArrayList<String>(List.of("taskset", "-c", cpus));
    command.addAll(program);
    Path log = folder.resolve(name + ".log");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    return new Child(process, name, log);
  }

  /**
   * A port that nothing listens on now, below those that the system hands to outgoing connections:
   * one of those might take it before the process that is given it listens.
   */
  public static int freePort() throws IOException {
    for (int i = 0; i < PORT_TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT + 1);
      try (var socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (BindException e) {
        // The next one.
      }
    }
    throw new IOException("no free port from " + FIRST_PORT + " to " + LAST_PORT);
  }

  /**
   * Waits until the port accepts; returns the milliseconds since {@code startNanos}.
   *
   * @throws IOException when the process ended or the port stayed closed, with what it logged
   */
  public double awaitListening(int port, long startNanos) throws IOException {
    while (process.isAlive() && System.nanoTime() - startNanos < START_LIMIT.toNanos()) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
        return (System.nanoTime() - startNanos) / 1e6;
      } catch (IOException notYet) {
        Thread.onSpinWait();
      }
    }
    throw new IOException(
        name + " does not listen on port " + port + "; the end of what it logged:\n" + logged());
  }

  /** The end of the log, which is gone with the run. */
  private String logged() throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
  }

  /**
   * Processor time of the whole process tree so far, in nanoseconds: what the scheduler counted, of
   * threads that have ended, too (a JVM's compiler threads come and go), in steps of 10 ms.
   */
  public long cpuNanos() {
    return tree().mapToLong(Child::cpu).sum();
  }

  /** Resident memory of the whole process tree, in bytes. */
  public long residentBytes() {
    return tree().mapToLong(Child::resident).sum();
  }

  /** The number of the process; what starts it by a script becomes it. */
  public long pid() {
    return process.pid();
  }

  private Stream<Long> tree() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid);
  }

  private static long cpu(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // After the name, which may hold anything: user and system time are the 12th and 13th.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS;
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
        .orTimeout(15, TimeUnit.SECONDS)
        .exceptionally(late -> process.destroyForcibly())
        .join();
  }
}
