package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The state of the clusters as text for people, one line a cluster and one an endpoint. Pure. */
public final class ClusterReport {
  private ClusterReport() {}

  public static String text(List<ClusterStatus> clusters) {
    var text = new StringBuilder();
    for (ClusterStatus cluster : clusters) {
      append(text, cluster);
    }
    return text.toString();
  }

  private static void append(StringBuilder text, ClusterStatus cluster) {
    LimitsConfig limits = cluster.config().limits();
    text.append(cluster.name())
        .append("  ")
        .append(cluster.config().loadBalancer())
        .append("  connections ")
        .append(cluster.connections())
        .append('/')
        .append(limits.maxConnections())
        .append("  pending ")
        .append(cluster.pendingRequests())
        .append('/')
        .append(limits.maxPendingRequests());
    if (limits.maxRequests() > 0) {
      text.append("  requests ")
          .append(cluster.requests())
          .append('/')
          .append(limits.maxRequests());
    }
    switch (cluster.emptiness()) {
      case NO_ENDPOINTS -> text.append("  no endpoints");
      case ALL_FAIL_CHECKS -> text.append("  every endpoint fails its active check");
      case NOT_EMPTY -> {}
    }
    if (!cluster.preference().isEmpty()) {
      text.append("  prefers ").append(cluster.preference());
      text.append(cluster.preferred() < 0 ? ": all alike" : ": " + cluster.preferred());
    }
    String separator = "  priorities ";
    for (PriorityStatus priority : cluster.priorities()) {
      append(text.append(separator), priority);
      separator = ", ";
    }
    appendTotals(text, cluster.totals());
    for (EndpointStatus endpoint : cluster.endpoints()) {
      append(text, endpoint);
    }
  }

  private static void append(StringBuilder text, PriorityStatus priority) {
    text.append(priority.name())
        .append(": ")
        .append(priority.healthy())
        .append(" of ")
        .append(priority.endpoints())
        .append(" take ")
        .append(Math.round(priority.share() * 100))
        .append('%')
        .append(priority.panic() ? " (panic)" : "");
  }

  private static void append(StringBuilder text, EndpointStatus endpoint) {
    text.append("  ")
        .append(endpoint.config().id())
        .append("  ")
        .append(endpoint.config().address())
        .append(':')
        .append(endpoint.config().port())
        .append("  ")
        .append(endpoint.health());
    if (endpoint.ejectedForNanos() > 0) {
      text.append(String.format(Locale.ROOT, " for %.1f s", endpoint.ejectedForNanos() / 1e9));
    }
    if (!endpoint.reason().isEmpty()) {
      text.append(" (").append(endpoint.reason()).append(')');
    }
    text.append("  weight ")
        .append(endpoint.config().weight())
        .append(endpoint.weightPercent() < 100 ? " at " + endpoint.weightPercent() + "%" : "")
        .append("  inflight ")
        .append(endpoint.inflight())
        .append("  ewma ")
        .append(
            endpoint.ewmaNanos() < 0
                ? "unknown"
                : String.format(Locale.ROOT, "%.2f ms", endpoint.ewmaNanos() / 1e6));
    appendTotals(text, endpoint.totals());
  }

  private static void appendTotals(StringBuilder text, Map<Stat, Long> totals) {
    for (Stat stat : Stat.values()) {
      long total = totals.getOrDefault(stat, 0L);
      if (total != 0) {
        text.append("  ").append(stat.name().toLowerCase(Locale.ROOT)).append(' ').append(total);
      }
    }
    text.append('\n');
  }
}
