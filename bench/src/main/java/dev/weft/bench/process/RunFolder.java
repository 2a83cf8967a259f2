package dev.weft.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The folder of one run, for configurations, certificates and logs. Gone when it is closed, or when
 * the program is broken off. For any thread.
 */
public final class RunFolder implements AutoCloseable {
  private final Path path;

  private RunFolder(Path path) {
    this.path = path;
  }

  /** Makes one in the system's folder for temporary files. */
  public static RunFolder make() throws IOException {
    var folder = new RunFolder(Files.createTempDirectory("weft-bench-"));
    Runtime.getRuntime().addShutdownHook(new Thread(folder::brokenOff));
    // nginx, started by root, reads its files as nobody.
    Files.setPosixFilePermissions(folder.path, PosixFilePermissions.fromString("rwxr-xr-x"));
    return folder;
  }

  private void brokenOff() {
    try {
      close();
    } catch (UncheckedIOException e) {
      // What is being ended at the same time may still write.
    }
  }

  public Path path() {
    return path;
  }

  /**
   * Removes it with all that is in it.
   *
   * @throws UncheckedIOException if something cannot be removed
   */
  @Override
  public void close() {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the folder of a run is not removed: " + path, e);
    }
  }
}
