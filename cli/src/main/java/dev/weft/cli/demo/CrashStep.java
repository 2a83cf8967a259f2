package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import java.time.Duration;

/** {@code kill -9} of an application, and of an application with its sidecar, under load. */
final class CrashStep implements Step {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    crash(mesh, load, report, mesh.instance("catalog-v1-0"), false);
    crash(mesh, load, report, mesh.instance("catalog-v1-1"), true);
  }

  private static void crash(
      DemoMesh mesh, Load load, Report report, ServiceInstance victim, boolean withSidecar) {
    String what = victim.id() + (withSidecar ? " with its sidecar" : "");
    Counts before = load.counts();
    victim.killApp();
    if (withSidecar) {
      victim.killSidecar();
    }
    Await.pause(Duration.ofSeconds(3));
    report.noneFailed("crash", "kill -9 of " + what, load.counts().since(before));

    Counts settled = load.counts();
    Await.pause(Duration.ofSeconds(1));
    Counts later = load.counts().since(settled);
    report.check(
        "crash",
        later.ofInstance(victim.id()) == 0 && later.ok() > 0,
        String.format("%s is avoided: 0 of %,d requests", victim.id(), later.ok()));

    Counts down = load.counts();
    long began = System.nanoTime();
    victim.startApp();
    if (withSidecar) {
      victim.startSidecar();
    }
    boolean back = Await.until(LIMIT, () -> load.counts().since(down).ofInstance(victim.id()) > 0);
    long tookMillis = (System.nanoTime() - began) / 1_000_000;
    report.check(
        "crash",
        back,
        String.format("%s is back and takes traffic after %,d ms", victim.id(), tookMillis));
    mesh.awaitReady(victim);
    report.noneFailed("crash", "while it came back", load.counts().since(down));
  }
}
