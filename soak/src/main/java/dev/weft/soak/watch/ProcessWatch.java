package dev.weft.soak.watch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Samples every process every two seconds from Linux' {@code /proc}, on a thread of its own. A
 * process that is started anew is another one with the same name.
 */
public final class ProcessWatch implements AutoCloseable {
  private static final Duration EVERY = Duration.ofSeconds(2);

  /** Linux counts in hundredths of a second, whatever the machine. */
  private static final long MILLIS_PER_TICK = 10;

  private final Supplier<List<Watched>> processes;
  private final long began = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("soak-watch").daemon().factory());

  // Guarded by itself.
  private final Map<Watched, List<Sample>> lives = new LinkedHashMap<>();

  /** A process by name and number. */
  public record Watched(String name, long pid) {}

  /** One process from its first sample to its last. */
  public record Life(Watched process, List<Sample> samples) {}

  /**
   * Begins at once.
   *
   * @param processes those that should be alive now; asked on the watch's thread
   * @throws IllegalStateException where there is no {@code /proc}
   */
  public ProcessWatch(Supplier<List<Watched>> processes) {
    if (!Files.isReadable(Path.of("/proc/self/stat"))) {
      throw new IllegalStateException(
          "memory, descriptors and threads are read from /proc, which this system does not have:"
              + " run the soak on Linux");
    }
    this.processes = processes;
    var _ =
        timer.scheduleAtFixedRate(
            this::sampleAll, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void sampleAll() {
    for (Watched process : processes.get()) {
      Sample sample = sample(process.pid());
      if (sample != null) {
        synchronized (lives) {
          lives.computeIfAbsent(process, ignored -> new ArrayList<>()).add(sample);
        }
      }
    }
  }

  private @Nullable Sample sample(long pid) {
    Path folder = Path.of("/proc", String.valueOf(pid));
    try (Stream<Path> open = Files.list(folder.resolve("fd"))) {
      Map<String, String> status = new LinkedHashMap<>();
      for (String line : Files.readAllLines(folder.resolve("status"))) {
        int colon = line.indexOf(':');
        status.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
      // What follows the program's name, which is in brackets and may contain anything.
      String stat = Files.readString(folder.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return new Sample(
          Duration.ofNanos(System.nanoTime() - began),
          Long.parseLong(status.getOrDefault("VmRSS", "0 kB").split(" ")[0]),
          (int) open.count(),
          Integer.parseInt(status.getOrDefault("Threads", "0")),
          (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK);
    } catch (IOException | java.io.UncheckedIOException e) {
      return null; // It has just gone.
    }
  }

  /** Every process that was ever seen, in the order in which they came. */
  public List<Life> lives() {
    synchronized (lives) {
      return lives.entrySet().stream()
          .map(life -> new Life(life.getKey(), List.copyOf(life.getValue())))
          .toList();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
