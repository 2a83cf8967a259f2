package dev.weft.sidecar.telemetry;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The process's telemetry: makes the workers' parts, and answers scrapes. Workers and gauges are
 * made while the sidecar starts; {@link #scrape} may be called on any one thread at a time.
 */
@SuppressWarnings("EnumOrdinal") // array slots within one process; never stored
public final class Telemetry implements AutoCloseable {
  private final @Nullable AccessLog accessLog;
  private final List<WorkerTelemetry> workers = new ArrayList<>();
  private final List<ProcessGauge> gauges = new ArrayList<>();
  private final Map<Bound, BoundGauge> boundGauges = new EnumMap<>(Bound.class);
  private final AtomicLongArray reached = new AtomicLongArray(Bound.COUNT);
  private ClusterNumbers clusters = sink -> {};
  private @Nullable PrometheusScrape scrape;

  /**
   * @param accessLog null: none is written
   */
  public Telemetry(@Nullable AccessLog accessLog) {
    this.accessLog = accessLog;
    gauge(
        "access_log_dropped",
        "Access log lines lost because the writer was behind.",
        true,
        () -> accessLog == null ? 0 : accessLog.dropped());
  }

  public synchronized WorkerTelemetry newWorker() {
    var worker = new WorkerTelemetry(accessLog);
    workers.add(worker);
    return worker;
  }

  /**
   * A number of the process, read at each scrape.
   *
   * @param name without the prefix {@code weft_}, as Envoy would name it
   * @param counter whether it only grows
   */
  public synchronized void gauge(String name, String help, boolean counter, DoubleSupplier value) {
    gauges.add(new ProcessGauge("weft." + name.replace('_', '.'), help, counter, value));
  }

  /**
   * How much of a bound is used, and where it lies when that is not its default; both are read at
   * each scrape.
   */
  public synchronized void bound(Bound bound, LongSupplier used, LongSupplier max) {
    boundGauges.put(bound, new BoundGauge(used, max));
  }

  /** A bound of the process was reached; any thread. Workers count on their own telemetry. */
  public void reached(Bound bound) {
    reached.incrementAndGet(bound.ordinal());
  }

  /** Every bound as it stands; any thread. */
  public synchronized List<BoundReading> bounds() {
    List<BoundReading> all = new ArrayList<>(Bound.COUNT);
    for (Bound bound : Bound.values()) {
      BoundGauge gauge = boundGauges.get(bound);
      all.add(
          new BoundReading(
              bound,
              gauge == null ? -1 : gauge.used().getAsLong(),
              gauge == null ? bound.value() : gauge.max().getAsLong(),
              sum(bound, Direction.INBOUND),
              sum(bound, Direction.OUTBOUND),
              reached.get(bound.ordinal()) + elsewhere(bound)));
    }
    return all;
  }

  private long sum(Bound bound, Direction direction) {
    long sum = 0;
    for (WorkerTelemetry worker : workers) {
      sum += worker.read(bound, direction);
    }
    return sum;
  }

  private long elsewhere(Bound bound) {
    return bound == Bound.ACCESS_LOG_RING && accessLog != null ? accessLog.dropped() : 0;
  }

  /** Where the numbers of clusters come from. */
  public synchronized void clusters(ClusterNumbers numbers) {
    clusters = numbers;
  }

  /** Everything in Prometheus' text format. The first call loads Micrometer. */
  public synchronized String scrape() {
    PrometheusScrape loaded = scrape;
    if (loaded == null) {
      loaded =
          new PrometheusScrape(List.copyOf(workers), List.copyOf(gauges), clusters, this::bounds);
      scrape = loaded;
    }
    return loaded.scrape();
  }

  @Override
  public void close() {
    if (accessLog != null) {
      accessLog.close();
    }
  }

  private record BoundGauge(LongSupplier used, LongSupplier max) {}

  record ProcessGauge(String name, String help, boolean counter, DoubleSupplier value) {}
}
