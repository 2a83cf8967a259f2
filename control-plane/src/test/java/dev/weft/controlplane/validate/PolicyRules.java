package dev.weft.controlplane.validate;

import java.util.List;

/**
 * What the rules of the schema of {@code TrafficPolicy} are about: specs that break one rule each
 * and nothing else, and specs that just keep it.
 */
final class PolicyRules {
  /**
   * @param message of the rule
   * @param broken specs, as YAML in one line
   * @param kept specs, as YAML in one line
   */
  record Rule(String message, List<String> broken, List<String> kept) {
    Rule {
      broken = List.copyOf(broken);
      kept = List.copyOf(kept);
    }

    @Override
    public String toString() {
      return message;
    }
  }

  /** A policy called {@code rules} with that spec. */
  static String policy(String spec) {
    return """
        apiVersion: weft.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: rules}
        spec: %s
        """
        .formatted(spec);
  }

  static final List<Rule> ALL =
      List.of(
          new Rule(
              "the group is \"\" for a Service, and gateway.networking.k8s.io for a route",
              List.of(
                  "{targetRefs: [{group: gateway.networking.k8s.io, kind: Service, name: web}]}",
                  "{targetRefs: [{group: \"\", kind: HTTPRoute, name: web}]}"),
              List.of(
                  "{targetRefs: [{group: \"\", kind: Service, name: web}]}",
                  "{targetRefs: [{group: gateway.networking.k8s.io, kind: GRPCRoute, name: web}]}",
                  "{targetRefs: [{kind: HTTPRoute, name: web}]}")),
          new Rule(
              "a target occurs once",
              List.of(
                  "{targetRefs: [{kind: Service, name: web}, {group: \"\", kind: Service, name: web}]}"),
              List.of(
                  "{targetRefs: [{kind: Service, name: web}, {kind: Service, name: shop}]}",
                  "{targetRefs: [{kind: Service, name: web}, {kind: HTTPRoute, name: web}]}")),
          new Rule(
              "perTry is at most request",
              List.of(ofService("timeouts: {request: 1s, perTry: 1s1ms}")),
              List.of(
                  ofService("timeouts: {request: 1m, perTry: 60s}"),
                  ofService("timeouts: {request: 0s, perTry: 1h}"),
                  ofService("timeouts: {perTry: 1h}"))),
          new Rule(
              "on names a reason, or attempts is 0",
              List.of(
                  ofService("retry: {\"on\": []}"), ofService("retry: {attempts: 1, \"on\": []}")),
              List.of(
                  ofService("retry: {attempts: 0, \"on\": []}"),
                  ofService("retry: {\"on\": [reset]}"),
                  ofService("retry: {}"))),
          new Rule(
              "maxEjection is at least baseEjection",
              List.of(ofService("outlierDetection: {baseEjection: 10s, maxEjection: 9s}")),
              List.of(
                  ofService("outlierDetection: {baseEjection: 1m, maxEjection: 60s}"),
                  ofService("outlierDetection: {baseEjection: 1h}"),
                  ofService("outlierDetection: {maxEjection: 10ms}"))),
          new Rule(
              "a check is one of http, tcp and grpc",
              List.of(
                  ofService("healthCheck: {interval: 1s}"),
                  ofService("healthCheck: {http: {}, tcp: {}}"),
                  ofService("healthCheck: {tcp: {}, grpc: {}}")),
              List.of(
                  ofService("healthCheck: {http: {}}"),
                  ofService("healthCheck: {tcp: {}}"),
                  ofService("healthCheck: {grpc: {}}"))),
          new Rule(
              "whom to believe is said by one of caCertificates and systemCertificates",
              List.of(
                  ofService("tls: {mode: SIMPLE, hostname: example.com}"),
                  ofService(
                      "tls: {mode: SIMPLE, hostname: example.com, systemCertificates: true,"
                          + " caCertificates: PEM}")),
              List.of(
                  ofService(
                      "tls: {mode: SIMPLE, hostname: example.com, systemCertificates: true}"))),
          new Rule(
              "a route takes timeouts (but tcpIdle) and retry only; target its Service",
              List.of(
                  ofRoute("loadBalancer: {type: Random}"),
                  ofRoute("outlierDetection: {}"),
                  ofRoute("healthCheck: {tcp: {}}"),
                  ofRoute("connectionLimits: {}"),
                  ofRoute("tls: {mode: SIMPLE, hostname: example.com, systemCertificates: true}"),
                  ofRoute("proxyProtocol: v2"),
                  ofRoute("timeouts: {tcpIdle: 1s}"),
                  "{targetRefs: [{kind: Service, name: web}, {kind: GRPCRoute, name: web}],"
                      + " connectionLimits: {}}"),
              List.of(
                  ofRoute("timeouts: {request: 1s, perTry: 1s, streamIdle: 1s}, retry: {}"),
                  ofService("timeouts: {tcpIdle: 1s}, proxyProtocol: \"off\""))));

  private PolicyRules() {}

  private static String ofService(String fields) {
    return "{targetRefs: [{kind: Service, name: web}], " + fields + "}";
  }

  private static String ofRoute(String fields) {
    return "{targetRefs: [{kind: HTTPRoute, name: web}], " + fields + "}";
  }
}
