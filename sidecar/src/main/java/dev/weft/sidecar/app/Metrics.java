package dev.weft.sidecar.app;

import dev.weft.sidecar.check.HealthChecker;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.discovery.DiscoveryStatus;
import dev.weft.sidecar.listener.ConnectionLimit;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.ClusterNumbers;
import dev.weft.sidecar.telemetry.Telemetry;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;

/** The process's own numbers, beside those of its requests. */
final class Metrics {
  private static final List<Named> CLUSTER_STATS =
      List.of(
          new Named(Stat.RQ_TOTAL, "upstream_rq_attempt", "Attempts sent to an endpoint."),
          new Named(Stat.RQ_TIMEOUT, "upstream_rq_timeout", "Attempts that were too late."),
          new Named(Stat.RQ_RESET, "upstream_rq_reset", "Attempts cut off before a response."),
          new Named(Stat.RQ_OVERFLOW, "upstream_rq_overflow", "Requests refused at a limit."),
          new Named(Stat.RQ_NO_HEALTHY, "upstream_cx_none_healthy", "Found no healthy endpoint."),
          new Named(Stat.RQ_PANIC, "lb_healthy_panic", "Sent to an ejected endpoint for want."),
          new Named(Stat.RQ_FAR, "lb_zone_routing_cross_zone", "Sent beyond the nearest priority."),
          new Named(Stat.CX_TOTAL, "upstream_cx", "Connections opened."),
          new Named(Stat.CX_CONNECT_FAIL, "upstream_cx_connect_fail", "Connects that failed."),
          new Named(Stat.CX_OVERFLOW, "upstream_cx_overflow", "Not opened at the limit."),
          new Named(Stat.EJECTIONS, "outlier_detection_ejections_enforced", "Endpoints ejected."),
          new Named(
              Stat.EJECTIONS_OVERFLOW,
              "outlier_detection_ejections_overflow",
              "Ejections that the greatest share forbade."),
          new Named(Stat.CHECK_TOTAL, "health_check_attempt", "Active checks."),
          new Named(Stat.CHECK_FAILURE, "health_check_failure", "Active checks that failed."));

  private record Named(Stat stat, String suffix, String help) {
    String name() {
      return "cluster_" + suffix;
    }
  }

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
        "1 while new work is refused because memory is short.",
        false,
        () -> sidecar.overload().memoryShort() ? 1 : 0);
    to.gauge(
        "server_draining",
        "1 once it takes leave.",
        false,
        () -> sidecar.readiness().draining() ? 1 : 0);
    to.gauge(
        "server_ready",
        "1 while it should get traffic; /ready says why not.",
        false,
        () -> sidecar.readiness().lastReady() ? 1 : 0);
    bounds(sidecar, to);
    discovery(sidecar, to);
    to.clusters(sink -> clusters(sidecar.clusters(), sink));
  }

  private static void bounds(Sidecar sidecar, Telemetry to) {
    ConnectionLimit connections = sidecar.connections();
    to.bound(Bound.CONNECTIONS, connections::open, connections::max);
    to.bound(
        Bound.REQUESTS,
        () -> sidecar.overload().requests(),
        () -> sidecar.overload().maxRequests());
    to.bound(Bound.HEAD_BYTES, () -> -1, () -> sidecar.options().http().maxHead());
    to.bound(Bound.H2_HEAD_BYTES, () -> -1, () -> sidecar.options().http().maxHead());
    to.bound(
        Bound.CONNECTION_AGE,
        () -> -1,
        () -> sidecar.options().limits().maxConnectionAgeSeconds() * 1_000_000_000L);
    to.bound(
        Bound.HEAP,
        () -> Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory(),
        () -> sidecar.memory().heapBytes());
    to.bound(
        Bound.DIRECT_MEMORY,
        () -> PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory(),
        () -> sidecar.memory().directBytes());
    to.bound(
        Bound.HOSTS, () -> status(sidecar).subscriptions(), () -> sidecar.options().maxHosts());
    to.bound(Bound.DESTINATIONS, () -> sidecar.passthrough().size(), Bound.DESTINATIONS::value);
    to.bound(
        Bound.CHECKS_RUNNING, () -> sidecar.checker().running(), () -> HealthChecker.MAX_RUNNING);
    InboundApp app = sidecar.app();
    if (app != null) {
      to.bound(Bound.APP_CONNECTIONS, app::connections, Bound.APP_CONNECTIONS::value);
      to.bound(Bound.APP_PENDING, app::pendingRequests, Bound.APP_PENDING::value);
      to.bound(Bound.APP_REQUESTS, app::requestsUnderWay, app::maxRequests);
    }
  }

  private static void clusters(ClusterSet clusters, ClusterNumbers.Sink sink) {
    for (Named stat : CLUSTER_STATS) {
      sink.metric(
          stat.name(),
          stat.help(),
          true,
          clusters.all(),
          Cluster::name,
          cluster -> cluster.total(stat.stat()));
    }
    sink.metric(
        "cluster_membership",
        "Endpoints.",
        false,
        clusters.all(),
        Cluster::name,
        cluster -> cluster.endpoints().size());
    sink.metric(
        "cluster_membership_healthy",
        "Endpoints that neither fail their checks nor are ejected.",
        false,
        clusters.all(),
        Cluster::name,
        Cluster::healthyEndpoints);
    sink.metric(
        "cluster_upstream_cx_active",
        "Connections open now.",
        false,
        clusters.all(),
        Cluster::name,
        cluster -> cluster.connections().used());
    sink.metric(
        "cluster_upstream_rq_pending_active",
        "Requests that wait for a connection.",
        false,
        clusters.all(),
        Cluster::name,
        cluster -> cluster.pendingRequests().used());
  }

  private static void discovery(Sidecar sidecar, Telemetry to) {
    to.gauge(
        "control_plane_connected",
        "1 while a control plane is connected.",
        false,
        () -> status(sidecar).connected() ? 1 : 0);
    to.gauge(
        "control_plane_moves",
        "Moves to another control plane before the stream to the former one ended.",
        true,
        () -> status(sidecar).moves());
    to.gauge(
        "control_plane_last_update_timestamp_seconds",
        "When the configuration in force changed last, since 1970; 0: there is none.",
        false,
        () -> sidecar.configInForce().changedEpochMillis() / 1000.0);
    to.gauge(
        "control_plane_from_disk",
        "1 while the configuration in force is the last good one from the disk.",
        false,
        () -> status(sidecar).fromDisk() ? 1 : 0);
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
        "control_plane_resources", "Resources held.", false, () -> status(sidecar).resources());
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
    return sidecar.readiness().lastStatus();
  }
}
