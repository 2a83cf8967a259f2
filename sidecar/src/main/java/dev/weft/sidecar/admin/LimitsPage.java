package dev.weft.sidecar.admin;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.sidecar.cluster.ClusterStatus;
import dev.weft.sidecar.telemetry.BoundReading;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Every bound with what is used of it and how often it was reached, so that whoever is woken sees
 * at once which one is hit: those that were reached come first. Pure.
 *
 * @param bounds of the process
 * @param clusters whose connections and requests have bounds of their own
 */
public record LimitsPage(List<BoundReading> bounds, List<ClusterStatus> clusters) {
  public LimitsPage {
    bounds = List.copyOf(bounds);
    clusters = List.copyOf(clusters);
  }

  /** For people. */
  public String text() {
    List<BoundReading> sorted = new ArrayList<>(bounds);
    sorted.sort(Comparator.comparing(one -> one.reached() == 0));
    var text = new StringBuilder(4096);
    text.append(
        "%-22s %10s %12s %12s  %s\n".formatted("LIMIT", "REACHED", "USED", "LIMIT AT", "THEN"));
    for (BoundReading one : sorted) {
      text.append(
          "%-22s %10d %12s %12s  %s%s\n"
              .formatted(
                  one.bound().label(),
                  one.reached(),
                  one.used() < 0 ? "" : one.used() == 0 ? "0" : one.bound().text(one.used()),
                  one.bound().text(one.max()),
                  one.bound().answer(),
                  one.bound().option().isEmpty() ? "" : " [" + one.bound().option() + "]"));
    }
    if (!clusters.isEmpty()) {
      text.append(
          "\n%-40s %14s %14s %14s\n".formatted("CLUSTER", "CONNECTIONS", "PENDING", "REQUESTS"));
    }
    for (ClusterStatus cluster : clusters) {
      LimitsConfig limits = cluster.config().limits();
      text.append(
          "%-40s %14s %14s %14s\n"
              .formatted(
                  cluster.name(),
                  cluster.connections() + "/" + limits.maxConnections(),
                  cluster.pendingRequests() + "/" + limits.maxPendingRequests(),
                  limits.maxRequests() == 0
                      ? "none"
                      : cluster.requests() + "/" + limits.maxRequests()));
    }
    return text.toString();
  }

  /** For programs: times in nanoseconds, sizes in bytes; {@code used} where it means something. */
  public String json() {
    var json = new JsonWriter().object().array("limits");
    for (BoundReading one : bounds) {
      json.object().field("name", one.bound().label());
      if (one.used() >= 0) {
        json.field("used", one.used());
      }
      json.field("max", one.max())
          .field("reached", one.reached())
          .field("option", one.bound().option())
          .field("then", one.bound().answer())
          .endObject();
    }
    json.endArray().array("clusters");
    for (ClusterStatus cluster : clusters) {
      LimitsConfig limits = cluster.config().limits();
      json.object()
          .field("name", cluster.name())
          .field("connections", cluster.connections())
          .field("max_connections", limits.maxConnections())
          .field("pending_requests", cluster.pendingRequests())
          .field("max_pending_requests", limits.maxPendingRequests())
          .field("requests", cluster.requests())
          .field("max_requests", limits.maxRequests())
          .endObject();
    }
    return json.endArray().endObject().toString();
  }
}
