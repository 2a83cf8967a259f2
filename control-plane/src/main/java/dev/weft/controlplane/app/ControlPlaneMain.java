package dev.weft.controlplane.app;

import java.util.List;
import java.util.concurrent.CompletionException;

/**
 * The control plane's process. Exit codes: 1 it could not run or go on, 2 a wrong option; ended by
 * a signal, it leaves in order and with that signal's code (143 for SIGTERM).
 */
public final class ControlPlaneMain {
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  private ControlPlaneMain() {}

  /** Runs until it is told to end by a signal, or cannot go on. */
  public static void main(String... args) {
    if (System.getProperty(LOG_FORMAT) == null) {
      System.setProperty(LOG_FORMAT, "%1$tFT%1$tT.%1$tL %4$s %3$s: %5$s%6$s%n");
    }
    if (List.of(args).contains("--help")) {
      System.out.print(ControlPlaneArgs.USAGE);
      return;
    }
    int code = run(args);
    if (code != 0) {
      System.exit(code);
    }
  }

  private static int run(String... args) {
    ControlPlaneOptions options;
    try {
      options = ControlPlaneArgs.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("weft control-plane: " + e.getMessage());
      return WRONG_USAGE;
    }
    try {
      OldHeap.keepSmall();
      ControlPlane controlPlane = ControlPlane.start(options);
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("weft-end").unstarted(controlPlane::close));
      controlPlane.ended().join();
      return 0;
    } catch (StartFailedException e) {
      System.err.println("weft control-plane: " + e.getMessage());
      return FAILED;
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      System.err.println("weft control-plane: " + cause.getMessage());
      return FAILED;
    }
  }
}
