package dev.weft.sidecar.telemetry;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Collects {@link ClusterNumbers} for Prometheus; a cluster that is gone has no series. */
final class ClusterCollector implements MultiCollector {
  private static final String LABEL = "cluster";

  private final ClusterNumbers numbers;

  ClusterCollector(ClusterNumbers numbers) {
    this.numbers = numbers;
  }

  @Override
  public MetricSnapshots collect() {
    List<MetricSnapshot> all = new ArrayList<>();
    numbers.collect(new Snapshots(all));
    return new MetricSnapshots(all);
  }

  private record Snapshots(List<MetricSnapshot> all) implements ClusterNumbers.Sink {
    @Override
    public <C> void metric(
        String name,
        String help,
        boolean counter,
        Iterable<C> clusters,
        Function<C, String> clusterName,
        ToDoubleFunction<C> value) {
      if (counter) {
        var snapshot = CounterSnapshot.builder().name("weft_" + name).help(help);
        for (C cluster : clusters) {
          snapshot.dataPoint(
              CounterSnapshot.CounterDataPointSnapshot.builder()
                  .labels(Labels.of(LABEL, clusterName.apply(cluster)))
                  .value(value.applyAsDouble(cluster))
                  .build());
        }
        all.add(snapshot.build());
      } else {
        var snapshot = GaugeSnapshot.builder().name("weft_" + name).help(help);
        for (C cluster : clusters) {
          snapshot.dataPoint(
              GaugeSnapshot.GaugeDataPointSnapshot.builder()
                  .labels(Labels.of(LABEL, clusterName.apply(cluster)))
                  .value(value.applyAsDouble(cluster))
                  .build());
        }
        all.add(snapshot.build());
      }
    }
  }
}
