package dev.weft.cli.demo;

import dev.weft.cli.demo.app.DemoApp;
import dev.weft.cli.demo.app.HttpCaller;
import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import dev.weft.cli.demo.process.DemoFailed;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Calls stay in their zone. One of its two instances falls ill, and a part of the calls goes to the
 * other zone; the second one too, and all do; both recover, and all come back. Ill is who says that
 * it is healthy and answers 503: only the callers' sidecars find out.
 */
final class ZonesStep implements Step {
  private static final String NAME = "zones";
  private static final String FAR = "v2";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    ServiceInstance first = mesh.instance("catalog-v1-0");
    ServiceInstance second = mesh.instance("catalog-v1-1");
    Counts start = load.counts();
    mesh.api().applyEverywhere("whole.yaml", Documents.whole());
    mesh.api().applyEverywhere("near-first.yaml", Documents.NEAR_FIRST);
    share(load, report, "all is well", 0, 0);

    ask(first, DemoApp.ILL);
    // Of 800 requests, by five standard deviations.
    share(load, report, "1 of 2 in zone a is ill (1/2 x 1.4 = 70% stay)", 22, 38);
    ask(second, DemoApp.ILL);
    share(load, report, "zone a is ill, zone b takes everything", 100, 100);

    Counts ill = load.counts();
    ask(first, DemoApp.WELL);
    ask(second, DemoApp.WELL);
    long began = System.nanoTime();
    boolean back = Await.until(LIMIT, () -> allNear(load));
    report.check(
        NAME,
        back,
        String.format(
            "zone a is well again and takes everything after %,d ms",
            (System.nanoTime() - began) / 1_000_000));
    report.noneFailed(NAME, "while it came back", load.counts().since(ill));
    report.noneFailed(NAME, "the whole step", load.counts().since(start));
    mesh.api().applyEverywhere("all-alike.yaml", Documents.ALL_ALIKE);
    mesh.api().applyEverywhere("canary-50-50.yaml", Documents.canary(50, 50));
  }

  /** Once it has settled, the share of the other zone over two seconds is within these percents. */
  private static void share(Load load, Report report, String what, int low, int high) {
    Await.pause(Duration.ofSeconds(1));
    Counts begin = load.counts();
    Await.pause(Duration.ofSeconds(2));
    Counts counts = load.counts().since(begin);
    double seen = counts.percentOf(FAR);
    report.check(
        NAME,
        counts.ok() > 0 && seen >= low && seen <= high,
        String.format(
            "%s: zone b has %.1f%% of %,d requests (expected %d..%d)",
            what, seen, counts.ok(), low, high));
  }

  /** Whether for half a second nobody has left the zone. */
  private static boolean allNear(Load load) {
    Counts begin = load.counts();
    Await.pause(Duration.ofMillis(500));
    Counts counts = load.counts().since(begin);
    return counts.ok() > 0 && counts.ofVersion(FAR) == 0;
  }

  private static void ask(ServiceInstance instance, String path) {
    try (HttpCaller caller = new HttpCaller(instance.appPort())) {
      caller.get(instance.id(), path);
      caller.takeBody(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new DemoFailed(instance.id() + " does not answer: " + e.getMessage());
    }
  }
}
