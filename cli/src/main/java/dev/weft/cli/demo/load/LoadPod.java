package dev.weft.cli.demo.load;

import dev.weft.cli.demo.process.Await;
import java.time.Duration;
import java.util.List;

/**
 * The demo's load generator in a pod of Kubernetes: calls {@code http://frontend} as any
 * application would, and prints once a second what has become of its requests so far, each of the
 * first failures before.
 */
public final class LoadPod {
  private static final int FRONTEND_PORT = 80;
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);

  private LoadPod() {}

  /** Arguments: requests per second; host and port, where it is not {@code frontend} and 80. */
  public static void main(String[] args) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
    String host = args.length > 1 ? args[1] : "frontend";
    int port = args.length > 2 ? Integer.parseInt(args[2]) : FRONTEND_PORT;
    try (Load load = new Load(host, port, Integer.parseInt(args[0]))) {
      int told = 0;
      while (true) {
        Await.pause(BETWEEN_LINES);
        Counts counts = load.counts();
        List<String> failures = counts.failures();
        failures.subList(told, failures.size()).forEach(System.out::println);
        told = failures.size();
        System.out.println(line(counts));
      }
    }
  }

  private static String line(Counts counts) {
    return "ok "
        + counts.ok()
        + ", failed "
        + counts.failedBefore()
        + ", broken off "
        + counts.failedAfter()
        + ", versions "
        + counts.versions();
  }
}
