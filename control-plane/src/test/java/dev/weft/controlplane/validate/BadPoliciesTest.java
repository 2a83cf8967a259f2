package dev.weft.controlplane.validate;

import static dev.weft.controlplane.validate.BadDocumentsTest.known;
import static dev.weft.controlplane.validate.BadDocumentsTest.lines;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.Target;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Bad TrafficPolicies and what a person is told about them, as in {@link BadDocumentsTest}. */
class BadPoliciesTest {
  private static final String POLICY =
      """
      apiVersion: weft.dev/v1alpha1
      kind: TrafficPolicy
      metadata: {name: p}
      spec:
      """;

  private static final String TARGET = "  targetRefs: [{kind: Service, name: catalog}]\n";

  private final List<DynamicTest> cases = new ArrayList<>();

  @TestFactory
  List<DynamicTest> policies() {
    bad(
        "targets",
        POLICY
            + """
              targetRefs:
              - {kind: Service, name: catalgo}
              - {kind: HTTPRoute, name: canari}
              - {kind: Pod, name: x}
              - {kind: HTTPRoute, group: "", name: canary}
              - {kind: Service, name: catalog, namespace: shop}
              - {kind: Service, name: catalog}
            """
                .indent(0),
        "6: TrafficPolicy default/p: spec.targetRefs[0].name: is \"catalgo\", expected a Service of namespace \"default\", as a document or with registered instances; did you mean \"catalog\"?",
        "7: TrafficPolicy default/p: spec.targetRefs[1].name: is \"canari\", expected an HTTPRoute of namespace \"default\"; did you mean \"canary\"?",
        "8: TrafficPolicy default/p: spec.targetRefs[2].kind: is \"Pod\", expected Service, HTTPRoute or GRPCRoute",
        "9: TrafficPolicy default/p: spec.targetRefs[3].group: is \"\", expected gateway.networking.k8s.io",
        "10: TrafficPolicy default/p: spec.targetRefs[4].namespace: is not supported yet: a policy is attached to objects of its own namespace",
        "11: TrafficPolicy default/p: spec.targetRefs[5]: is Service catalog, expected a value that occurs once in its list");
    bad(
        "a route's policy with a service's fields",
        POLICY
            + """
              targetRefs: [{kind: HTTPRoute, name: canary}]
              loadBalancer: {type: RoundRobin}
              proxyProtocol: v2
              timeouts: {tcpIdle: 5m}
            """
                .indent(0),
        "6: TrafficPolicy default/p: spec.loadBalancer: is a mapping, expected nothing: a route takes timeouts and retry only; target its Service",
        "7: TrafficPolicy default/p: spec.proxyProtocol: is \"v2\", expected nothing: a route takes timeouts and retry only; target its Service",
        "8: TrafficPolicy default/p: spec.timeouts.tcpIdle: is \"5m\", expected nothing: what it is for has no TCP; target its Service");
    bad(
        "values",
        POLICY
            + TARGET
            + """
              loadBalancer: {type: LeastRequests, slowStart: {minWeightPercent: 0}, panicThresholdPercent: 101, zone: a}
              timeouts: {request: 1s, perTry: 1500ms}
              retry: {attempts: 11, on: [conectFailure, reset, reset], budgetPercent: 101}
              outlierDetection: {consecutiveFailures: many, baseEjection: 10s, maxEjection: 5s, maxEjectionPercent: 50.5}
              healthCheck: {http: {path: health, expectedStatuses: [20]}, tcp: {}, interval: 1ms, unhealthyThreshold: 0}
              connectionLimits: {maxConnections: 0, maxPendingRequests: 2000000, maxRequests: -1, connectTimeout: 0s}
              rateLimit: {}
            """
                .indent(0),
        "6: TrafficPolicy default/p: spec.loadBalancer.zone: unknown field. Known here: type, slowStart, panicThresholdPercent, locality",
        "6: TrafficPolicy default/p: spec.loadBalancer.type: is \"LeastRequests\", expected PeakEwma, LeastRequest, RoundRobin, WeightedRoundRobin or Random; did you mean \"LeastRequest\"?",
        "6: TrafficPolicy default/p: spec.loadBalancer.slowStart.window: is missing, expected how long the weight grows, e.g. 30s",
        "6: TrafficPolicy default/p: spec.loadBalancer.slowStart.minWeightPercent: is 0, expected a whole number from 1 to 100",
        "6: TrafficPolicy default/p: spec.loadBalancer.panicThresholdPercent: is 101, expected a whole number from 0 to 100",
        "7: TrafficPolicy default/p: spec.timeouts.perTry: is \"1500ms\", expected at most request, 1s",
        "8: TrafficPolicy default/p: spec.retry.attempts: is 11, expected a whole number from 0 to 10",
        "8: TrafficPolicy default/p: spec.retry.on[0]: is \"conectFailure\", expected connectFailure, reset, gatewayError, serverError or perTryTimeout; did you mean \"connectFailure\"?",
        "8: TrafficPolicy default/p: spec.retry.on[2]: is \"reset\", expected a value that occurs once in its list",
        "8: TrafficPolicy default/p: spec.retry.budgetPercent: is 101, expected a whole number from 0 to 100",
        "9: TrafficPolicy default/p: spec.outlierDetection.maxEjection: is \"5s\", expected at least baseEjection, 10s",
        "9: TrafficPolicy default/p: spec.outlierDetection.consecutiveFailures: is \"many\", expected a whole number from 0 to 1000",
        "9: TrafficPolicy default/p: spec.outlierDetection.maxEjectionPercent: is 50.5, expected a whole number from 0 to 100",
        "10: TrafficPolicy default/p: spec.healthCheck.tcp: is a mapping, expected nothing, as there is http: a check is one or the other",
        "10: TrafficPolicy default/p: spec.healthCheck.http.path: is \"health\", expected a path that starts with \"/\"",
        "10: TrafficPolicy default/p: spec.healthCheck.http.expectedStatuses[0]: is 20, expected a whole number from 100 to 599",
        "10: TrafficPolicy default/p: spec.healthCheck.interval: is \"1ms\", expected a duration from 10ms to 24h",
        "10: TrafficPolicy default/p: spec.healthCheck.unhealthyThreshold: is 0, expected a whole number from 1 to 1000",
        "11: TrafficPolicy default/p: spec.connectionLimits.maxConnections: is 0, expected a whole number from 1 to 1000000",
        "11: TrafficPolicy default/p: spec.connectionLimits.maxPendingRequests: is 2000000, expected a whole number from 1 to 1000000",
        "11: TrafficPolicy default/p: spec.connectionLimits.maxRequests: is -1, expected a whole number from 0 to 1000000",
        "11: TrafficPolicy default/p: spec.connectionLimits.connectTimeout: is \"0s\", expected a duration from 1ms to 24h",
        "12: TrafficPolicy default/p: spec.rateLimit: unknown field. Known here: targetRefs, loadBalancer, timeouts, retry, outlierDetection, healthCheck, connectionLimits, tls, proxyProtocol");
    bad(
        "an order of places that is none",
        POLICY
            + TARGET
            + """
              loadBalancer:
                slowStart: {window: 10ms}
                locality:
                  overprovisioningPercent: 90
                  failover:
                  - {from: eu/a, to: [eu//b, us, us, eu/a/1]}
                  - {from: eu/a, to: []}
                  - {to: [a/b/c/d]}
                  - {from: "*", to: [eu, 7]}
            """
                .indent(0),
        "7: TrafficPolicy default/p: spec.loadBalancer.slowStart.window: is \"10ms\", expected a duration from 1s to 24h",
        "9: TrafficPolicy default/p: spec.loadBalancer.locality.overprovisioningPercent: is 90, expected a whole number from 100 to 1000",
        "11: TrafficPolicy default/p: spec.loadBalancer.locality.failover[0].to[0]: is \"eu//b\", expected REGION, REGION/ZONE or REGION/ZONE/SUB-ZONE, where * is any, e.g. \"eu-west/eu-west-1a\"",
        "11: TrafficPolicy default/p: spec.loadBalancer.locality.failover[0].to[2]: is \"us\", expected a value that occurs once in its list",
        "11: TrafficPolicy default/p: spec.loadBalancer.locality.failover[0].to[3]: is \"eu/a/1\", expected a place outside of from, eu/a: within it the nearest goes first",
        "12: TrafficPolicy default/p: spec.loadBalancer.locality.failover[1].from: is \"eu/a\", expected a value that occurs once in its list",
        "12: TrafficPolicy default/p: spec.loadBalancer.locality.failover[1].to: is a list of 0, expected a list of 1 to 16",
        "13: TrafficPolicy default/p: spec.loadBalancer.locality.failover[2].from: is missing, expected whose calls the rule is for: REGION, REGION/ZONE or REGION/ZONE/SUB-ZONE, where * is any, e.g. \"eu-west/eu-west-1a\"",
        "13: TrafficPolicy default/p: spec.loadBalancer.locality.failover[2].to[0]: is \"a/b/c/d\", expected REGION, REGION/ZONE or REGION/ZONE/SUB-ZONE, where * is any, e.g. \"eu-west/eu-west-1a\"",
        "14: TrafficPolicy default/p: spec.loadBalancer.locality.failover[3].to[1]: is 7, expected a string (put it in quotes)");
    bad(
        "tls that verifies nobody",
        POLICY
            + TARGET
            + """
              tls:
                mode: simple
                hostname: 10.0.0.1
                subjectAltNames: [a.example, a.example, "not a name"]
                minVersion: "1.1"
                insecureSkipVerify: true
            """
                .indent(0),
        "6: TrafficPolicy default/p: spec.tls.caCertificates: is missing, expected certificates in PEM, or systemCertificates: true",
        "7: TrafficPolicy default/p: spec.tls.mode: is \"simple\", expected SIMPLE or MUTUAL; did you mean \"SIMPLE\"?",
        "8: TrafficPolicy default/p: spec.tls.hostname: is \"10.0.0.1\", expected a DNS name",
        "9: TrafficPolicy default/p: spec.tls.subjectAltNames[1]: is \"a.example\", expected a value that occurs once in its list",
        "9: TrafficPolicy default/p: spec.tls.subjectAltNames[2]: is \"not a name\", expected a host, an address or a URI such as spiffe://...",
        "10: TrafficPolicy default/p: spec.tls.minVersion: is \"1.1\", expected 1.2 or 1.3; did you mean \"1.2\"?",
        "11: TrafficPolicy default/p: spec.tls.insecureSkipVerify: unknown field. Known here: mode, hostname, subjectAltNames, caCertificates, systemCertificates, minVersion");
    bad(
        "tls with two kinds of authorities",
        POLICY
            + TARGET
            + "  tls: {mode: MUTUAL, hostname: a, caCertificates: hello, systemCertificates: true}\n",
        "6: TrafficPolicy default/p: spec.tls.systemCertificates: is true, expected nothing, as there are caCertificates: it is one or the other");
    bad(
        "tls with authorities that are none",
        POLICY + TARGET + "  tls: {mode: MUTUAL, hostname: a, caCertificates: hello}\n",
        "6: TrafficPolicy default/p: spec.tls.caCertificates: is \"hello\", expected certificates in PEM (No certificate data found)");
    bad(
        "gRPC",
        POLICY
            + TARGET
            + """
              retry: {grpcStatuses: [UNAVAILBLE, UNKNOWN, UNKNOWN, OK, unavailable]}
              healthCheck: {grpc: {service: "a b", name: x}, http: {path: /}}
            """
                .indent(0),
        "6: TrafficPolicy default/p: spec.retry.grpcStatuses[0]: is \"UNAVAILBLE\", expected CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS or UNAUTHENTICATED; did you mean \"UNAVAILABLE\"?",
        "6: TrafficPolicy default/p: spec.retry.grpcStatuses[2]: is \"UNKNOWN\", expected a value that occurs once in its list",
        "6: TrafficPolicy default/p: spec.retry.grpcStatuses[3]: is \"OK\", expected CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS or UNAUTHENTICATED",
        "6: TrafficPolicy default/p: spec.retry.grpcStatuses[4]: is \"unavailable\", expected CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS or UNAUTHENTICATED; did you mean \"UNAVAILABLE\"?",
        "7: TrafficPolicy default/p: spec.healthCheck.grpc: is a mapping, expected nothing, as there is http: a check is one",
        "7: TrafficPolicy default/p: spec.healthCheck.grpc.name: unknown field. Known here: service",
        "7: TrafficPolicy default/p: spec.healthCheck.grpc.service: is \"a b\", expected the full name of a gRPC service, e.g. \"shop.v1.Catalog\"");
    bad(
        "a PROXY header of no version",
        POLICY + TARGET + "  proxyProtocol: V2\n",
        "6: TrafficPolicy default/p: spec.proxyProtocol: is \"V2\", expected off, v1 or v2; did you mean \"v2\"?");
    bad(
        "a health check of no kind",
        POLICY + TARGET + "  healthCheck: {interval: 1s}\n",
        "6: TrafficPolicy default/p: spec.healthCheck.http: is missing, expected http, tcp or grpc");
    bad(
        "retries for no reason",
        POLICY + TARGET + "  retry: {attempts: 1, on: []}\n",
        "6: TrafficPolicy default/p: spec.retry.on: is a list of 0, expected a list of 1 to 5");
    bad(
        "two policies of one batch on one target",
        POLICY + TARGET + "---\n" + POLICY.replace("name: p", "name: q") + TARGET,
        "11: TrafficPolicy default/q: spec.targetRefs[0].name: is \"catalog\", expected a target without a policy (TrafficPolicy default/p is attached to it; change or delete that one)");
    return cases;
  }

  @Test
  void a_policy_for_a_target_that_has_one_names_the_other() {
    KnownObjects known = known().policy(policyOnCatalog("older"));
    String added = POLICY + TARGET;

    assertThat(lines(added, known))
        .containsExactly(
            "5: TrafficPolicy default/p: spec.targetRefs[0].name: is \"catalog\", expected a target"
                + " without a policy (TrafficPolicy default/older is attached to it; change or"
                + " delete that one)");
    assertThat(lines(added.replace("name: p", "name: older"), known)).as("replacing it").isEmpty();
    String moved = POLICY.replace("name: p", "name: older") + TARGET.replace("catalog", "users");
    assertThat(lines(added + "---\n" + moved, known)).as("moving it away").isEmpty();
  }

  private void bad(String name, String manifest, String... expected) {
    cases.add(BadDocumentsTest.refused(name, manifest, expected));
  }

  private static TrafficPolicy policyOnCatalog(String name) {
    return new TrafficPolicy(
        new DocumentMeta("default", name, "apply", 0, 0),
        List.of(new Target(TargetKind.SERVICE, "catalog")),
        TrafficPolicy.LoadBalancer.of(LoadBalancerType.ROUND_ROBIN),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }
}
