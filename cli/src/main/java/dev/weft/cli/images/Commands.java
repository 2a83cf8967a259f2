package dev.weft.cli.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Runs other programs to their end. */
final class Commands {
  /** What a program printed on both of its outputs, and how it ended. */
  record Ended(int status, String output) {}

  private Commands() {}

  static Ended run(Map<String, String> environment, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Ended(process.waitFor(), output);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new ImagesFailed("interrupted while " + command.getFirst() + " ran");
    }
  }

  /**
   * Runs a program that must succeed.
   *
   * @throws ImagesFailed with what it printed, when it does not
   */
  static String succeed(String what, List<String> command) throws IOException {
    Ended ended = run(Map.of(), command);
    if (ended.status() != 0) {
      throw new ImagesFailed(
          what + " failed (" + String.join(" ", command) + "):\n" + ended.output().strip());
    }
    return ended.output();
  }
}
