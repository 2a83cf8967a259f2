package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.pod;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.Origin;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What sidecars are sent so that each can prefer what is near it, and stay with an endpoint. */
class TopologyTest {
  private static final ServicePort HTTP = ServicePort.of("http", 80);
  private static final String WEB = "web.default:80";

  private final TestMesh mesh = new TestMesh();
  private final Compiler compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);

  @Test
  void theHintsOfASliceAreSentAsTheyAre() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.1.0.1").addForZones("a").addForNodes("n1"))
            .addEndpoints(pod("web-1", "10.1.0.2").addForZones("a").addForZones("b")));
    update();

    assertThat(sent(WEB))
        .extracting(endpoint -> endpoint.getForZonesList() + "" + endpoint.getForNodesList())
        .containsExactly("[a][n1]", "[a, b][]");
  }

  @Test
  void aHintThatChangesTouchesItsSliceAlone() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.1.0.1")));
    update();
    compile(ResourceKey.virtualHost("default", "web"));
    compile(ResourceKey.cluster("default", "web", 80));
    sent(WEB);

    mesh.put(
        slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.1.0.1").addForZones("a")));
    assertThat(update()).containsExactly(new ResourceKey(ResourceKind.ENDPOINT_SLICE, WEB + "/1"));
  }

  @Test
  void thoseThatAreLeavingAreForEverybodyAlike() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(leaving("web-0", "10.1.0.1").addForZones("a")));
    update();

    assertThat(sent(WEB)).singleElement().extracting(Endpoint::getForZonesCount).isEqualTo(0);
  }

  @Test
  void withoutKubernetesAServiceSaysItAndItsInstancesHaveTheZones() {
    mesh.put(instance("web", "w-0").setLocality(zone("a")));
    mesh.put(instance("web", "w-1").setLocality(zone("b")));
    update();
    assertThat(sent(WEB)).allMatch(endpoint -> endpoint.getForZonesCount() == 0);

    mesh.service("web", new ServiceTraffic(true, false, false), HTTP);
    mesh.put(instance("web", "w-2"));
    update();
    assertThat(sent(WEB))
        .extracting(endpoint -> endpoint.getId() + endpoint.getForZonesList())
        .containsExactly("w-0[a]", "w-1[b]", "w-2[]");
  }

  @Test
  void aServiceOfTheNodesOwnTrafficIsForEachNodeAlone() {
    mesh.kubernetesService(
        "web",
        new KubernetesService(List.of("10.96.0.1"), false, "", false),
        new ServiceTraffic(false, false, true),
        HTTP);
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.1.0.1").setNode("n1").addForZones("a"))
            .addEndpoints(pod("web-1", "10.1.0.2").setNode("n2")));
    update();

    assertThat(cluster().getSameNodeOnly()).isTrue();
    assertThat(sent(WEB))
        .extracting(endpoint -> endpoint.getForNodesList() + "" + endpoint.getForZonesList())
        .containsExactly("[n1][]", "[n2][]");
  }

  @Test
  void whereANodeHasNothingElseItsOwnTrafficGoesToWhatIsLeaving() {
    mesh.kubernetesService(
        "web",
        new KubernetesService(List.of("10.96.0.1"), false, "", false),
        new ServiceTraffic(false, false, true),
        HTTP);
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.1.0.1").setNode("n1"))
            .addEndpoints(leaving("web-1", "10.1.0.2").setNode("n1"))
            .addEndpoints(leaving("web-2", "10.1.0.3").setNode("n2"))
            .addEndpoints(leaving("web-3", "10.1.0.4").setNode("n3").setServing(false)));
    update();
    assertThat(sent(WEB))
        .extracting(endpoint -> endpoint.getId() + endpoint.getForNodesList())
        .containsExactly("web-0[n1]", "web-2[n2]");

    // A pod that comes up there takes over, and touches that slice alone.
    mesh.put(slice("web", "b", "http", 8080).addEndpoints(pod("web-4", "10.1.0.5").setNode("n2")));
    assertThat(update()).containsExactly(new ResourceKey(ResourceKind.ENDPOINT_SLICE, WEB + "/1"));
    assertThat(sent(WEB)).extracting(Endpoint::getId).containsExactly("web-0", "web-4");
  }

  @Test
  void aMachineIsTellingWhereItStands() {
    update();
    assertThat(node("n1")).isEqualTo(Locality.getDefaultInstance());

    mesh.node("n1", "a").node("n2", "b");
    assertThat(update()).containsExactly(ResourceKey.node("n1"));
    assertThat(node("n1")).isEqualTo(zone("a"));

    mesh.node("n1", "a");
    assertThat(update()).isEmpty();
    mesh.removeNode("n1");
    assertThat(update()).containsExactly(ResourceKey.node("n1"));
    assertThat(node("n1")).isEqualTo(Locality.getDefaultInstance());
  }

  @Test
  void machinesPodsAndInstancesHaveASubZoneEach() {
    Locality place =
        Locality.newBuilder().setRegion("eu").setZone("eu-a").setSubZone("rack-1").build();
    mesh.node("n1", place);
    mesh.put(instance("basket", "b-0").setLocality(place));
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.1.0.1").setNode("n1").setLocality(place)));
    update();

    assertThat(node("n1")).isEqualTo(place);
    assertThat(sent(WEB)).extracting(Endpoint::getLocality).containsExactly(place);
    assertThat(sent("basket.default:80")).extracting(Endpoint::getLocality).containsExactly(place);
  }

  @Test
  void aServiceMayKeepEachAddressWithOneEndpointUnlessAPolicyBalances() {
    mesh.service("web", new ServiceTraffic(false, true, false), HTTP);
    mesh.put(instance("web", "w-0"));
    update();
    Cluster sticky = cluster();
    assertThat(sticky.getByClientAddress()).isTrue();
    // For sidecars that do not know it.
    assertThat(sticky.getLoadBalancer()).isEqualTo(LoadBalancer.PEAK_EWMA);
    assertThat(sticky.getOriginsList())
        .extracting(Origin::getDecides)
        .containsExactly("endpoints", "loadBalancer");

    mesh.policy(
        new TrafficPolicy(
            mesh.meta("default", "balance"),
            List.of(new TrafficPolicy.Target(TargetKind.SERVICE, "web")),
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
            null));
    update();
    assertThat(cluster().getByClientAddress()).isFalse();
    assertThat(cluster().getLoadBalancer()).isEqualTo(LoadBalancer.ROUND_ROBIN);
  }

  private static ServiceEndpoint.Builder leaving(String pod, String address) {
    return pod(pod, address).setReady(false).setTerminating(true);
  }

  private Set<ResourceKey> update() {
    return compiler.update(mesh.commit());
  }

  private Cluster cluster() {
    return compile(ResourceKey.cluster("default", "web", 80)).getCluster();
  }

  private Locality node(String name) {
    return compile(ResourceKey.node(name)).getLocality();
  }

  private List<Endpoint> sent(String cluster) {
    return compile(new ResourceKey(ResourceKind.ENDPOINT_SLICE, cluster + "/1"))
        .getEndpointSlice()
        .getEndpointsList();
  }

  /** Everything that is sent passes the sidecar's own checks. */
  private Resource compile(ResourceKey key) {
    Resource resource = Objects.requireNonNull(compiler.compile(key)).resource();
    try {
      WireDecoder.decode(resource.toBuilder().setVersion("1").build());
    } catch (WireException e) {
      throw new AssertionError(e.getMessage(), e);
    }
    return resource;
  }

  private static Locality zone(String zone) {
    return Locality.newBuilder().setZone(zone).build();
  }
}
