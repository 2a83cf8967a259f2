package dev.weft.cli.demo;

import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.mesh.ServiceInstance;
import dev.weft.cli.demo.process.Await;
import java.time.Duration;
import java.util.Map;

/**
 * {@code frontend} reaches every {@code catalog}; a new one takes traffic; one that leaves politely
 * loses none.
 */
final class DiscoveryStep implements Step {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  @Override
  public void run(DemoMesh mesh, Load load, Report report) {
    Counts start = load.counts();
    Await.until(LIMIT, () -> load.counts().since(start).instances().size() == 3);
    Map<String, Long> reached = load.counts().since(start).instances();
    report.check("discovery", reached.size() == 3, "frontend reaches catalog by name: " + reached);

    ServiceInstance added = mesh.add("catalog", "v1", "catalog-v1-2");
    long began = System.nanoTime();
    added.start();
    mesh.awaitReady(added);
    boolean takes = Await.until(LIMIT, () -> load.counts().ofInstance(added.id()) > 0);
    report.check(
        "discovery",
        takes,
        String.format(
            "a new instance takes traffic %,d ms after its start",
            (System.nanoTime() - began) / 1_000_000));

    Await.pause(Duration.ofSeconds(1));
    Counts before = load.counts();
    began = System.nanoTime();
    boolean polite = added.leave();
    long tookMillis = (System.nanoTime() - began) / 1_000_000;
    Await.pause(Duration.ofSeconds(1));
    Counts after = load.counts().since(before);
    report.noneFailed(
        "discovery", String.format("an instance left politely in %,d ms", tookMillis), after);
    Counts settled = load.counts();
    Await.pause(Duration.ofMillis(500));
    report.check(
        "discovery",
        polite && load.counts().since(settled).ofInstance(added.id()) == 0,
        "the instance that left gets nothing more and ended by itself");
    added.start();
    mesh.awaitReady(added);
  }
}
