package dev.weft.controlplane.app;

import dev.weft.common.ProcessNumbers;
import dev.weft.controlplane.api.RegistryService;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.liveness.Reaper;
import dev.weft.controlplane.registry.liveness.Sessions;
import dev.weft.controlplane.registry.retention.VersionKeeper;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.function.ToDoubleFunction;

/** What a control plane counts about its registry; discovery has its own. */
final class ControlPlaneMetrics {
  private ControlPlaneMetrics() {}

  static void bindProcess(MeterRegistry meters) {
    new JvmMemoryMetrics().bindTo(meters);
    new JvmThreadMetrics().bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    new UptimeMetrics().bindTo(meters);
    String version = ControlPlaneMetrics.class.getPackage().getImplementationVersion();
    Gauge.builder("weft.build.info", () -> 1)
        .tags("component", "control-plane", "version", version == null ? "dev" : version)
        .description("Which program and version this is; always 1")
        .register(meters);
    FunctionCounter.builder("process.cpu", meters, all -> ProcessNumbers.cpuSeconds())
        .baseUnit("seconds")
        .description("CPU time taken")
        .register(meters);
    Gauge.builder("weft.memory.heap.held.ratio", new OldHeap(), OldHeap::heldRatio)
        .strongReference(true)
        .description("Of the heap for what lives long, what survived its last collection")
        .register(meters);
    Gauge.builder("process.resident.memory", ProcessNumbers::residentBytes)
        .baseUnit("bytes")
        .description("Memory held in RAM")
        .register(meters);
  }

  static void bind(
      MeterRegistry meters,
      Registry registry,
      Sessions sessions,
      Reaper reaper,
      RegistryService service) {
    gauge(
        meters,
        "weft.registry.synced",
        "1 while the view follows the store",
        registry,
        r -> r.status().synced() ? 1 : 0);
    gauge(
        meters,
        "weft.registry.revision",
        "The store's revision that is in force",
        registry,
        r -> r.current().revision());
    gauge(
        meters,
        "weft.registry.workloads",
        "Registered instances",
        registry,
        r -> r.current().workloadCount());
    gauge(
        meters,
        "weft.registry.overrides",
        "Overrides of instances and zones by operators that are in force",
        registry,
        r ->
            r.current().overrides().stream()
                .filter(override -> override.getDrained() || override.getWeight() > 0)
                .count());
    gauge(
        meters,
        "weft.registry.services",
        "Services, explicit and implicit",
        registry,
        r -> r.current().serviceCount());
    gauge(
        meters,
        "weft.registry.problems",
        "Stored entries that could not be used",
        registry,
        r -> r.current().problems().size());
    gauge(
        meters,
        "weft.registry.withheld",
        "Keys of which the store is not believed, until an operator has said what is meant",
        registry,
        r -> r.loss().size());
    counter(meters, "weft.registry.views", "Views published", registry, Registry::viewsPublished);
    counter(
        meters,
        "weft.registry.resyncs",
        "Times that everything was read anew",
        registry,
        Registry::resyncs);
    gauge(meters, "weft.sessions", "Instances that this replica hears", sessions, Sessions::count);
    counter(meters, "weft.heartbeats", "Heartbeats heard", sessions, Sessions::heartbeats);
    counter(
        meters, "weft.session.writes", "Transactions with sessions", sessions, Sessions::writes);
    gauge(
        meters,
        "weft.session.unwritten",
        "Sessions that began or ended and are not written yet",
        sessions,
        Sessions::unwritten);
    gauge(
        meters,
        "weft.reaper.leading",
        "1 on the replica that removes silent instances",
        reaper,
        r -> r.leading() ? 1 : 0);
    gauge(
        meters,
        "weft.reaper.alarms",
        "Services of which nothing is removed because too much would go at once",
        reaper,
        r -> r.alarms().size());
    counter(
        meters,
        "weft.reaper.removals",
        "Silent instances that this replica removed",
        reaper,
        Reaper::removals);
    gauge(
        meters,
        "weft.registry.watchers",
        "Streams that watch instances",
        service,
        RegistryService::watchers);
  }

  static void bind(MeterRegistry meters, VersionKeeper versions) {
    gauge(
        meters,
        "weft.history.versions",
        "Former versions of documents that the store keeps",
        versions,
        VersionKeeper::kept);
    Gauge.builder("weft.history", versions, VersionKeeper::keptBytes)
        .baseUnit("bytes")
        .description("What they are large, together")
        .register(meters);
    for (VersionKeeper.Limit limit : VersionKeeper.Limit.values()) {
      FunctionCounter.builder("weft.history.dropped", versions, keeper -> keeper.dropped(limit))
          .description("Former versions that this replica dropped, by the limit that was reached")
          .tag("limit", limit.label())
          .register(meters);
    }
  }

  private static <T> void gauge(
      MeterRegistry meters, String name, String description, T owner, ToDoubleFunction<T> value) {
    Gauge.builder(name, owner, value).description(description).register(meters);
  }

  private static <T> void counter(
      MeterRegistry meters, String name, String description, T owner, ToDoubleFunction<T> value) {
    FunctionCounter.builder(name, owner, value).description(description).register(meters);
  }
}
