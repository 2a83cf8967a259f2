package dev.weft.sidecar.admin;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.DnsNameConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.Origin;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.RouteFilterConfig.MirrorConfig;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The configuration in force as JSON, with the document that each part comes from. Pure. */
public final class ConfigPage {
  private ConfigPage() {}

  /**
   * Writes the members of the snapshot into an object that is open.
   *
   * @param versions by kind and name, e.g. {@code CLUSTER catalog.default:80}
   */
  public static void write(JsonWriter json, ConfigSnapshot snapshot, Map<String, String> versions) {
    json.field("revision", snapshot.revision());
    json.array("inbound");
    for (InboundConfig inbound : new TreeMap<>(snapshot.inbound()).values()) {
      json.object()
          .field("name", inbound.name())
          .field("version", version(versions, "INBOUND", inbound.name()))
          .field("request_timeout_nanos", inbound.requestTimeoutNanos())
          .field("max_requests", inbound.maxRequests());
      json.array("ports");
      for (InboundConfig.InboundPort port : inbound.ports()) {
        json.object()
            .field("port", port.port())
            .field("protocol", port.protocol().name())
            .endObject();
      }
      json.endArray();
      origins(json, inbound.origins());
      json.endObject();
    }
    json.endArray();
    appConfig(json, snapshot.appConfig(), versions);
    json.array("virtual_hosts");
    for (VirtualHostConfig host : new TreeMap<>(snapshot.virtualHosts()).values()) {
      virtualHost(json, host, version(versions, "VIRTUAL_HOST", host.name()));
    }
    json.endArray();
    json.array("clusters");
    for (ClusterConfig cluster : new TreeMap<>(snapshot.clusters()).values()) {
      cluster(json, snapshot, cluster, versions);
    }
    json.endArray();
  }

  /** For whom each entry is, without the values, which may be long. */
  private static void appConfig(JsonWriter json, AppConfig config, Map<String, String> versions) {
    if (!config.known()) {
      return;
    }
    json.object("app_config")
        .field("name", config.name())
        .field("version", version(versions, "APP_CONFIG", config.name()));
    json.array("entries");
    for (AppConfig.Entry entry : config.entries()) {
      AppConfig.Release release = entry.release();
      json.object()
          .field("key", entry.key())
          .field("content_type", entry.contentType())
          .field("characters", entry.value().length());
      json.object("instance_labels");
      new TreeMap<>(entry.labels()).forEach(json::field);
      json.endObject();
      if (release != null) {
        json.field("release_percent", release.percent());
      }
      origins(json, List.of(entry.origin()));
      json.endObject();
    }
    json.endArray().endObject();
  }

  private static void virtualHost(JsonWriter json, VirtualHostConfig host, String version) {
    json.object().field("name", host.name()).field("version", version).field("found", host.found());
    if (!host.nearMisses().isEmpty()) {
      strings(json, "near_misses", host.nearMisses());
    }
    DnsNameConfig dns = host.dns();
    if (dns != null) {
      strings(
          json, "addresses", dns.addresses().stream().map(InetAddress::getHostAddress).toList());
    }
    json.array("routes");
    for (RouteConfig route : host.routes()) {
      json.object().field("name", route.name());
      match(json, route.match());
      json.array("backends");
      for (BackendConfig backend : route.backends()) {
        json.object()
            .field("cluster", backend.dangling() ? "(does not exist)" : backend.cluster())
            .field("weight", backend.weight());
        edits(json, "request_headers", backend.requestEdits());
        edits(json, "response_headers", backend.responseEdits());
        json.endObject();
      }
      json.endArray();
      edits(json, "request_headers", route.requestEdits());
      edits(json, "response_headers", route.responseEdits());
      filters(json, route.filters());
      if (route.streamIdleTimeoutNanos() != RouteConfig.DEFAULT_IDLE) {
        json.field("stream_idle_timeout_nanos", route.streamIdleTimeoutNanos());
      }
      json.field("request_timeout_nanos", route.requestTimeoutNanos())
          .field("per_try_timeout_nanos", route.perTryTimeoutNanos())
          .field("per_try_covers_response", route.perTryCoversResponse())
          .object("retry")
          .field("attempts", route.retry().attempts())
          .field("budget_percent", route.retry().budgetPercent());
      strings(json, "on", route.retry().on().stream().map(Enum::name).sorted().toList());
      json.endObject();
      origins(json, route.origins());
      json.endObject();
    }
    json.endArray().endObject();
  }

  private static void filters(JsonWriter json, RouteFilterConfig filters) {
    var redirect = filters.redirect();
    if (redirect != null) {
      json.object("redirect")
          .field("status", redirect.status())
          .field("scheme", redirect.scheme())
          .field("hostname", redirect.hostname())
          .field("port", redirect.port())
          .field("path", path(redirect.path()))
          .endObject();
    }
    var rewrite = filters.rewrite();
    if (rewrite != null) {
      json.object("rewrite")
          .field("hostname", rewrite.hostname())
          .field("path", path(rewrite.path()))
          .endObject();
    }
    mirrors(json, filters.mirrors());
  }

  private static void mirrors(JsonWriter json, List<MirrorConfig> mirrors) {
    if (mirrors.isEmpty()) {
      return;
    }
    json.array("mirrors");
    for (MirrorConfig mirror : mirrors) {
      json.object()
          .field("cluster", mirror.cluster())
          .field("numerator", mirror.numerator())
          .field("denominator", mirror.denominator())
          .endObject();
    }
    json.endArray();
  }

  private static String path(@Nullable PathRewriteConfig path) {
    return path == null ? "" : (path.prefix() ? "PREFIX " : "FULL ") + path.value();
  }

  private static void match(JsonWriter json, MatchConfig match) {
    json.object("match")
        .field("path", match.pathKind() + " " + match.path())
        .field("method", match.method().isEmpty() ? "any" : match.method());
    if (!match.serverName().isEmpty()) {
      json.field("server_name", match.serverName());
    }
    values(json, "headers", match.headers());
    values(json, "query", match.query());
    json.endObject();
  }

  private static void values(JsonWriter json, String name, List<MatchConfig.ValueMatch> values) {
    if (!values.isEmpty()) {
      strings(
          json,
          name,
          values.stream().map(v -> v.name() + (v.regex() ? " ~ " : " = ") + v.value()).toList());
    }
  }

  private static void cluster(
      JsonWriter json,
      ConfigSnapshot snapshot,
      ClusterConfig cluster,
      Map<String, String> versions) {
    json.object()
        .field("name", cluster.name())
        .field("version", version(versions, "CLUSTER", cluster.name()))
        .field("protocol", protocol(cluster.protocol()))
        .field("load_balancer", cluster.loadBalancer().name());
    balancing(json, cluster.balancing());
    json.object("outlier_detection")
        .field("consecutive_failures", cluster.outlierDetection().consecutiveFailures())
        .field("max_ejection_percent", cluster.outlierDetection().maxEjectionPercent())
        .endObject();
    var check = cluster.healthCheck();
    if (check != null) {
      json.object("health_check")
          .field("kind", check.httpPath() == null ? "TCP" : "HTTP " + check.httpPath())
          .field("interval_nanos", check.intervalNanos())
          .endObject();
    }
    if (cluster.proxyProtocol() != ProxyProtocol.OFF) {
      json.field("proxy_protocol", cluster.proxyProtocol().name());
    }
    if (cluster.tcpIdleTimeoutNanos() != ClusterConfig.DEFAULT_IDLE) {
      json.field("tcp_idle_timeout_nanos", cluster.tcpIdleTimeoutNanos());
    }
    json.array("endpoint_slices");
    for (String slice : cluster.endpointSlices()) {
      json.object()
          .field("name", slice)
          .field("version", version(versions, "ENDPOINT_SLICE", slice))
          .array("endpoints");
      for (EndpointConfig endpoint : snapshot.endpointSlices().getOrDefault(slice, List.of())) {
        json.object()
            .field("id", endpoint.id())
            .field("address", endpoint.address() + ":" + endpoint.port())
            .field("weight", endpoint.weight())
            .field("sidecar", endpoint.sidecar());
        strings(json, "protocols", endpoint.protocols().stream().map(Enum::name).sorted().toList());
        json.field("incarnation", endpoint.incarnation()).endObject();
      }
      json.endArray().endObject();
    }
    json.endArray();
    origins(json, cluster.origins());
    json.endObject();
  }

  private static void balancing(JsonWriter json, BalancingConfig balancing) {
    if (balancing.slowStartNanos() > 0) {
      json.object("slow_start")
          .field("window_nanos", balancing.slowStartNanos())
          .field("min_weight_percent", balancing.slowStartMinPercent())
          .endObject();
    }
    if (balancing.panicThresholdPercent() > 0) {
      json.field("panic_threshold_percent", balancing.panicThresholdPercent());
    }
    BalancingConfig.LocalityConfig locality = balancing.locality();
    if (locality == null) {
      return;
    }
    json.object("locality").field("overprovisioning_percent", locality.overprovisioningPercent());
    json.array("failover");
    for (BalancingConfig.Failover rule : locality.failover()) {
      json.object().field("from", rule.from().toString());
      strings(json, "to", rule.to().stream().map(Object::toString).toList());
      json.endObject();
    }
    json.endArray().endObject();
  }

  /** What is declared; "undeclared" where nothing is. */
  static String protocol(@Nullable WireProtocol declared) {
    return declared == null ? "undeclared" : declared.name();
  }

  private static void edits(JsonWriter json, String name, HeadEdits edits) {
    if (edits.isEmpty()) {
      return;
    }
    json.object(name);
    strings(json, "set", edits.set().stream().map(HeadEdits.Line::toString).toList());
    strings(json, "add", edits.add().stream().map(HeadEdits.Line::toString).toList());
    strings(
        json,
        "remove",
        edits.remove().stream()
            .map(bytes -> new String(bytes, java.nio.charset.StandardCharsets.US_ASCII))
            .toList());
    json.endObject();
  }

  private static void origins(JsonWriter json, List<Origin> origins) {
    json.array("origins");
    for (Origin origin : origins) {
      json.object()
          .field("document", origin.toString())
          .field("decides", origin.decides())
          .field("revision", origin.revision())
          .endObject();
    }
    json.endArray();
  }

  private static void strings(JsonWriter json, String name, List<String> values) {
    json.array(name);
    values.forEach(json::value);
    json.endArray();
  }

  private static String version(Map<String, String> versions, String kind, String name) {
    return versions.getOrDefault(kind + " " + name, "");
  }
}
