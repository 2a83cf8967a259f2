package dev.weft.common.wire;

import static dev.weft.common.wire.GoodResources.goodCluster;
import static dev.weft.common.wire.GoodResources.goodSlice;
import static dev.weft.common.wire.GoodResources.goodTls;
import static dev.weft.common.wire.GoodResources.named;
import static dev.weft.common.wire.GoodResources.resource;
import static dev.weft.proto.discovery.v1.ProxyProtocol.PROXY_PROTOCOL_V2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.discovery.v1.TcpHealthCheck;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a cluster, its endpoints and the application's own ports become. */
class ClusterDecodingTest {
  private static final long MS = 1_000_000L;

  @Test
  void a_cluster_takes_what_it_says_and_defaults_for_the_rest() throws WireException {
    ClusterConfig whole = WireDecoder.cluster(resource(goodCluster()));
    ClusterConfig bare =
        WireDecoder.cluster(
            resource(
                goodCluster()
                    .clearOutlierDetection()
                    .clearHealthCheck()
                    .clearLimits()
                    .clearEndpointSlices()));

    assertThat(whole.loadBalancer()).isEqualTo(LoadBalancerType.PEAK_EWMA);
    assertThat(whole.outlierDetection()).isEqualTo(new OutlierConfig(3, 1000 * MS, 2000 * MS, 50));
    assertThat(whole.healthCheck())
        .isEqualTo(
            new ClusterConfig.HealthCheckConfig(
                "/health?full=1", List.of(200, 204), 1000 * MS, 500 * MS, 3, 1, null));
    assertThat(whole.limits()).isEqualTo(new LimitsConfig(10, 1024, 0, 1000 * MS));
    assertThat(whole.endpointSlices())
        .containsExactly("catalog.default:80/0", "catalog.default:80/7");
    assertThat(bare.outlierDetection()).isEqualTo(OutlierConfig.DEFAULT);
    assertThat(bare.healthCheck()).isNull();
    assertThat(bare.limits()).isEqualTo(LimitsConfig.DEFAULT);
  }

  @Test
  void a_slice_becomes_endpoints() throws WireException {
    List<EndpointConfig> endpoints = WireDecoder.endpoints(resource(goodSlice()));

    assertThat(endpoints)
        .containsExactly(
            new EndpointConfig(
                "catalog-v1-0",
                "i1",
                "10.0.0.7",
                15006,
                100,
                new Locality("eu", "eu-1", ""),
                true,
                Set.of(EndpointConfig.WireProtocol.HTTP1, EndpointConfig.WireProtocol.HTTP2),
                "",
                java.util.Map.of("version", "v1")));
  }

  @Test
  void where_endpoints_are_for_and_who_stays_with_one() throws WireException {
    EndpointSlice.Builder slice = goodSlice();
    slice.getEndpointsBuilder(0).addForZones("eu-1").addForZones("eu-2").addForNodes("n1");
    EndpointConfig hinted = WireDecoder.endpoints(resource(slice)).getFirst();
    assertThat(hinted.forZones()).containsExactlyInAnyOrder("eu-1", "eu-2");
    assertThat(hinted.forNodes()).containsExactly("n1");
    slice.getEndpointsBuilder(0).addForZones("");
    assertThatThrownBy(() -> WireDecoder.endpoints(resource(slice)))
        .hasMessageContaining("endpoints[0].for_zones[2]");

    ClusterConfig sticky = WireDecoder.cluster(resource(goodCluster().setByClientAddress(true)));
    assertThat(sticky.loadBalancer()).isEqualTo(LoadBalancerType.CLIENT_ADDRESS);
    assertThat(sticky.sameNodeOnly()).isFalse();
    assertThat(WireDecoder.cluster(resource(goodCluster().setSameNodeOnly(true))).sameNodeOnly())
        .isTrue();
  }

  @Test
  void a_balancer_that_is_not_known_leaves_the_one_that_is() throws WireException {
    assertThat(type(goodCluster().setBalancer(LoadBalancer.LEAST_REQUEST)))
        .isEqualTo(LoadBalancerType.LEAST_REQUEST);
    assertThat(type(goodCluster().setBalancer(LoadBalancer.RANDOM)))
        .isEqualTo(LoadBalancerType.RANDOM);
    assertThat(type(goodCluster().setLoadBalancer(LoadBalancer.WEIGHTED_ROUND_ROBIN)))
        .isEqualTo(LoadBalancerType.ROUND_ROBIN);
    assertThat(type(goodCluster().setLoadBalancer(LoadBalancer.ROUND_ROBIN).setBalancerValue(77)))
        .isEqualTo(LoadBalancerType.ROUND_ROBIN);
  }

  private static LoadBalancerType type(dev.weft.proto.discovery.v1.Cluster.Builder cluster)
      throws WireException {
    return WireDecoder.cluster(resource(cluster)).loadBalancer();
  }

  @Test
  void a_machine_stands_somewhere_or_it_is_not_known() throws WireException {
    Resource.Builder node =
        Resource.newBuilder()
            .setName(ResourceName.newBuilder().setKind(ResourceKind.NODE).setName("n1"))
            .setVersion("1")
            .setLocality(
                dev.weft.proto.discovery.v1.Locality.newBuilder()
                    .setZone("eu-1")
                    .setSubZone("rack-1"));
    assertThat(WireDecoder.decode(node.build()))
        .isEqualTo(new DecodedResource.Node("n1", new Locality("", "eu-1", "rack-1")));
    assertThat(
            WireDecoder.node(
                node.clone()
                    .setLocality(dev.weft.proto.discovery.v1.Locality.getDefaultInstance())
                    .build()))
        .isEqualTo(Locality.UNKNOWN);
    assertThatThrownBy(() -> WireDecoder.node(node.clone().clearLocality().build()))
        .hasMessageContaining("body");
  }

  @Test
  void an_empty_slice_is_fine() throws WireException {
    assertThat(WireDecoder.endpoints(resource(EndpointSlice.newBuilder()))).isEmpty();
  }

  @Test
  void a_declared_protocol_of_a_cluster_and_of_the_application_s_ports() throws WireException {
    assertThat(WireDecoder.cluster(resource(goodCluster())).protocol()).isNull();
    assertThat(WireDecoder.cluster(resource(goodCluster())).proxyProtocol())
        .isEqualTo(ProxyProtocol.OFF);
    assertThat(WireDecoder.cluster(resource(goodCluster())).tcpIdleTimeoutNanos())
        .isEqualTo(ClusterConfig.DEFAULT_IDLE);
    assertThat(
            WireDecoder.cluster(resource(goodCluster().setTcpIdleTimeoutNanos(0)))
                .tcpIdleTimeoutNanos())
        .isZero();
    assertThat(
            WireDecoder.cluster(resource(goodCluster().setProxyProtocol(PROXY_PROTOCOL_V2)))
                .proxyProtocol())
        .isEqualTo(ProxyProtocol.V2);
    assertThat(WireDecoder.cluster(resource(goodCluster().setProtocol(Protocol.HTTP2))).protocol())
        .isEqualTo(EndpointConfig.WireProtocol.HTTP2);
    InboundConfig inbound =
        WireDecoder.inbound(
            resource(
                Inbound.newBuilder()
                    .addPorts(InboundPort.newBuilder().setPort(80).setProtocol(Protocol.HTTP2))));
    assertThat(inbound.protocol(80)).isEqualTo(EndpointConfig.WireProtocol.HTTP2);
    assertThat(inbound.protocol(81)).isNull();
  }

  @Test
  void inbound_becomes_limits_of_the_application() throws WireException {
    assertThat(
            WireDecoder.inbound(
                resource(Inbound.newBuilder().setRequestTimeoutNanos(5 * MS).setMaxRequests(7))))
        .isEqualTo(new InboundConfig("default/catalog", 5 * MS, 7, List.of(), List.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.244.0.7:80", "[fd00::7]:80"})
  void a_cluster_may_be_one_endpoint_by_its_address(String name) throws WireException {
    Cluster.Builder cluster = goodCluster().clearEndpointSlices().addEndpointSlices(name + "/1");
    assertThat(WireDecoder.cluster(named(resource(cluster), name)).name()).isEqualTo(name);
    assertThat(WireDecoder.endpoints(named(resource(goodSlice()), name + "/1"))).isNotEmpty();
  }

  @Test
  void an_inbound_configuration_may_be_a_pods() throws WireException {
    assertThat(WireDecoder.inbound(named(resource(Inbound.newBuilder()), "shop/pods/web.0")).name())
        .isEqualTo("shop/pods/web.0");
  }

  @Test
  void a_cluster_may_be_secured() throws WireException {
    var tls = goodTls().addSubjectAltNames("spiffe://mesh/a").setClientCertificate(true).build();
    assertThat(WireDecoder.cluster(resource(goodCluster().setTls(tls))).tls())
        .isEqualTo(
            new UpstreamTlsConfig(
                "a.example",
                List.of("spiffe://mesh/a"),
                "",
                true,
                UpstreamTlsConfig.TlsVersion.TLS_1_2));
    assertThat(WireDecoder.cluster(resource(goodCluster())).tls()).isNull();
  }

  @Test
  void a_tcp_health_check_has_no_path() throws WireException {
    var cluster = goodCluster();
    cluster.getHealthCheckBuilder().setTcp(TcpHealthCheck.getDefaultInstance());
    var config = WireDecoder.cluster(resource(cluster)).healthCheck();

    assertThat(config).isNotNull().extracting("httpPath").isNull();
  }
}
