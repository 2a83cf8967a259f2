package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import java.time.Duration;
import java.util.Arrays;

/** How long a change takes from {@code apply} until every sidecar concerned has acknowledged it. */
final class PropagationStep implements Step {
  private static final int CHANGES = 200;

  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    Counts before = load.counts();
    long[] nanos = new long[CHANGES];
    int inForce = 0;
    for (int i = 0; i < CHANGES; i++) {
      int weight = 10 + i % 81;
      long began = System.nanoTime();
      long revision =
          mesh.api().apply("canary.yaml", Documents.canary(weight, 100 - weight)).getRevision();
      if (revision > 0 && mesh.api().awaitSync(revision, Duration.ofSeconds(5)).getSynced()) {
        inForce++;
      }
      nanos[i] = System.nanoTime() - began;
    }
    Arrays.sort(nanos);
    report.check(
        "propagation",
        inForce == CHANGES,
        String.format(
            "%d of %d changes in force everywhere: p50 %.1f ms, p99 %.1f ms from apply to acknowledged",
            inForce, CHANGES, nanos[CHANGES / 2] / 1e6, nanos[CHANGES * 99 / 100] / 1e6));
    report.noneFailed("propagation", "meanwhile", load.counts().since(before));
    mesh.api().applyEverywhere("canary-50-50.yaml", Documents.canary(50, 50));
  }
}
