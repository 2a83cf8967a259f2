package dev.weft.sidecar.telemetry;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.Supplier;

/**
 * Every {@link Bound} for Prometheus: how often it was reached, and, where that means something,
 * how much of it is used and where it lies (seconds, bytes, counts).
 */
final class BoundCollector implements MultiCollector {
  private static final String LIMIT = "limit";
  private static final String DIRECTION = "direction";

  private final Supplier<List<BoundReading>> bounds;

  BoundCollector(Supplier<List<BoundReading>> bounds) {
    this.bounds = bounds;
  }

  @Override
  public MetricSnapshots collect() {
    var reached =
        CounterSnapshot.builder().name("weft_limit_reached").help("Times a limit was reached.");
    var used = GaugeSnapshot.builder().name("weft_limit_used").help("How much of a limit is used.");
    var max = GaugeSnapshot.builder().name("weft_limit_max").help("Where a limit lies.");
    for (BoundReading one : bounds.get()) {
      String label = one.bound().label();
      switch (one.bound().scope()) {
        case WORKER -> {
          count(reached, Labels.of(LIMIT, label, DIRECTION, "inbound"), one.inbound());
          count(reached, Labels.of(LIMIT, label, DIRECTION, "outbound"), one.outbound());
        }
        case PROCESS -> count(reached, Labels.of(LIMIT, label), one.reached());
        case QUIET, KERNEL -> {
          // Nobody counts them.
        }
      }
      if (one.used() >= 0) {
        gauge(used, label, one.used());
        gauge(max, label, one.max());
      }
    }
    return new MetricSnapshots(reached.build(), used.build(), max.build());
  }

  private static void count(CounterSnapshot.Builder to, Labels labels, long value) {
    to.dataPoint(
        CounterSnapshot.CounterDataPointSnapshot.builder()
            .labels(labels)
            .value((double) value)
            .build());
  }

  private static void gauge(GaugeSnapshot.Builder to, String label, long value) {
    to.dataPoint(
        GaugeSnapshot.GaugeDataPointSnapshot.builder()
            .labels(Labels.of(LIMIT, label))
            .value((double) value)
            .build());
  }
}
