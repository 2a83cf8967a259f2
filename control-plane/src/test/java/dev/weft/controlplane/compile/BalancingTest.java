package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.Failover;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Resource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What sidecars, today's and older ones, are told of how endpoints are chosen. */
class BalancingTest {
  private static final BalancingConfig SHAPED =
      new BalancingConfig(
          30_000_000_000L,
          20,
          40,
          new LocalityConfig(
              150,
              List.of(
                  new Failover(
                      new LocalityMatch("eu", "a", ""),
                      List.of(
                          new LocalityMatch("eu", "b", "1"), new LocalityMatch("us", "", ""))))));

  private final TestMesh mesh = new TestMesh();
  private final Compiler compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);

  @ParameterizedTest
  @CsvSource({
    "PEAK_EWMA, PEAK_EWMA, LOAD_BALANCER_UNSPECIFIED",
    "ROUND_ROBIN, ROUND_ROBIN, LOAD_BALANCER_UNSPECIFIED",
    "LEAST_REQUEST, PEAK_EWMA, LEAST_REQUEST",
    "RANDOM, ROUND_ROBIN, RANDOM",
  })
  void anOlderSidecarTakesWhatIsNearest(
      LoadBalancerType type, LoadBalancer older, LoadBalancer balancer) {
    mesh.put(instance("web", "w-0"));
    policy(TrafficPolicy.LoadBalancer.of(type));

    Cluster sent = compile().getCluster();
    assertThat(sent.getLoadBalancer()).isEqualTo(older);
    assertThat(sent.getBalancer()).isEqualTo(balancer);
    assertThat(decoded().loadBalancer()).isEqualTo(type);
  }

  @Test
  void whatShapesTheChoiceArrivesAsItWasSaid() {
    mesh.put(instance("web", "w-0"));
    policy(new TrafficPolicy.LoadBalancer(null, SHAPED));

    assertThat(decoded().balancing()).isEqualTo(SHAPED);
    assertThat(decoded().loadBalancer()).isEqualTo(LoadBalancerType.PEAK_EWMA);
    assertThat(compile().getCluster().getOriginsList())
        .anyMatch(origin -> origin.getDecides().equals("loadBalancer"));
  }

  @Test
  void withoutAPolicyNothingIsSent() {
    mesh.put(instance("web", "w-0"));
    compiler.update(mesh.commit());

    Cluster sent = compile().getCluster();
    assertThat(sent.hasSlowStart() || sent.hasLocality()).isFalse();
    assertThat(decoded().balancing()).isEqualTo(BalancingConfig.DEFAULT);
  }

  @Test
  void aPolicyThatNamesNoTypeLeavesAddressesWithTheirEndpoint() {
    mesh.service("web", new ServiceTraffic(false, true, false), ServicePort.of("http", 80));
    mesh.put(instance("web", "w-0"));
    policy(new TrafficPolicy.LoadBalancer(null, SHAPED));

    assertThat(decoded().loadBalancer()).isEqualTo(LoadBalancerType.CLIENT_ADDRESS);
    assertThat(decoded().balancing()).isEqualTo(SHAPED);
  }

  private void policy(TrafficPolicy.LoadBalancer balancer) {
    mesh.policy(
        new TrafficPolicy(
            mesh.meta("default", "balance"),
            List.of(new TrafficPolicy.Target(TargetKind.SERVICE, "web")),
            balancer,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));
    compiler.update(mesh.commit());
  }

  private ClusterConfig decoded() {
    try {
      return WireDecoder.cluster(compile().toBuilder().setVersion("1").build());
    } catch (WireException e) {
      throw new AssertionError(e.getMessage(), e);
    }
  }

  private Resource compile() {
    return Objects.requireNonNull(compiler.compile(ResourceKey.cluster("default", "web", 80)))
        .resource();
  }
}
