package dev.weft.sidecar.cluster;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.lb.Tried;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Sidecars that know nothing of each other, with the pickers and the health that they really have,
 * and servers, in simulated time. A server's latency grows with what it has under way. What happens
 * follows from the seed alone.
 */
final class Simulation {
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000_000_000L;

  private static final String NAME = "catalog.default:80";
  private static final int ATTEMPTS = 3;

  private record Event(long at, long order, Runnable action) {}

  /** One that answers. */
  static final class Server {
    long serviceTime = 5 * MILLI;
    boolean dead;
    int underWay;
  }

  /** Sidecars of one place, and what they have sent to whom since the last {@link #measure}. */
  final class Callers {
    private final List<ClusterSet> sidecars = new ArrayList<>();
    private final Map<String, Integer> sent = new LinkedHashMap<>();
    private final long gap;
    int refused;
    int lost;

    private Callers(int count, Locality home, long gap) {
      this.gap = gap;
      for (int i = 0; i < count; i++) {
        var sidecar = new ClusterSet(workers, () -> now, new Random(random.nextLong()));
        sidecar.home(Home.of("caller-" + i, "", home));
        sidecars.add(sidecar);
        at(random.nextLong(ClusterSet.FOLD_INTERVAL_NANOS), () -> fold(sidecar));
        at(random.nextLong(gap), () -> arrive(this, sidecar));
      }
    }

    /** Of what has been sent since the last {@link #measure}, the attempts that failed included. */
    double share(String idPrefix) {
      long all = 0;
      long here = 0;
      for (var each : sent.entrySet()) {
        all += each.getValue();
        here += each.getKey().startsWith(idPrefix) ? each.getValue() : 0;
      }
      return (double) here / Math.max(1, all);
    }
  }

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private final List<Callers> callers = new ArrayList<>();
  private final Map<String, Server> servers = new LinkedHashMap<>();
  private final Random random;
  private final int workers;
  private long now;
  private long order;
  private int revision;

  LoadBalancerType type = LoadBalancerType.PEAK_EWMA;
  BalancingConfig balancing = BalancingConfig.DEFAULT;
  OutlierConfig outlier = new OutlierConfig(3, 3 * SECOND, 9 * SECOND, 50);

  Simulation(long seed, int workers) {
    this.random = new Random(seed);
    this.workers = workers;
  }

  Server server(String id) {
    return servers.computeIfAbsent(id, _ -> new Server());
  }

  /**
   * Sidecars in a place.
   *
   * @param gap each one's mean time between requests
   */
  Callers callers(int count, Locality home, long gap) {
    var made = new Callers(count, home, gap);
    callers.add(made);
    return made;
  }

  /** Tells every sidecar of these endpoints, each at its own time within {@code spread}. */
  void endpoints(long spread, List<EndpointConfig> endpoints) {
    endpoints.forEach(each -> server(each.id()));
    var config =
        new ClusterConfig(
            NAME,
            "catalog",
            "default",
            80,
            type,
            outlier,
            null,
            LimitsConfig.DEFAULT,
            List.of("0"),
            List.of(),
            null,
            null,
            ProxyProtocol.OFF,
            ClusterConfig.DEFAULT_IDLE,
            false,
            balancing);
    revision++;
    var snapshot =
        new ConfigSnapshot(
            Map.of(), Map.of(NAME, config), Map.of("0", endpoints), Map.of(), revision);
    for (Callers group : callers) {
      for (ClusterSet sidecar : group.sidecars) {
        if (spread == 0) {
          sidecar.update(snapshot);
        } else {
          at(random.nextLong(spread), () -> sidecar.update(snapshot));
        }
      }
    }
  }

  /** Runs, counting from zero. */
  void measure(long duration) {
    for (Callers group : callers) {
      group.sent.clear();
      group.refused = 0;
      group.lost = 0;
    }
    run(duration);
  }

  void run(long duration) {
    long end = now + duration;
    while (Objects.requireNonNull(events.peek()).at() <= end) {
      Event event = events.remove();
      now = event.at();
      event.action().run();
    }
    now = end;
  }

  private void fold(ClusterSet sidecar) {
    sidecar.fold();
    at(ClusterSet.FOLD_INTERVAL_NANOS, () -> fold(sidecar));
  }

  private void arrive(Callers from, ClusterSet sidecar) {
    attempt(from, sidecar, random.nextInt(workers), new Tried());
    at(Math.round(-from.gap * Math.log(1 - random.nextDouble())), () -> arrive(from, sidecar));
  }

  private void attempt(Callers from, ClusterSet sidecar, int worker, Tried tried) {
    if (tried.count() == ATTEMPTS) {
      from.lost++;
      return;
    }
    Cluster cluster = Objects.requireNonNull(sidecar.find(NAME));
    EndpointTracker endpoint = cluster.picker().pick(worker, now, tried, true);
    if (endpoint == null) {
      from.lost++;
      return;
    }
    from.sent.merge(endpoint.id(), 1, Integer::sum);
    Server server = server(endpoint.id());
    endpoint.onAttempt(worker);
    if (server.dead) {
      from.refused++;
      endpoint.onConnectFailure(worker, now);
      endpoint.onAttemptEnd(worker);
      attempt(from, sidecar, worker, tried);
      return;
    }
    long begun = now;
    server.underWay++;
    // Ten at once take twice as long; and each request is a little different.
    double factor = (1 + server.underWay / 10.0) * (0.8 + 0.4 * random.nextDouble());
    at(
        Math.round(server.serviceTime * factor),
        () -> {
          server.underWay--;
          endpoint.onResponse(worker, 200, now - begun, now);
          endpoint.onAttemptEnd(worker);
        });
  }

  private void at(long delay, Runnable action) {
    events.add(new Event(now + delay, order++, action));
  }
}
