package dev.weft.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Programs of this machine that tests run beside Weft. Stateless. */
public final class Programs {
  private Programs() {}

  /**
   * Runs a program and waits for its end.
   *
   * @throws IllegalStateException with what it printed, if it fails
   */
  static void run(String... command) {
    Ended ended = end(command);
    if (ended.status() != 0) {
      throw new IllegalStateException(
          String.join(" ", command) + " ended with " + ended.status() + ": " + ended.output());
    }
  }

  /** What a program prints, whether it fails or not. */
  static String output(String... command) {
    return end(command).output();
  }

  private record Ended(int status, String output) {}

  private static Ended end(String... command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      // Version 3.3 of etcdctl speaks etcd's second protocol unless told otherwise.
      builder.environment().put("ETCDCTL_API", "3");
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      return new Ended(process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command[0], e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Where a program is on the PATH; null if it is not. */
  public static @Nullable Path find(String name) {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(Pattern.quote(File.pathSeparator))) {
      Path candidate = Path.of(folder).resolve(name);
      if (!folder.isEmpty() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    return null;
  }
}
