package dev.weft.sidecar.app.intercept;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the system's programs. Blocks. */
final class Tool {
  private Tool() {}

  /**
   * What a run has said and how it ended.
   *
   * @param output standard output and error, as they came
   */
  record Result(int status, String output) {
    boolean ok() {
      return status == 0;
    }
  }

  static boolean isInstalled(String name) {
    String path = System.getenv("PATH");
    // A container's PATH may leave out where administrators' programs are.
    for (String folder : ((path == null ? "" : path) + ":/usr/sbin:/sbin").split(":")) {
      if (!folder.isEmpty() && new File(folder, name).canExecute()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Runs one and waits for its end.
   *
   * @throws IOException if it cannot be started or was interrupted
   */
  static Result run(List<String> command, String input) throws IOException {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It has ended without reading all: its status and output say why.
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Result(process.waitFor(), output.strip());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(command.getFirst() + " was interrupted", e);
    }
  }
}
