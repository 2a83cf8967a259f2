package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.Target;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.validate.policy.Draft;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.policy.Reference;
import dev.weft.controlplane.validate.yaml.GatewayDurations;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The spec of a {@code TrafficPolicy}. */
public final class TrafficPolicyDocuments {
  private static final int MAX_TARGETS = 16;
  private static final int MAX_THRESHOLD = 1000;
  private static final int MAX_LIMIT = 1_000_000;

  /** In the order of their numbers, from 1; OK needs no retry. */
  private static final List<String> GRPC_STATUSES =
      List.of(
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  private static final Duration MILLI = Duration.ofMillis(1);

  private static final Known SPEC =
      Known.of(
          "targetRefs",
          "loadBalancer",
          "timeouts",
          "retry",
          "outlierDetection",
          "healthCheck",
          "connectionLimits",
          "tls",
          "proxyProtocol");

  /** What makes no sense for a route: it belongs to the endpoints of a service. */
  private static final List<String> OF_SERVICES =
      List.of(
          "loadBalancer",
          "outlierDetection",
          "healthCheck",
          "connectionLimits",
          "tls",
          "proxyProtocol");

  private static final Known TARGET =
      Known.of("group", "kind", "name")
          .refusing("namespace", "a policy is attached to objects of its own namespace")
          .refusing("sectionName", "a policy is attached to the whole object");

  private static final Map<String, TargetKind> TARGETS = targetKinds();
  private static final Map<String, RetryOn> RETRY_ON = retryOn();
  private static final Map<String, ProxyProtocol> PROXY_PROTOCOLS = proxyProtocols();

  private TrafficPolicyDocuments() {}

  public static TrafficPolicy decode(Draft draft, Place at, DocumentMeta meta) {
    Obj spec = Obj.of(at, SPEC);
    List<Target> targets = targets(draft, spec);
    boolean ofRoute = targets.stream().anyMatch(target -> target.kind() != TargetKind.SERVICE);
    if (ofRoute) {
      for (String field : OF_SERVICES) {
        Place place = spec.get(field);
        if (place != null) {
          place.wrong("nothing: a route takes timeouts and retry only; target its Service");
        }
      }
    }
    Duration request = null;
    Duration perTry = null;
    Duration streamIdle = null;
    Duration tcpIdle = null;
    Place timeoutsAt = spec.get("timeouts");
    if (timeoutsAt != null) {
      Obj timeouts = Obj.of(timeoutsAt, Known.of("request", "perTry", "streamIdle", "tcpIdle"));
      request = timeouts.duration("request", Duration.ZERO);
      perTry = timeouts.duration("perTry", Duration.ZERO);
      streamIdle = timeouts.duration("streamIdle", Duration.ZERO);
      tcpIdle = timeouts.duration("tcpIdle", Duration.ZERO);
      Place tcpIdleAt = timeouts.get("tcpIdle");
      if (ofRoute && tcpIdleAt != null) {
        tcpIdleAt.wrong("nothing: what it is for has no TCP; target its Service");
      }
      HttpRouteDocuments.notLonger(timeouts.get("perTry"), perTry, "request", request);
    }
    return new TrafficPolicy(
        meta,
        targets,
        LoadBalancerDocuments.decode(spec.get("loadBalancer")),
        request,
        perTry,
        streamIdle,
        tcpIdle,
        retry(spec.get("retry")),
        outlier(spec.get("outlierDetection")),
        healthCheck(spec.get("healthCheck")),
        limits(spec.get("connectionLimits")),
        UpstreamTlsDocuments.decode(spec.get("tls")),
        proxyProtocol(spec.get("proxyProtocol")));
  }

  private static @Nullable ProxyProtocol proxyProtocol(@Nullable Place at) {
    String name = at == null ? null : at.oneOf(PROXY_PROTOCOLS.keySet());
    return name == null ? null : PROXY_PROTOCOLS.get(name);
  }

  private static List<Target> targets(Draft draft, Obj spec) {
    var targets = new ArrayList<Target>();
    Place list = spec.require("targetRefs", "at least one Service, HTTPRoute or GRPCRoute");
    Set<String> seen = Place.seen();
    for (Place item : list == null ? List.<Place>of() : list.items(1, MAX_TARGETS)) {
      Obj ref = Obj.of(item, TARGET);
      Place kindAt = ref.require("kind", Place.list(TARGETS.keySet()));
      String kind = kindAt == null ? null : kindAt.oneOf(TARGETS.keySet());
      Place nameAt = ref.require("name", "the target's name");
      String name = nameAt == null ? null : nameAt.string();
      TargetKind targetKind = kind == null ? null : TARGETS.get(kind);
      if (nameAt == null || kind == null || targetKind == null || name == null) {
        continue;
      }
      boolean service = targetKind == TargetKind.SERVICE;
      Place group = ref.get("group");
      if (group != null && service) {
        RouteReferences.coreGroup(group);
      } else if (group != null) {
        group.oneOf(List.of(Kinds.GATEWAY_GROUP));
      }
      var target = new Target(targetKind, name);
      if (item.unique(seen, target.toString())) {
        targets.add(target);
        draft.refer(Reference.target(kind, new ObjectKey(draft.namespace(), name), nameAt));
      }
    }
    return targets;
  }

  private static @Nullable RetryConfig retry(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    RetryConfig absent = RetryConfig.DEFAULT;
    Obj retry = Obj.of(at, Known.of("attempts", "on", "grpcStatuses", "budgetPercent"));
    int attempts = retry.integer("attempts", 0, 10, absent.attempts());
    Place onAt = retry.get("on");
    Set<RetryOn> on = absent.on();
    if (onAt != null) {
      on = EnumSet.noneOf(RetryOn.class);
      Set<String> seen = Place.seen();
      for (Place item : onAt.items(attempts == 0 ? 0 : 1, RETRY_ON.size())) {
        String reason = item.oneOf(RETRY_ON.keySet());
        RetryOn known = reason == null ? null : RETRY_ON.get(reason);
        if (reason != null && known != null && item.unique(seen, reason)) {
          on.add(known);
        }
      }
    }
    return new RetryConfig(
        attempts,
        on,
        retry.integer("budgetPercent", 0, 100, absent.budgetPercent()),
        absent.baseBackoffNanos(),
        absent.maxBackoffNanos(),
        grpcStatuses(retry));
  }

  private static int grpcStatuses(Obj retry) {
    int statuses = 0;
    Set<String> seen = Place.seen();
    for (Place item : retry.items("grpcStatuses", GRPC_STATUSES.size())) {
      String name = item.oneOf(GRPC_STATUSES);
      if (name != null && item.unique(seen, name)) {
        statuses |= 1 << (GRPC_STATUSES.indexOf(name) + 1);
      }
    }
    return statuses;
  }

  private static @Nullable OutlierConfig outlier(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    OutlierConfig absent = OutlierConfig.DEFAULT;
    Obj outlier =
        Obj.of(
            at,
            Known.of("consecutiveFailures", "baseEjection", "maxEjection", "maxEjectionPercent"));
    Duration base = outlier.duration("baseEjection", MILLI);
    Duration max = outlier.duration("maxEjection", MILLI);
    // Who names one of the two means it, so the other's default gives way.
    long baseNanos =
        base != null
            ? base.toNanos()
            : Math.min(absent.baseEjectionNanos(), max == null ? Long.MAX_VALUE : max.toNanos());
    long maxNanos = max != null ? max.toNanos() : Math.max(absent.maxEjectionNanos(), baseNanos);
    Place maxAt = outlier.get("maxEjection");
    if (maxAt != null && maxNanos < baseNanos) {
      maxAt.wrong("at least baseEjection, " + GatewayDurations.text(Duration.ofNanos(baseNanos)));
    }
    return new OutlierConfig(
        outlier.integer("consecutiveFailures", 0, MAX_THRESHOLD, absent.consecutiveFailures()),
        baseNanos,
        maxNanos,
        outlier.integer("maxEjectionPercent", 0, 100, absent.maxEjectionPercent()));
  }

  private static @Nullable HealthCheckConfig healthCheck(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    Obj check =
        Obj.of(
            at,
            Known.of(
                "http",
                "tcp",
                "grpc",
                "interval",
                "timeout",
                "unhealthyThreshold",
                "healthyThreshold"));
    Place http = check.get("http");
    Place tcp = check.get("tcp");
    Place grpc = check.get("grpc");
    if (http != null && tcp != null) {
      tcp.wrong("nothing, as there is http: a check is one or the other");
    }
    if (grpc != null && (http != null || tcp != null)) {
      grpc.wrong("nothing, as there is " + (http != null ? "http" : "tcp") + ": a check is one");
    }
    if (http == null && tcp == null && grpc == null) {
      check.require("http", "http, tcp or grpc");
    }
    if (tcp != null) {
      Obj.of(tcp, Known.of());
    }
    String grpcService = grpc == null ? null : grpcService(grpc);
    String path = null;
    var statuses = new ArrayList<Integer>();
    if (http != null) {
      Obj request = Obj.of(http, Known.of("path", "expectedStatuses"));
      Place pathAt = request.get("path");
      path = "/";
      if (pathAt != null) {
        String written = pathAt.string();
        if (written != null && Syntax.pathError(written.replace('?', '&')) != null) {
          pathAt.wrong("a path that starts with \"/\"");
        }
        path = written;
      }
      for (Place item : request.items("expectedStatuses", 64)) {
        Integer status = item.integer(100, 599);
        if (status != null) {
          statuses.add(status);
        }
      }
    }
    return new HealthCheckConfig(
        path,
        statuses,
        check.nanos("interval", Duration.ofNanos(Syntax.MIN_CHECK_NANOS), 2_000_000_000L),
        check.nanos("timeout", MILLI, 1_000_000_000L),
        check.integer("unhealthyThreshold", 1, MAX_THRESHOLD, 3),
        check.integer("healthyThreshold", 1, MAX_THRESHOLD, 1),
        grpcService);
  }

  /** What grpc.health.v1 is asked about; empty: the server as a whole. */
  private static String grpcService(Place at) {
    Place service = Obj.of(at, Known.of("service")).get("service");
    String name = service == null ? null : service.string();
    if (service != null
        && name != null
        && (name.length() > Syntax.MAX_NAME || name.chars().anyMatch(c -> c <= 0x20 || c > 0x7e))) {
      service.wrong("the full name of a gRPC service, e.g. \"shop.v1.Catalog\"");
    }
    return name == null ? "" : name;
  }

  private static @Nullable LimitsConfig limits(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    LimitsConfig absent = LimitsConfig.DEFAULT;
    Obj limits =
        Obj.of(
            at, Known.of("maxConnections", "maxPendingRequests", "maxRequests", "connectTimeout"));
    return new LimitsConfig(
        limits.integer("maxConnections", 1, MAX_LIMIT, absent.maxConnections()),
        limits.integer("maxPendingRequests", 1, MAX_LIMIT, absent.maxPendingRequests()),
        limits.integer("maxRequests", 0, MAX_LIMIT, absent.maxRequests()),
        limits.nanos("connectTimeout", MILLI, absent.connectTimeoutNanos()));
  }

  private static Map<String, TargetKind> targetKinds() {
    var kinds = new LinkedHashMap<String, TargetKind>();
    for (TargetKind kind : TargetKind.values()) {
      kinds.put(kind.kind(), kind);
    }
    return kinds;
  }

  private static Map<String, ProxyProtocol> proxyProtocols() {
    var versions = new LinkedHashMap<String, ProxyProtocol>();
    versions.put("off", ProxyProtocol.OFF);
    versions.put("v1", ProxyProtocol.V1);
    versions.put("v2", ProxyProtocol.V2);
    return versions;
  }

  private static Map<String, RetryOn> retryOn() {
    var reasons = new LinkedHashMap<String, RetryOn>();
    reasons.put("connectFailure", RetryOn.CONNECT_FAILURE);
    reasons.put("reset", RetryOn.RESET);
    reasons.put("gatewayError", RetryOn.GATEWAY_ERROR);
    reasons.put("serverError", RetryOn.SERVER_ERROR);
    reasons.put("perTryTimeout", RetryOn.PER_TRY_TIMEOUT);
    return reasons;
  }
}
