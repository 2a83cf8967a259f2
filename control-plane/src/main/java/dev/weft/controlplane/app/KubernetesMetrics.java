package dev.weft.controlplane.app;

import dev.weft.controlplane.source.kubernetes.KubernetesSource;
import dev.weft.controlplane.source.kubernetes.KubernetesStatus;
import dev.weft.controlplane.source.kubernetes.api.InformerStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** What a control plane counts about the cluster that it follows. */
final class KubernetesMetrics {
  private KubernetesMetrics() {}

  static void bind(MeterRegistry meters, KubernetesSource source) {
    Gauge.builder("weft.kubernetes.leading", source, each -> each.term() == null ? 0 : 1)
        .description("1 on the replica that writes to the store what Kubernetes has")
        .register(meters);
    Gauge.builder("weft.kubernetes.problems", source, each -> each.status().problems().size())
        .description("What keeps it from following the API server, or from writing")
        .register(meters);
    FunctionCounter.builder("weft.kubernetes.writes", source, KubernetesSource::writes)
        .description("Keys of the store that this replica wrote or removed for Kubernetes")
        .register(meters);
    for (KubernetesStatus.Kind kind : source.status().kinds()) {
      ofKind(
          meters,
          "weft.kubernetes.synced",
          "1 when all objects of a kind are known, or it is not installed",
          source,
          kind.name(),
          status -> status.complete() ? 1 : 0);
      ofKind(
          meters,
          "weft.kubernetes.last.event.age.seconds",
          "How long ago the API server was last heard; it speaks about every minute",
          source,
          kind.name(),
          status ->
              (double) (System.nanoTime() - status.heardNanos()) / TimeUnit.SECONDS.toNanos(1));
    }
  }

  private static void ofKind(
      MeterRegistry meters,
      String name,
      String description,
      KubernetesSource source,
      String kind,
      ToDoubleFunction<InformerStatus> value) {
    Gauge.builder(name, source, each -> value.applyAsDouble(each.status(kind)))
        .tag("kind", kind)
        .description(description)
        .register(meters);
  }
}
