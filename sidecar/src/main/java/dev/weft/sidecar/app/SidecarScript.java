package dev.weft.sidecar.app;

import java.util.Arrays;

/**
 * Main class of the start file {@code /weft/bin/sidecar} of the sidecar's image, which has no
 * shell: the file's first line names the JVM as its interpreter, and so the kernel passes the path
 * of the file before the arguments (execve(2), "Interpreter scripts").
 */
public final class SidecarScript {
  private SidecarScript() {}

  /** Starts the sidecar with all arguments but the first. */
  public static void main(String[] arguments) throws InterruptedException {
    SidecarMain.main(
        Arrays.copyOfRange(arguments, Math.min(1, arguments.length), arguments.length));
  }
}
