package dev.weft.cli.demo.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The demo's application in a pod of Kubernetes: it listens on all addresses, and {@code frontend}
 * calls {@code http://catalog} as any application would, knowing nothing of a sidecar.
 */
public final class DemoPod {
  private static final int CATALOG_PORT = 80;

  private DemoPod() {}

  /** Arguments: service, version, port. */
  public static void main(String[] args) throws IOException {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));
    new DemoApp(
            args[0],
            args[1],
            InetAddress.getLocalHost().getHostName(),
            () -> new HttpCaller("catalog", CATALOG_PORT))
        .listen(new InetSocketAddress(Integer.parseInt(args[2])));
  }
}
