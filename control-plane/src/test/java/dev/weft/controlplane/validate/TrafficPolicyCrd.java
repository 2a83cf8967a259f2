package dev.weft.controlplane.validate;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.wire.TlsSyntax;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.validate.yaml.GatewayDurations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The CustomResourceDefinition of {@code TrafficPolicy}, from which the file of {@code deploy/k8s}
 * is written. What the decoder decides (fields, types, bounds, names) is here a second time,
 * because the decoder is code; {@link TrafficPolicyCrdTest} asks the decoder about each and holds
 * them equal.
 */
final class TrafficPolicyCrd {
  /** As GEP-2257 has it. */
  static final String DURATION = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";

  static final int MAX_THRESHOLD = 1000;
  static final int MAX_LIMIT = 1_000_000;

  private TrafficPolicyCrd() {}

  static Map<String, Object> definition() {
    return map(
        "apiVersion",
        "apiextensions.k8s.io/v1",
        "kind",
        "CustomResourceDefinition",
        "metadata",
        map(
            "name",
            "trafficpolicies.weft.dev",
            "labels",
            map(
                "app.kubernetes.io/part-of",
                "weft",
                // How tools find what is attached to a Service or a route (GEP-713).
                "gateway.networking.k8s.io/policy",
                "Direct")),
        "spec",
        map(
            "group",
            Kinds.WEFT_GROUP,
            "names",
            map(
                "kind",
                Kinds.TRAFFIC_POLICY,
                "listKind",
                "TrafficPolicyList",
                "plural",
                "trafficpolicies",
                "singular",
                "trafficpolicy",
                "shortNames",
                List.of("tp"),
                "categories",
                List.of("weft")),
            "scope",
            "Namespaced",
            "versions",
            List.of(
                map(
                    "name",
                    "v1alpha1",
                    "served",
                    true,
                    "storage",
                    true,
                    "subresources",
                    map("status", map()),
                    "additionalPrinterColumns",
                    List.of(
                        // Of several the first: the API server shows one value in a column.
                        column("Target", ".spec.targetRefs[0].name", "string"),
                        column(
                            "Accepted",
                            ".status.ancestors[0].conditions[?(@.type==\"Accepted\")].status",
                            "string"),
                        column(
                            "In Force",
                            ".status.ancestors[0].conditions[?(@.type==\"weft.dev/InForce\")].status",
                            "string"),
                        column("Age", ".metadata.creationTimestamp", "date")),
                    "schema",
                    map("openAPIV3Schema", schema())))));
  }

  private static Map<String, Object> column(String name, String path, String type) {
    return map("name", name, "type", type, "jsonPath", path);
  }

  private static Map<String, Object> schema() {
    Map<String, Object> schema =
        object(
            "How traffic gets to a Service: balancing, timeouts, retries, health, limits, TLS.",
            List.of("spec"),
            map(
                "apiVersion",
                map("type", "string"),
                "kind",
                map("type", "string"),
                "metadata",
                map("type", "object"),
                "spec",
                spec(),
                "status",
                status()));
    return schema;
  }

  static Map<String, Object> spec() {
    Map<String, Object> spec =
        object(
            "What holds for the targets.",
            List.of("targetRefs"),
            map(
                "targetRefs",
                targets(),
                "loadBalancer",
                loadBalancer(),
                "timeouts",
                timeouts(),
                "retry",
                retry(),
                "outlierDetection",
                outlierDetection(),
                "healthCheck",
                healthCheck(),
                "connectionLimits",
                connectionLimits(),
                "tls",
                tls(),
                "proxyProtocol",
                oneOf(
                    "With which header of the PROXY protocol connections begin.",
                    "off",
                    "v1",
                    "v2")));
    var ofServices =
        List.of(
            "loadBalancer",
            "outlierDetection",
            "healthCheck",
            "connectionLimits",
            "tls",
            "proxyProtocol");
    rule(
        spec,
        "self.targetRefs.all(t, t.kind == 'Service') || !("
            + String.join(
                " || ", ofServices.stream().map(field -> "has(self." + field + ")").toList())
            + " || (has(self.timeouts) && has(self.timeouts.tcpIdle)))",
        "a route takes timeouts (but tcpIdle) and retry only; target its Service");
    return spec;
  }

  private static Map<String, Object> targets() {
    Map<String, Object> target =
        object(
            "An object of the policy's own namespace.",
            List.of("kind", "name"),
            map(
                "group",
                oneOf("The group of the kind.", "", Kinds.GATEWAY_GROUP),
                "kind",
                oneOf("What is named.", Kinds.SERVICE, Kinds.HTTP_ROUTE, Kinds.GRPC_ROUTE),
                "name",
                map("type", "string", "minLength", 1, "maxLength", 253)));
    rule(
        target,
        "!has(self.group) || (self.group == '') == (self.kind == 'Service')",
        "the group is \"\" for a Service, and gateway.networking.k8s.io for a route");
    Map<String, Object> targets = list("What the policy holds for.", 1, 16, target);
    rule(
        targets,
        "self.all(t, self.exists_one(o, o.kind == t.kind && o.name == t.name))",
        "a target occurs once");
    return targets;
  }

  private static Map<String, Object> loadBalancer() {
    return object(
        "How an endpoint is chosen.",
        List.of(),
        map(
            "type",
            oneOf(
                "PeakEwma when absent, or the Service's sessionAffinity: the less loaded and"
                    + " quicker of two. Weights count in every one; WeightedRoundRobin is"
                    + " RoundRobin.",
                "PeakEwma",
                "LeastRequest",
                "RoundRobin",
                "WeightedRoundRobin",
                "Random"),
            "slowStart",
            object(
                "An endpoint that is new or back gets its share gradually.",
                List.of("window"),
                map(
                    "window",
                    duration("How long its weight grows; at least 1s."),
                    "minWeightPercent",
                    number(
                        "The share of its weight with which it begins.",
                        1,
                        100,
                        BalancingConfig.SLOW_START_MIN_PERCENT))),
            "panicThresholdPercent",
            number(
                "Below this share of healthy endpoints health is not believed, and all are used;"
                    + " 0 is never.",
                0,
                100,
                0),
            "locality",
            object(
                "Near endpoints first, the others for what these cannot take.",
                List.of(),
                map(
                    "overprovisioningPercent",
                    number(
                        "What the share of healthy ones is multiplied with: by 140 a zone takes"
                            + " all of its calls until less than 72% of it are healthy.",
                        100, 1000, BalancingConfig.OVERPROVISIONING_PERCENT),
                    "failover",
                    list(
                        "Where calls go that a place cannot take; the first that names the caller's"
                            + " place decides. By nearness when absent.",
                        0,
                        32,
                        object(
                            "",
                            List.of("from", "to"),
                            map(
                                "from",
                                place(),
                                "to",
                                list("In this order, then the rest.", 1, 16, place()))))))));
  }

  private static Map<String, Object> place() {
    Map<String, Object> place = text("REGION[/ZONE[/SUB-ZONE]], where * is any.", 191);
    place.put("pattern", "^[^/]{1,63}(/[^/]{1,63}){0,2}$");
    return place;
  }

  private static Map<String, Object> timeouts() {
    Map<String, Object> timeouts =
        object(
            "How long things may take; 0s is no limit.",
            List.of(),
            map(
                "request",
                duration("The whole request with all its attempts."),
                "perTry",
                duration("One attempt, until its response begins."),
                "streamIdle",
                duration("How long no byte of a request or its response may move."),
                "tcpIdle",
                duration("The same of a relayed connection.")));
    rule(
        timeouts,
        "!has(self.request) || !has(self.perTry) || duration(self.request) == duration('0s')"
            + " || duration(self.perTry) <= duration(self.request)",
        "perTry is at most request");
    return timeouts;
  }

  private static Map<String, Object> retry() {
    RetryConfig absent = RetryConfig.DEFAULT;
    Map<String, Object> retry =
        object(
            "When a request is tried again.",
            List.of(),
            map(
                "attempts",
                number("Attempts after the first; 0 is none.", 0, 10, absent.attempts()),
                "on",
                withDefault(
                    list(
                        "Reasons to try again.",
                        0,
                        5,
                        oneOf(
                            "",
                            "connectFailure",
                            "reset",
                            "gatewayError",
                            "serverError",
                            "perTryTimeout")),
                    List.of("connectFailure", "reset", "gatewayError")),
                "grpcStatuses",
                list("Statuses of gRPC calls to try again.", 0, 16, grpcStatus()),
                "budgetPercent",
                number(
                    "Retries as a share of the requests under way.",
                    0,
                    100,
                    absent.budgetPercent())));
    rule(
        retry,
        "!has(self.on) || self.on.size() > 0 || (has(self.attempts) && self.attempts == 0)",
        "on names a reason, or attempts is 0");
    return retry;
  }

  private static Map<String, Object> grpcStatus() {
    return oneOf(
        "",
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
  }

  private static Map<String, Object> outlierDetection() {
    OutlierConfig absent = OutlierConfig.DEFAULT;
    Map<String, Object> outlier =
        object(
            "When an endpoint that fails is left out for a while.",
            List.of(),
            map(
                "consecutiveFailures",
                number(
                    "Failures in a row that eject; 0 is off.",
                    0,
                    MAX_THRESHOLD,
                    absent.consecutiveFailures()),
                // Neither has a default here: who names one of the two means it, and the other's
                // default gives way.
                "baseEjection",
                duration("How long the first ejection lasts: 3s, or maxEjection if that is less."),
                "maxEjection",
                duration("The longest ejection: 1m, or baseEjection if that is more."),
                "maxEjectionPercent",
                number(
                    "At most this share of the endpoints at once.",
                    0,
                    100,
                    absent.maxEjectionPercent())));
    rule(
        outlier,
        "!has(self.baseEjection) || !has(self.maxEjection)"
            + " || duration(self.maxEjection) >= duration(self.baseEjection)",
        "maxEjection is at least baseEjection");
    return outlier;
  }

  private static Map<String, Object> healthCheck() {
    Map<String, Object> check =
        object(
            "Active checks, made by every sidecar that calls.",
            List.of(),
            map(
                "http",
                object(
                    "A GET is the check.",
                    List.of(),
                    map(
                        "path",
                        withDefault(text("What is asked for.", 1024), "/"),
                        "expectedStatuses",
                        list("200 to 299 when absent.", 0, 64, number("", 100, 599)))),
                "tcp",
                object("A connection is the check.", List.of(), map()),
                "grpc",
                object(
                    "grpc.health.v1.Health/Check is the check.",
                    List.of(),
                    map(
                        "service",
                        text("Which service is asked about; the server when absent.", 256))),
                "interval",
                withDefault(duration("From one check to the next; at least 10ms."), "2s"),
                "timeout",
                withDefault(duration("How long a check may take."), "1s"),
                "unhealthyThreshold",
                number("Failures in a row until it is unhealthy.", 1, MAX_THRESHOLD, 3),
                "healthyThreshold",
                number("Successes in a row until it is healthy.", 1, MAX_THRESHOLD, 1)));
    rule(
        check,
        "[has(self.http), has(self.tcp), has(self.grpc)].exists_one(given, given)",
        "a check is one of http, tcp and grpc");
    return check;
  }

  private static Map<String, Object> connectionLimits() {
    LimitsConfig absent = LimitsConfig.DEFAULT;
    return object(
        "Limits of each sidecar that calls.",
        List.of(),
        map(
            "maxConnections",
            number("Connections to the Service.", 1, MAX_LIMIT, absent.maxConnections()),
            "maxPendingRequests",
            number(
                "Requests that may wait for a connection.",
                1,
                MAX_LIMIT,
                absent.maxPendingRequests()),
            "maxRequests",
            number("Requests under way; 0 is no limit.", 0, MAX_LIMIT, absent.maxRequests()),
            "connectTimeout",
            withDefault(
                duration("How long connecting may take."),
                GatewayDurations.text(Duration.ofNanos(absent.connectTimeoutNanos())))));
  }

  private static Map<String, Object> tls() {
    Map<String, Object> tls =
        object(
            "How connections to the Service are secured.",
            List.of("mode", "hostname"),
            map(
                "mode",
                oneOf("MUTUAL shows a certificate.", "SIMPLE", "MUTUAL"),
                "hostname",
                map(
                    "type",
                    "string",
                    "description",
                    "The name that the servers' certificates are for.",
                    "minLength",
                    1,
                    "maxLength",
                    253),
                "subjectAltNames",
                list(
                    "Names of which a certificate must have one.",
                    0,
                    TlsSyntax.MAX_NAMES,
                    map("type", "string", "maxLength", 1024)),
                "caCertificates",
                text("Who is believed, in PEM.", TlsSyntax.MAX_CERTIFICATES),
                "systemCertificates",
                map(
                    "type",
                    "boolean",
                    "description",
                    "The system's authorities are believed.",
                    "enum",
                    List.of(true)),
                "minVersion",
                withDefault(oneOf("The oldest version of TLS.", "1.2", "1.3"), "1.2")));
    rule(
        tls,
        "has(self.caCertificates) != has(self.systemCertificates)",
        "whom to believe is said by one of caCertificates and systemCertificates");
    return tls;
  }

  /** GEP-713's status of a policy: what has become of it at each object that it holds for. */
  private static Map<String, Object> status() {
    Map<String, Object> reference =
        object(
            "",
            List.of("name"),
            map(
                "group",
                map("type", "string"),
                "kind",
                map("type", "string"),
                "namespace",
                map("type", "string"),
                "name",
                map("type", "string"),
                "sectionName",
                map("type", "string"),
                "port",
                map("type", "integer", "format", "int32")));
    Map<String, Object> condition =
        object(
            "",
            List.of("lastTransitionTime", "message", "reason", "status", "type"),
            map(
                "type",
                map("type", "string", "maxLength", 316),
                "status",
                oneOf("", "True", "False", "Unknown"),
                "observedGeneration",
                map("type", "integer", "format", "int64", "minimum", 0),
                "lastTransitionTime",
                map("type", "string", "format", "date-time"),
                "reason",
                map("type", "string", "minLength", 1, "maxLength", 1024),
                "message",
                map("type", "string", "maxLength", 32768)));
    Map<String, Object> conditions = list("", 0, 8, condition);
    conditions.put("x-kubernetes-list-type", "map");
    conditions.put("x-kubernetes-list-map-keys", List.of("type"));
    return object(
        "What has become of the policy; written by the control plane.",
        List.of(),
        map(
            "observedGeneration",
            map("type", "integer", "format", "int64", "minimum", 0),
            "ancestors",
            list(
                "",
                0,
                16,
                object(
                    "",
                    List.of("ancestorRef", "controllerName"),
                    map(
                        "ancestorRef",
                        reference,
                        "controllerName",
                        map("type", "string", "minLength", 1, "maxLength", 253),
                        "conditions",
                        conditions)))));
  }

  private static Map<String, Object> object(
      String description, List<String> required, Map<String, Object> properties) {
    Map<String, Object> object = described("object", description);
    if (!required.isEmpty()) {
      object.put("required", required);
    }
    if (!properties.isEmpty()) {
      object.put("properties", properties);
    }
    return object;
  }

  private static Map<String, Object> list(
      String description, int min, int max, Map<String, Object> items) {
    Map<String, Object> list = described("array", description);
    if (min > 0) {
      list.put("minItems", min);
    }
    list.put("maxItems", max);
    list.put("items", items);
    return list;
  }

  private static Map<String, Object> oneOf(String description, String... values) {
    Map<String, Object> oneOf = described("string", description);
    oneOf.put("enum", List.of(values));
    return oneOf;
  }

  private static Map<String, Object> number(String description, int min, int max) {
    Map<String, Object> number = described("integer", description);
    number.put("minimum", min);
    number.put("maximum", max);
    return number;
  }

  private static Map<String, Object> number(String description, int min, int max, int absent) {
    return withDefault(number(description, min, max), absent);
  }

  private static Map<String, Object> duration(String description) {
    Map<String, Object> duration = described("string", description);
    duration.put("maxLength", 24);
    duration.put("pattern", DURATION);
    return duration;
  }

  private static Map<String, Object> text(String description, int maxLength) {
    Map<String, Object> text = described("string", description);
    text.put("maxLength", maxLength);
    return text;
  }

  private static Map<String, Object> withDefault(Map<String, Object> schema, Object absent) {
    schema.put("default", absent);
    return schema;
  }

  private static Map<String, Object> described(String type, String description) {
    Map<String, Object> schema = map("type", type);
    if (!description.isEmpty()) {
      schema.put("description", description);
    }
    return schema;
  }

  private static void rule(Map<String, Object> schema, String rule, String message) {
    var rules = new ArrayList<Object>();
    rules.add(map("rule", rule, "message", message));
    schema.put("x-kubernetes-validations", rules);
  }

  private static Map<String, Object> map(Object... keysAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }
}
