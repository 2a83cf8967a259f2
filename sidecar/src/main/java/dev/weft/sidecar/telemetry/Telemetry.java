package dev.weft.sidecar.telemetry;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The process's telemetry: makes the workers' parts, and answers scrapes. Workers and gauges are
 * made while the sidecar starts; {@link #scrape} may be called on any one thread at a time.
 */
public final class Telemetry implements AutoCloseable {
  private final @Nullable AccessLog accessLog;
  private final List<WorkerTelemetry> workers = new ArrayList<>();
  private final List<ProcessGauge> gauges = new ArrayList<>();
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

  /** Where the numbers of clusters come from. */
  public synchronized void clusters(ClusterNumbers numbers) {
    clusters = numbers;
  }

  /** Everything in Prometheus' text format. The first call loads Micrometer. */
  public synchronized String scrape() {
    PrometheusScrape loaded = scrape;
    if (loaded == null) {
      loaded = new PrometheusScrape(List.copyOf(workers), List.copyOf(gauges), clusters);
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

  record ProcessGauge(String name, String help, boolean counter, DoubleSupplier value) {}
}
