package dev.weft.bench.cluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * From before a route is applied until it is in force in every sidecar: until each frontend has
 * given an answer of the version that the route now leads to. Every change turns the route round,
 * so that no answer can be from before.
 *
 * @param inForce per change, the last frontend's; includes up to one pace of the callers
 * @param applied per change, until the API server had answered
 * @param failures of the calls meanwhile
 */
public record RouteChanges(Percentiles inForce, Percentiles applied, int failures) {
  /** From one call to a frontend to the next. */
  public static final Duration PACE = Duration.ofMillis(10);

  private static final int WARM_UP = 5;
  private static final int REST_MILLIS = 200;

  /** Makes the changes, some first that do not count. */
  public static RouteChanges measure(Shop shop, List<InetSocketAddress> frontends, int changes)
      throws IOException, InterruptedException {
    var inForce = new ArrayList<Double>();
    var applied = new ArrayList<Double>();
    // The same on every run; so that no change meets the same moment of anybody's period.
    var rest = new Random(changes);
    try (var callers = new Callers(frontends, 1, PACE)) {
      for (int i = 0; i < WARM_UP + changes; i++) {
        String version = i % 2 == 0 ? "v1" : "v2";
        callers.expect(version);
        long from = System.nanoTime();
        shop.route(version);
        double answered = (System.nanoTime() - from) / 1e6;
        callers.await();
        double everywhere = (System.nanoTime() - from) / 1e6;
        // The first came to callers that had answers of either version.
        if (i >= WARM_UP) {
          applied.add(answered);
          inForce.add(everywhere);
        }
        LockSupport.parkNanos(Duration.ofMillis(REST_MILLIS + rest.nextInt(REST_MILLIS)).toNanos());
      }
      return new RouteChanges(Percentiles.of(inForce), Percentiles.of(applied), callers.failures());
    }
  }
}
