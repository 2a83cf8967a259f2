package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.process.Await;
import java.time.Duration;

/**
 * An HTTPRoute shares the requests as its weights say, and is changed under load without a failure.
 */
final class CanaryStep implements Step {
  private static final int REQUESTS = 5_000;
  private static final int FAST = 2_000;
  private static final int STEADY = 400;

  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    Counts start = load.counts();
    load.pace(FAST);
    mesh.api().applyEverywhere("canary-90-10.yaml", Documents.canary(90, 10));
    share(load, report, 10, "90/10");
    Counts change = load.counts();
    mesh.api().applyEverywhere("canary-50-50.yaml", Documents.canary(50, 50));
    share(load, report, 50, "50/50");
    report.noneFailed("canary", "changed to 50/50 under load", load.counts().since(change));
    report.noneFailed("canary", "the whole step", load.counts().since(start));
    load.pace(STEADY);
  }

  /**
   * Over the next requests the share of v2 is within three standard deviations of {@code percent}.
   */
  private static void share(Load load, Report report, int percent, String weights) {
    // Requests that were under way when the change came into force do not count.
    Await.pause(Duration.ofMillis(200));
    Counts begin = load.counts();
    Await.until(Duration.ofSeconds(60), () -> load.counts().since(begin).ok() >= REQUESTS);
    Counts counts = load.counts().since(begin);
    double sigma =
        100 * Math.sqrt(percent / 100.0 * (1 - percent / 100.0) / Math.max(1, counts.ok()));
    double low = percent - 3 * sigma;
    double high = percent + 3 * sigma;
    double seen = counts.percentOf("v2");
    report.check(
        "canary",
        counts.ok() >= REQUESTS && seen >= low && seen <= high,
        String.format(
            "%s over %,d requests: v2 %.1f%% (3 sigma: %.1f..%.1f)",
            weights, counts.ok(), seen, low, high));
  }
}
