package dev.weft.sidecar.app;

import dev.weft.sidecar.app.intercept.SidecarReady;
import java.time.Duration;
import java.util.List;

/**
 * {@code weft-sidecar hold}: a process of its own for the hooks of a container, where the kubelet
 * itself knows no order (before Kubernetes 1.29). {@code hold ready PORT SECONDS} ends when the
 * sidecar of that probe port is ready, so that the next container starts; {@code hold leave
 * SECONDS} ends after that time, so that the application still has its sidecar while it ends.
 */
final class Hold {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final long LOOK_MILLIS = 100;

  private Hold() {}

  /** The exit status; what is to be said goes to standard error, and from there to an event. */
  static int run(List<String> arguments) throws InterruptedException {
    String until = arguments.isEmpty() ? "" : arguments.getFirst();
    try {
      if (until.equals("ready") && arguments.size() == 3) {
        return ready(
            Integer.parseInt(arguments.get(1)),
            Duration.ofSeconds(Integer.parseInt(arguments.get(2))));
      }
      if (until.equals("leave") && arguments.size() == 2) {
        Thread.sleep(Duration.ofSeconds(Integer.parseInt(arguments.get(1))));
        return 0;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for what is no hold at all.
    }
    System.err.println(
        "weft-sidecar hold: expected \"ready PORT SECONDS\" or \"leave SECONDS\", got \""
            + String.join(" ", arguments)
            + "\"");
    return USAGE;
  }

  private static int ready(int port, Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    String last = "";
    do {
      last = SidecarReady.problem(port);
      if (last.isEmpty()) {
        return 0;
      }
      Thread.sleep(LOOK_MILLIS);
    } while (System.nanoTime() - end < 0);
    System.err.println(
        "weft-sidecar hold: not ready within " + longest.toSeconds() + " s: " + last);
    return FAILED;
  }
}
