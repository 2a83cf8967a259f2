package dev.weft.sidecar.app;

import dev.weft.sidecar.discovery.DiscoveryStatus;
import dev.weft.sidecar.telemetry.Telemetry;
import io.netty.buffer.PooledByteBufAllocator;

/** The process's own numbers, beside those of its requests. */
final class Metrics {
  private Metrics() {}

  /** While the sidecar starts; the numbers are read by the thread of a scrape. */
  static void register(Sidecar sidecar) {
    Telemetry to = sidecar.telemetry();
    to.gauge(
        "memory_direct_used",
        "Bytes of direct memory in chunks.",
        false,
        () -> PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory());
    to.gauge(
        "memory_direct_max",
        "Bytes of direct memory that the process may use.",
        false,
        () -> sidecar.memory().directBytes());
    to.gauge(
        "memory_heap_used",
        "Bytes of heap in use, garbage included.",
        false,
        () -> Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
    to.gauge(
        "memory_heap_max",
        "Bytes of heap that the process may use.",
        false,
        () -> sidecar.memory().heapBytes());
    to.gauge(
        "server_connections",
        "Callers' connections over all listeners.",
        false,
        () -> sidecar.connections().open());
    to.gauge(
        "server_connections_max",
        "How many there may be.",
        false,
        () -> sidecar.connections().max());
    to.gauge(
        "overload_shedding",
        "1 while new connections are refused because memory is short.",
        false,
        () -> sidecar.connections().shedding() ? 1 : 0);
    to.gauge(
        "server_draining", "1 once it takes leave.", false, () -> sidecar.draining() ? 1 : 0);
    discovery(sidecar, to);
  }

  private static void discovery(Sidecar sidecar, Telemetry to) {
    to.gauge(
        "control_plane_connected",
        "1 while a control plane is connected.",
        false,
        () -> status(sidecar).connected() ? 1 : 0);
    to.gauge(
        "control_plane_revision",
        "The store's revision in force.",
        false,
        () -> status(sidecar).revision());
    to.gauge(
        "control_plane_subscriptions",
        "Hosts and own configuration that are subscribed to.",
        false,
        () -> status(sidecar).subscriptions());
    to.gauge(
        "control_plane_resources",
        "Resources held.",
        false,
        () -> status(sidecar).resources());
    to.gauge(
        "control_plane_update_success",
        "Responses acknowledged.",
        true,
        () -> status(sidecar).acknowledged());
    to.gauge(
        "control_plane_update_rejected",
        "Responses refused.",
        true,
        () -> status(sidecar).rejected());
    to.gauge(
        "control_plane_resources_received",
        "Resources that came in responses.",
        true,
        () -> status(sidecar).resourcesReceived());
  }

  private static DiscoveryStatus status(Sidecar sidecar) {
    return sidecar.lastStatus();
  }
}
