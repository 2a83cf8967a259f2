package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The demo that a person plays with: says what to try, shows every second who answers, and brings
 * back what was killed. Runs on the main thread until the process is interrupted.
 */
final class LiveDemo {
  private static final int PER_SECOND = 200;
  private static final long BACK_AFTER_NANOS = Duration.ofSeconds(8).toNanos();

  private final DemoMesh mesh;
  private final PrintWriter out;
  private final Map<String, Long> deadSince = new HashMap<>();

  LiveDemo(DemoMesh mesh, PrintWriter out) {
    this.mesh = mesh;
    this.out = out;
  }

  /** Returns only when it is interrupted. */
  boolean run() {
    out.println(
        "Starting a control plane, catalog v1 (twice) and v2, and frontend, each with its sidecar ...");
    out.flush();
    mesh.start();
    explain();
    try (Load load = new Load(mesh.frontend().inboundPort(), PER_SECOND)) {
      boolean terminal = onTerminal();
      Counts before = load.counts();
      for (int second = 1; !mesh.closed(); second++) {
        Await.pause(Duration.ofSeconds(1));
        revive();
        if (!terminal && second % 5 != 0) {
          continue;
        }
        Counts now = load.counts();
        show(now.since(before), now, terminal);
        before = now;
      }
    }
    return true;
  }

  // Since JDK 25 it is null again when there is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  private static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private void show(Counts last, Counts all, boolean terminal) {
    if (mesh.closed()) {
      return;
    }
    String line =
        String.format(
            "%,5d requests   v1 %5.1f%%   v2 %5.1f%%   from %d instances   failed in all: %d",
            last.ok(),
            last.percentOf("v1"),
            last.percentOf("v2"),
            last.instances().size(),
            all.failedBefore() + all.failedAfter());
    if (terminal) {
      // Overwrites the last line.
      out.print("\r" + line + "   ");
    } else {
      out.println(line);
    }
    last.failures().stream().limit(3).forEach(failure -> out.println("\n  failed: " + failure));
    out.flush();
  }

  /** Starts again what has been dead for a while. */
  private void revive() {
    for (ServiceInstance instance : mesh.instances()) {
      revive(instance.id() + "'s application", instance.appAlive(), instance::startApp);
      revive(instance.id() + "'s sidecar", instance.sidecarAlive(), instance::startSidecar);
    }
    revive("the control plane", mesh.backplane().alive(), mesh.backplane()::startControlPlane);
  }

  private void revive(String what, boolean alive, Runnable start) {
    if (mesh.closed()) {
      return;
    }
    if (alive) {
      deadSince.remove(what);
      return;
    }
    Long since = deadSince.putIfAbsent(what, System.nanoTime());
    if (since == null) {
      out.printf("%n%s has died; it comes back in %d s%n", what, BACK_AFTER_NANOS / 1_000_000_000);
    } else if (System.nanoTime() - since > BACK_AFTER_NANOS) {
      out.printf("%n%s starts again%n", what);
      start.run();
    }
    out.flush();
  }

  private void explain() {
    // As it was typed, when it was started from the source tree.
    String weft = System.getenv().getOrDefault("WEFT_LAUNCHER", mesh.place().weft());
    String address = mesh.backplane().address();
    String option = address.equals("127.0.0.1:7700") ? "" : " --control-plane " + address;
    ServiceInstance frontend = mesh.frontend();
    ServiceInstance catalog = mesh.instance("catalog-v1-0");
    Path ninetyTen = manifest("canary-90-10.yaml", Documents.canary(90, 10));
    Path half = manifest("canary-50-50.yaml", Documents.canary(50, 50));
    Path bad = manifest("bad.yaml", Documents.badCanary());
    out.printf(
        """

        A load generator calls frontend %d times a second; frontend calls catalog through its sidecar.
        In another terminal, try:

          see the mesh          %2$s registry list%3$s
                                %2$s proxy-status%3$s
                                %2$s config frontend-0%3$s
          shift traffic         %2$s apply%3$s -f %4$s
                                %2$s apply%3$s -f %5$s
          make a mistake        %2$s apply%3$s -f %6$s
          call it yourself      curl -i http://127.0.0.1:%7$d/items            (frontend, through its sidecar)
                                curl -x http://127.0.0.1:%8$d http://catalog/items   (as frontend does)
                                curl http://127.0.0.1:%9$d/clusters           (what its sidecar knows)
          kill an application   kill -9 %10$d      (catalog-v1-0)
          and its sidecar       kill -9 %10$d %11$d
          kill the control      kill -9 %12$d      (what is killed comes back after a few seconds)

        Logs: %13$s
        Ctrl-C ends everything.

        """,
        PER_SECOND,
        weft,
        option,
        ninetyTen,
        half,
        bad,
        frontend.inboundPort(),
        frontend.outboundPort(),
        frontend.adminPort(),
        catalog.appPid(),
        catalog.sidecarPid(),
        mesh.backplane().controlPlanePid(),
        mesh.place().folder());
    out.flush();
  }

  private Path manifest(String name, String content) {
    try {
      return Files.writeString(mesh.place().folder().resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
