package dev.weft.soak;

import dev.weft.cli.demo.process.Await;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.soak.churn.Population;
import dev.weft.soak.churn.Propagation;
import dev.weft.soak.churn.SimulatedHost;
import dev.weft.soak.churn.Subscriber;
import dev.weft.soak.churn.Subscriber.Watcher;
import dev.weft.soak.load.Aim;
import dev.weft.soak.load.Judge;
import dev.weft.soak.load.MixedLoad;
import dev.weft.soak.load.MixedLoad.Protocol;
import dev.weft.soak.mesh.Replica;
import dev.weft.soak.mesh.SoakMesh;
import dev.weft.soak.watch.CpuUse;
import dev.weft.soak.watch.ProcessWatch;
import dev.weft.soak.watch.ProcessWatch.Life;
import dev.weft.soak.watch.Sample;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Lets instances come and go in a mesh that has been started. Main thread only. */
final class ChurnRun {
  private static final int HOSTS_OF_A_REPLICA = 10;
  private static final int SUBSCRIBERS_OF_A_REPLICA = 10;

  /** A heartbeat a third of a TTL apart, as sidecars do. */
  private static final int BEATS_IN_A_TTL = 3;

  private static final Duration WARM_UP = Duration.ofSeconds(15);
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(30);
  private static final Duration LINE_EVERY = Duration.ofMinutes(1);
  private static final int SHOWN = 5;

  private final SoakMesh mesh;
  private final Size size;
  private final Duration ttl;
  private final long seed;
  private final PrintWriter out;
  private final Propagation registrations;
  private final Propagation ends;
  private final List<String> troubles = new ArrayList<>();
  private long began;

  /**
   * How much of it.
   *
   * @param rate registrations, and as many ends, a second
   * @param requests a second
   */
  record Size(int services, int instances, int rate, Duration lasts, int requests) {
    /** As the option has it. */
    String minutes() {
      return BigDecimal.valueOf(lasts.toSeconds())
          .divide(BigDecimal.valueOf(60), 2, RoundingMode.HALF_UP)
          .stripTrailingZeros()
          .toPlainString();
    }
  }

  ChurnRun(SoakMesh mesh, Size size, Duration ttl, long seed, PrintWriter out) {
    this.mesh = mesh;
    this.size = size;
    this.ttl = ttl;
    this.seed = seed;
    this.out = out;
    registrations = new Propagation(mesh.replicas().size());
    ends = new Propagation(mesh.replicas().size());
  }

  /** Whether nothing failed, everybody saw everything, and nothing grew. */
  boolean run() {
    List<SimulatedHost> hosts = new ArrayList<>();
    for (int i = 0; i < HOSTS_OF_A_REPLICA * mesh.replicas().size(); i++) {
      Replica replica = mesh.replicas().get(i % mesh.replicas().size());
      hosts.add(new SimulatedHost("127.0.2." + (1 + i), replica.port()));
    }
    List<Subscriber> subscribers = new ArrayList<>();
    try (ProcessWatch watch = new ProcessWatch(mesh::processes);
        Population population = new Population(hosts, size.services(), seed, registrations, ends);
        MixedLoad load =
            new MixedLoad(
                List.of(Protocol.values()),
                new Aim(SoakMesh.FRONTEND, mesh.ports()),
                size.requests(),
                WARM_UP,
                Judge.STRICT)) {
      began = System.nanoTime();
      say(String.format("seed %d", seed));
      population.fill(size.instances(), ttl.dividedBy(BEATS_IN_A_TTL));
      say(
          String.format(
              "%,d instances of %,d services registered",
              population.registered(), size.services()));
      subscribers.addAll(subscribe());
      Await.pause(WARM_UP);
      load.awaitSettled();

      Duration from = Duration.ofNanos(System.nanoTime() - began);
      long registered = population.registered();
      population.churn(size.rate());
      follow(population, watch, from);
      population.stop();
      Duration to = Duration.ofNanos(System.nanoTime() - began);
      registered = population.registered() - registered;

      settle(population, hosts, subscribers);
      try {
        equal(population.ids());
      } catch (StatusRuntimeException e) {
        troubles.add("a replica answers " + e.getStatus() + " to the last questions");
      }
      load.stop();
      if (!Await.until(LAST_ANSWERS, () -> load.underWay() == 0)) {
        troubles.add(load.underWay() + " requests have no answer after " + LAST_ANSWERS);
      }
      return new ChurnReport(load, registrations, ends, controlPlanes(watch), troubles, out)
          .print(size, seed, registered, from, to);
    } finally {
      subscribers.forEach(Subscriber::close);
    }
  }

  /** At each replica some that share the services among them. */
  private List<Subscriber> subscribe() {
    List<Subscriber> subscribers = new ArrayList<>();
    for (int replica = 0; replica < mesh.replicas().size(); replica++) {
      int index = replica;
      Watcher watcher =
          (id, present, nanos) -> (present ? registrations : ends).seen(id, index, nanos);
      for (int i = 0; i < SUBSCRIBERS_OF_A_REPLICA; i++) {
        int share = i;
        List<String> services =
            IntStream.range(0, size.services())
                .filter(service -> service % SUBSCRIBERS_OF_A_REPLICA == share)
                .mapToObj(Population::service)
                .toList();
        subscribers.add(
            new Subscriber(
                "subscriber-" + replica + "-" + i,
                "127.0.3." + (1 + i),
                mesh.replicas().get(replica).port(),
                services,
                watcher));
      }
    }
    if (!Await.until(LAST_ANSWERS, () -> subscribers.stream().allMatch(Subscriber::complete))) {
      troubles.add("not every subscriber has been sent its services after " + LAST_ANSWERS);
    }
    return subscribers;
  }

  private void follow(Population population, ProcessWatch watch, Duration from) {
    long since = System.nanoTime();
    long registered = population.registered();
    long ended = population.ended();
    Duration lineFrom = from;
    long left = size.lasts().toNanos();
    while (left > 0) {
      Await.pause(Duration.ofNanos(Math.min(left, LINE_EVERY.toNanos())));
      Duration now = Duration.ofNanos(System.nanoTime() - began);
      double seconds = now.minus(lineFrom).toMillis() / 1000.0;
      say(
          String.format(
              "%.0f registrations and %.0f ends a second; seen after p50 %.1f, p99 %.1f ms, gone after"
                  + " p99 %.1f ms; %s",
              (population.registered() - registered) / seconds,
              (population.ended() - ended) / seconds,
              registrations.millis(50),
              registrations.endPart(99),
              ends.endPart(99),
              use(watch, lineFrom, now)));
      registered = population.registered();
      ended = population.ended();
      lineFrom = now;
      left = size.lasts().toNanos() - (System.nanoTime() - since);
    }
  }

  private String use(ProcessWatch watch, Duration from, Duration to) {
    return controlPlanes(watch).stream()
        .map(
            life -> {
              List<Sample> samples = CpuUse.between(life.samples(), from, to);
              return String.format(
                  "%s %.0f%% of a processor, %d MiB",
                  life.process().name(),
                  CpuUse.percent(samples),
                  samples.isEmpty() ? 0 : samples.getLast().memoryKiB() >> 10);
            })
        .collect(Collectors.joining(", "));
  }

  /** Replicas and their store. */
  private List<Life> controlPlanes(ProcessWatch watch) {
    Set<String> names = new TreeSet<>(Set.of("etcd"));
    mesh.replicas().forEach(replica -> names.add(replica.name()));
    return watch.lives().stream().filter(life -> names.contains(life.process().name())).toList();
  }

  private void settle(
      Population population, List<SimulatedHost> hosts, List<Subscriber> subscribers) {
    boolean seen =
        Await.until(
            LAST_ANSWERS, () -> registrations.unseen().isEmpty() && ends.unseen().isEmpty());
    if (!seen) {
      troubles.add(
          "not seen by a subscriber of every replica: "
              + registrations.unseen().size()
              + " registrations "
              + some(registrations.unseen())
              + ", "
              + ends.unseen().size()
              + " ends "
              + some(ends.unseen()));
    }
    for (Subscriber subscriber : subscribers) {
      Throwable failure = subscriber.failure();
      if (failure != null) {
        troubles.add("a subscriber's stream has ended: " + failure);
      }
    }
    if (population.failed() > 0) {
      troubles.add(population.failed() + " calls failed, first " + population.firstFailure());
    }
    long lost = sum(hosts, SimulatedHost::lost);
    long again = sum(hosts, SimulatedHost::registeredAgain);
    long streams = sum(hosts, SimulatedHost::streamsLost);
    long undecided = sum(hosts, SimulatedHost::undecided);
    if (lost > 0 || streams > 0) {
      troubles.add(
          String.format(
              "%,d heartbeats found that their instance was gone, after which %,d registrations"
                  + " were made again, and %,d streams of heartbeats ended",
              lost, again, streams));
    }
    if (undecided > 0) {
      say(
          String.format(
              "%,d heartbeats could not be decided by a replica that was behind", undecided));
    }
  }

  private static long sum(List<SimulatedHost> hosts, ToLongFunction<SimulatedHost> of) {
    return hosts.stream().mapToLong(of).sum();
  }

  private static String some(Set<String> ids) {
    return ids.stream().limit(SHOWN).toList().toString();
  }

  /** Every replica lists what there is, and compiles the same of it. */
  private void equal(Set<String> simulated) {
    Set<String> expected = new TreeSet<>(simulated);
    expected.addAll(mesh.instances().keySet());
    List<Map<String, String>> listed = new ArrayList<>();
    List<Map<String, String>> compiled = new ArrayList<>();
    for (Replica replica : mesh.replicas()) {
      Map<String, String> instances = new TreeMap<>();
      for (Instance instance : replica.api().instances().getInstancesList()) {
        instances.put(
            instance.getId(),
            instance.getIncarnation()
                + (instance.getReadiness() == Readiness.READY
                    ? ""
                    : " " + instance.getReadiness()));
      }
      if (!instances.keySet().equals(expected)) {
        Set<String> missing = new TreeSet<>(expected);
        missing.removeAll(instances.keySet());
        Set<String> more = new TreeSet<>(instances.keySet());
        more.removeAll(expected);
        troubles.add(
            replica.name()
                + " lists "
                + instances.size()
                + " instances and not "
                + expected.size()
                + "; missing are "
                + some(missing)
                + ", too much "
                + some(more));
      }
      listed.add(instances);
      compiled.add(compiled(replica));
    }
    if (new TreeSet<>(listed.stream().map(Map::toString).toList()).size() > 1) {
      troubles.add("replicas list different incarnations or readiness");
    }
    if (compiled.stream().distinct().count() > 1) {
      troubles.add("replicas have compiled different resources");
    }
    say(
        String.format(
            "%,d instances listed and %,d resources compiled at each of %d replicas",
            listed.getFirst().size(), compiled.getFirst().size(), compiled.size()));
  }

  private Map<String, String> compiled(Replica replica) {
    List<String> services =
        IntStream.range(0, size.services()).mapToObj(Population::service).toList();
    try (Subscriber all =
        new Subscriber(
            "compare-" + replica.name(), "127.0.3.99", replica.port(), services, Watcher.NONE)) {
      if (!Await.until(LAST_ANSWERS, all::complete)) {
        troubles.add(replica.name() + " has not sent every service after " + LAST_ANSWERS);
      }
      return all.versions();
    }
  }

  private void say(String text) {
    long seconds = (System.nanoTime() - began) / 1_000_000_000;
    out.printf("%3d:%02d  %s%n", seconds / 60, seconds % 60, text);
    out.flush();
  }
}
