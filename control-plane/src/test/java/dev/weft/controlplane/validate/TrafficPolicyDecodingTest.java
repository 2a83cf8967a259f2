package dev.weft.controlplane.validate;

import static dev.weft.controlplane.validate.DocumentDecoderTest.example;
import static dev.weft.controlplane.validate.DocumentDecoderTest.good;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.Failover;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.validate.policy.PolicyObject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a good TrafficPolicy means, and what it leaves out. */
class TrafficPolicyDecodingTest {
  @Test
  void a_traffic_policy_takes_every_field() throws IOException {
    TrafficPolicy policy = policy(example("traffic-policy.yaml"));

    assertThat(policy.targets())
        .containsExactly(new TrafficPolicy.Target(TargetKind.SERVICE, "catalog"));
    assertThat(policy.loadBalancer())
        .isEqualTo(TrafficPolicy.LoadBalancer.of(LoadBalancerType.PEAK_EWMA));
    assertThat(policy.requestTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(policy.perTryTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(policy.streamIdleTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(policy.retry()).isEqualTo(RetryConfig.DEFAULT);
    assertThat(policy.outlierDetection()).isEqualTo(OutlierConfig.DEFAULT);
    assertThat(policy.healthCheck())
        .isEqualTo(
            new HealthCheckConfig(
                "/health", List.of(200), 2_000_000_000L, 1_000_000_000L, 3, 1, null));
    assertThat(policy.connectionLimits()).isEqualTo(LimitsConfig.DEFAULT);
  }

  @Test
  void a_load_balancer_takes_every_field() throws IOException {
    TrafficPolicy policy = policy(example("balancing.yaml"));

    assertThat(policy.loadBalancer())
        .isEqualTo(
            new TrafficPolicy.LoadBalancer(
                LoadBalancerType.LEAST_REQUEST,
                new BalancingConfig(
                    30_000_000_000L,
                    10,
                    30,
                    new LocalityConfig(
                        140,
                        List.of(
                            new Failover(
                                new LocalityMatch("eu", "eu-a", ""),
                                List.of(
                                    new LocalityMatch("eu", "eu-b", ""),
                                    new LocalityMatch("us", "", ""))))))));
  }

  @Test
  void a_load_balancer_may_leave_the_choice_as_it_is() {
    TrafficPolicy policy =
        policy(
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: a}
            spec:
              targetRefs: [{kind: Service, name: catalog}]
              loadBalancer: {locality: {failover: [{from: "*", to: ["*/a", "*/b/1"]}]}}
            """);
    var places = List.of(new LocalityMatch("", "a", ""), new LocalityMatch("", "b", "1"));
    assertThat(policy.loadBalancer())
        .isEqualTo(
            new TrafficPolicy.LoadBalancer(
                null,
                new BalancingConfig(
                    0,
                    10,
                    0,
                    new LocalityConfig(
                        140, List.of(new Failover(new LocalityMatch("", "", ""), places))))));
  }

  @Test
  void weighted_round_robin_is_another_name_for_round_robin() {
    TrafficPolicy policy =
        policy(
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: a}
            spec:
              targetRefs: [{kind: Service, name: catalog}]
              loadBalancer: {type: WeightedRoundRobin}
            """);
    assertThat(policy.loadBalancer())
        .isEqualTo(TrafficPolicy.LoadBalancer.of(LoadBalancerType.ROUND_ROBIN));
  }

  @Test
  void a_traffic_policy_speaks_of_grpc() throws IOException {
    TrafficPolicy policy = policy(example("grpc-policy.yaml"));

    assertThat(policy.retry())
        .isEqualTo(
            new RetryConfig(
                2, RetryConfig.DEFAULT.on(), 20, 5_000_000L, 50_000_000L, 1 << 14 | 1 << 8));
    assertThat(policy.healthCheck())
        .isEqualTo(
            new HealthCheckConfig(
                null, List.of(), 2_000_000_000L, 1_000_000_000L, 3, 1, "shop.v1.Catalog"));
  }

  @Test
  void a_grpc_check_may_be_made_over_tls() {
    TrafficPolicy policy =
        policy(
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: a}
            spec:
              targetRefs: [{kind: Service, name: catalog}]
              healthCheck: {grpc: {}}
              tls: {mode: SIMPLE, hostname: db.example, systemCertificates: true}
            """);
    assertThat(policy.tls()).isNotNull();
    assertThat(policy.healthCheck())
        .isEqualTo(
            new HealthCheckConfig(null, List.of(), 2_000_000_000L, 1_000_000_000L, 3, 1, ""));
  }

  @Test
  void what_a_block_of_a_traffic_policy_leaves_out_has_its_default() {
    TrafficPolicy policy =
        policy(
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: p}
            spec:
              targetRefs: [{kind: Service, name: catalog}]
              retry: {on: [serverError, perTryTimeout]}
              outlierDetection: {maxEjection: 1s}
              healthCheck: {tcp: {}}
              connectionLimits: {maxRequests: 10}
              timeouts: {request: 0s, tcpIdle: 12h}
              tls: {mode: SIMPLE, hostname: db.example, systemCertificates: true}
              proxyProtocol: v1
            """);

    assertThat(policy.proxyProtocol()).isEqualTo(ProxyProtocol.V1);
    assertThat(policy.tcpIdleTimeout()).isEqualTo(Duration.ofHours(12));
    assertThat(policy.streamIdleTimeout()).isNull();
    assertThat(policy.tls())
        .isEqualTo(new UpstreamTlsConfig("db.example", List.of(), "", false, TlsVersion.TLS_1_2));

    assertThat(policy.loadBalancer()).isNull();
    assertThat(policy.requestTimeout()).isZero();
    assertThat(policy.perTryTimeout()).isNull();
    assertThat(policy.retry())
        .isEqualTo(
            new RetryConfig(
                2,
                Set.of(RetryConfig.RetryOn.SERVER_ERROR, RetryConfig.RetryOn.PER_TRY_TIMEOUT),
                20,
                5_000_000L,
                50_000_000L,
                0));
    assertThat(policy.outlierDetection())
        .isEqualTo(new OutlierConfig(5, 1_000_000_000L, 1_000_000_000L, 50));
    assertThat(policy.healthCheck())
        .isEqualTo(
            new HealthCheckConfig(null, List.of(), 2_000_000_000L, 1_000_000_000L, 3, 1, null));
    assertThat(policy.connectionLimits())
        .isEqualTo(new LimitsConfig(1024, 1024, 10, 1_000_000_000L));
  }

  @Test
  void a_policy_on_a_route_says_timeouts_and_retry() {
    TrafficPolicy policy =
        policy(
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: p}
            spec:
              targetRefs:
              - {group: gateway.networking.k8s.io, kind: HTTPRoute, name: catalog-canary}
              retry: {attempts: 0}
            """);

    assertThat(policy.targets())
        .containsExactly(new TrafficPolicy.Target(TargetKind.HTTP_ROUTE, "catalog-canary"));
    assertThat(policy.retry()).isNotNull().extracting(RetryConfig::attempts).isEqualTo(0);
  }

  @Test
  void a_policy_on_a_grpc_route_says_the_same() {
    TrafficPolicy policy =
        policy(
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: p}
            spec:
              targetRefs:
              - {kind: GRPCRoute, name: calls}
              timeouts: {request: 2s}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: GRPCRoute
            metadata: {name: calls}
            spec:
              parentRefs: [{group: "", kind: Service, name: catalog}]
              rules: [{backendRefs: [{name: catalog, port: 80}]}]
            """);

    assertThat(policy.targets())
        .containsExactly(new TrafficPolicy.Target(TargetKind.GRPC_ROUTE, "calls"));
    assertThat(policy.requestTimeout()).isEqualTo(Duration.ofSeconds(2));
  }

  private static TrafficPolicy policy(String yaml) {
    return ((PolicyObject.OfPolicy) good(yaml).getFirst().object()).policy();
  }
}
