package dev.weft.sidecar.telemetry;

import dev.weft.common.ProcessNumbers;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Micrometer's view of the workers' counters: function counters over the sum of all workers, and a
 * collector for latency. Series come at the scrape after their first request and go at the scrape
 * after their cluster has gone. One thread at a time.
 */
final class PrometheusScrape {
  private static final String[] CLASS_LABELS = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

  private final List<WorkerTelemetry> workers;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<SeriesKey, Series> series = new LinkedHashMap<>();
  // Micrometer refers to them weakly.
  private final List<Object> owned = new ArrayList<>();

  PrometheusScrape(
      List<WorkerTelemetry> workers,
      List<Telemetry.ProcessGauge> gauges,
      ClusterNumbers clusters,
      Supplier<List<BoundReading>> bounds) {
    this.workers = workers;
    process();
    for (Telemetry.ProcessGauge gauge : gauges) {
      process(gauge);
    }
    for (Direction direction : Direction.values()) {
      for (WorkerCounter counter : WorkerCounter.values()) {
        worker(counter, direction);
      }
    }
    registry.getPrometheusRegistry().register(new LatencyCollector());
    registry.getPrometheusRegistry().register(new ClusterCollector(clusters));
    registry.getPrometheusRegistry().register(new BoundCollector(bounds));
  }

  String scrape() {
    sync();
    return registry.scrape();
  }

  /** As every Prometheus client names them, and which program this is. */
  private void process() {
    String version = PrometheusScrape.class.getPackage().getImplementationVersion();
    Gauge.builder("weft.build.info", () -> 1)
        .tags("component", "sidecar", "version", version == null ? "dev" : version)
        .description("Which program and version this is; always 1.")
        .register(registry);
    FunctionCounter.builder("process.cpu", this, s -> ProcessNumbers.cpuSeconds())
        .baseUnit("seconds")
        .description("CPU time taken.")
        .register(registry);
    Gauge.builder("process.resident.memory", ProcessNumbers::residentBytes)
        .baseUnit("bytes")
        .description("Memory held in RAM.")
        .register(registry);
  }

  private void process(Telemetry.ProcessGauge gauge) {
    owned.add(gauge);
    ToDoubleFunction<Telemetry.ProcessGauge> read = g -> g.value().getAsDouble();
    if (gauge.counter()) {
      FunctionCounter.builder(gauge.name(), gauge, read)
          .description(gauge.help())
          .register(registry);
    } else {
      Gauge.builder(gauge.name(), gauge, read).description(gauge.help()).register(registry);
    }
  }

  private void worker(WorkerCounter counter, Direction direction) {
    Tags tags = Tags.of("direction", direction.label());
    ToDoubleFunction<List<WorkerTelemetry>> read =
        all -> {
          long sum = 0;
          for (WorkerTelemetry worker : all) {
            sum += worker.read(counter, direction);
          }
          return sum;
        };
    if (counter.gauge()) {
      Gauge.builder(counter.metric(), workers, read)
          .tags(tags)
          .description(counter.help())
          .register(registry);
    } else {
      FunctionCounter.builder(counter.metric(), workers, read)
          .tags(tags)
          .description(counter.help())
          .register(registry);
    }
  }

  private void sync() {
    for (Series known : series.values()) {
      known.parts = new ArrayList<>(known.parts.size());
    }
    for (WorkerTelemetry worker : workers) {
      for (RequestStats stats : worker.series()) {
        series.computeIfAbsent(stats.key(), Series::new).parts.add(stats);
      }
    }
    for (Iterator<Series> all = series.values().iterator(); all.hasNext(); ) {
      Series one = all.next();
      if (one.parts.isEmpty()) {
        one.meters.values().forEach(registry::remove);
        all.remove();
      } else {
        one.register();
      }
    }
  }

  /** One series over all workers; its parts are the workers' counts. */
  private final class Series {
    final SeriesKey key;
    final Tags tags;
    List<RequestStats> parts = new ArrayList<>();
    final Map<String, Meter> meters = new TreeMap<>();

    Series(SeriesKey key) {
      this.key = key;
      this.tags =
          Tags.of(
              "cluster", key.cluster(), "direction", key.direction().label(), "route", key.route());
    }

    void register() {
      for (int c = 0; c < RequestStats.CLASSES; c++) {
        int statusClass = c;
        String label = CLASS_LABELS[c];
        if (sum(part -> part.responses(statusClass)) > 0) {
          meters.computeIfAbsent(
              label,
              l ->
                  FunctionCounter.builder(
                          "weft.upstream.rq", this, s -> s.sum(p -> p.responses(statusClass)))
                      .tags(tags.and("response_code_class", l))
                      .description("Requests that are over, by class of the status sent back.")
                      .register(registry));
        }
      }
      for (int s = 0; s < RequestStats.GRPC_STATUSES; s++) {
        int status = s;
        if (sum(part -> part.grpcCalls(status)) > 0) {
          meters.computeIfAbsent(
              "grpc " + s,
              l ->
                  FunctionCounter.builder(
                          "weft.upstream.rq.grpc", this, m -> m.sum(p -> p.grpcCalls(status)))
                      .tags(tags.and("grpc_response_status", Integer.toString(status)))
                      .description("gRPC calls that are over, by the status sent back.")
                      .register(registry));
        }
      }
      for (RequestStats part : parts) {
        for (String flag : part.flags()) {
          meters.computeIfAbsent(
              "flag " + flag,
              l ->
                  FunctionCounter.builder(
                          "weft.rq.response.flag", this, s -> s.sum(p -> p.flagged(flag)))
                      .tags(tags.and("flag", flag))
                      .description("Requests and connections by response flag.")
                      .register(registry));
        }
      }
      counter(
          "weft.upstream.rq.bytes.received",
          "Bytes of request bodies and from callers of relays.",
          RequestStats::bytesReceived);
      counter(
          "weft.upstream.rq.bytes.sent",
          "Bytes of response bodies and to callers of relays.",
          RequestStats::bytesSent);
      counter("weft.upstream.rq.retry", "Attempts after the first.", RequestStats::retries);
    }

    private void counter(String name, String help, ToLongFunction<RequestStats> read) {
      meters.computeIfAbsent(
          name,
          n ->
              FunctionCounter.builder(n, this, s -> s.sum(read))
                  .tags(tags)
                  .description(help)
                  .register(registry));
    }

    long sum(ToLongFunction<RequestStats> read) {
      long sum = 0;
      for (RequestStats part : parts) {
        sum += read.applyAsLong(part);
      }
      return sum;
    }
  }

  private final class LatencyCollector implements Collector {
    @Override
    public MetricSnapshot collect() {
      var all =
          HistogramSnapshot.builder()
              .name("weft_upstream_rq_time_seconds")
              .help(
                  "From the first byte of the request's head to the end of the response;"
                      + " without requests that became tunnels.");
      double[] bounds = new double[LatencyBuckets.COUNT];
      for (int i = 0; i < bounds.length; i++) {
        bounds[i] = LatencyBuckets.boundSeconds(i);
      }
      for (Series one : series.values()) {
        Number[] counts = new Number[bounds.length];
        for (int i = 0; i < counts.length; i++) {
          int bucket = i;
          counts[i] = one.sum(part -> part.bucket(bucket));
        }
        all.dataPoint(
            HistogramSnapshot.HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                .sum(one.sum(RequestStats::sumNanos) / 1e9)
                .labels(
                    Labels.of(
                        "cluster",
                        one.key.cluster(),
                        "direction",
                        one.key.direction().label(),
                        "route",
                        one.key.route()))
                .build());
      }
      return all.build();
    }
  }
}
