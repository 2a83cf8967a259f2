package dev.weft.sidecar.admin;

import dev.weft.sidecar.cluster.ClusterStatus;
import dev.weft.sidecar.cluster.EndpointStatus;
import dev.weft.sidecar.cluster.PriorityStatus;
import dev.weft.sidecar.cluster.Stat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The clusters and their health as JSON. Pure. */
public final class ClustersPage {
  private ClustersPage() {}

  public static String json(List<ClusterStatus> clusters) {
    var json = new JsonWriter();
    json.object().array("clusters");
    for (ClusterStatus cluster : clusters) {
      json.object()
          .field("name", cluster.name())
          .field("load_balancer", cluster.config().loadBalancer().name())
          .field("protocol", ConfigPage.protocol(cluster.config().protocol()))
          .field("emptiness", cluster.emptiness().name())
          .field("prefers", cluster.preference())
          .field("connections", cluster.connections())
          .field("pending_requests", cluster.pendingRequests());
      priorities(json, cluster.priorities());
      totals(json, cluster.totals());
      json.array("endpoints");
      for (EndpointStatus endpoint : cluster.endpoints()) {
        json.object()
            .field("id", endpoint.config().id())
            .field("address", endpoint.config().address() + ":" + endpoint.config().port())
            .field("health", endpoint.health().name())
            .field("reason", endpoint.reason())
            .field("weight", endpoint.config().weight())
            .field("weight_percent", endpoint.weightPercent())
            .field("ejected_for_nanos", endpoint.ejectedForNanos())
            .field("inflight", endpoint.inflight())
            .field("ewma_nanos", endpoint.ewmaNanos());
        totals(json, endpoint.totals());
        json.endObject();
      }
      json.endArray().endObject();
    }
    return json.endArray().endObject().toString();
  }

  private static void priorities(JsonWriter json, List<PriorityStatus> priorities) {
    json.array("priorities");
    for (PriorityStatus priority : priorities) {
      json.object()
          .field("name", priority.name())
          .field("healthy", priority.healthy())
          .field("endpoints", priority.endpoints())
          .field("share_percent", Math.round(priority.share() * 100))
          .field("panic", priority.panic())
          .endObject();
    }
    json.endArray();
  }

  private static void totals(JsonWriter json, Map<Stat, Long> totals) {
    json.object("totals");
    new TreeMap<>(totals)
        .forEach((stat, total) -> json.field(stat.name().toLowerCase(Locale.ROOT), total));
    json.endObject();
  }
}
