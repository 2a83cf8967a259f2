package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.pod;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.LoadBalancer;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.Route;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.discovery.v1.WeightedBackend;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What sidecars in Kubernetes are sent: Services by address and by name, endpoints by address and
 * by name, pods' own ports; and that what changes recompiles nothing else.
 */
class KubernetesTest {
  private static final ServicePort HTTP = ServicePort.of("http", 80);

  private final TestMesh mesh = new TestMesh();
  private final Compiler compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);

  @Test
  void anAddressOfAServiceHasTheRoutesOfThatServiceAndPort() {
    web(pod("web-0", "10.244.0.7"));
    mesh.kubernetesService("canary", List.of("10.96.0.2"), HTTP);
    mesh.route(mesh.routeTo("split", "web", "web", "canary"));
    update();

    assertThat(clusters("10.96.0.1:80")).containsExactly("web.default:80", "canary.default:80");
    assertThat(host("10.96.0.1:80")).isEqualTo(host("web")).isEqualTo(host("web.default.svc:80"));
    assertThat(host("10.96.0.1:81").getNotFound()).isTrue();
    assertThat(sent("web.default:80/1")).extracting(Endpoint::getPort).containsExactly(8080);
  }

  @Test
  void anAddressOfIpv6IsFoundInEverySpelling() {
    mesh.kubernetesService("web", List.of("fd00:0:0:0:0:0:0:1"), HTTP);
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "fd00:244::7")));
    update();

    assertThat(clusters("[fd00::1]:80")).containsExactly("web.default:80");
    assertThat(clusters("[fd00:0:0::1]:80")).containsExactly("web.default:80");
    String cluster = "[fd00:244:0:0:0:0:0:7]:8080";
    assertThat(clusters("[fd00:244::7]:8080")).containsExactly(cluster);
    assertThat(sent(cluster + "/1")).extracting(Endpoint::getId).containsExactly("web-0");
    valid(cluster(cluster));
  }

  @Test
  void anAddressOfAnEndpointIsThatEndpointAloneWithoutRoutesAndPolicies() {
    web(pod("web-0", "10.244.0.7"), pod("web-1", "10.244.0.8"));
    mesh.route(mesh.routeTo("split", "web", "gone"));
    mesh.policy(limited("web"));
    update();

    Route route = host("10.244.0.7:8080").getRoutes(0);
    assertThat(clusters("10.244.0.7:8080")).containsExactly("10.244.0.7:8080");
    assertThat(route.getRetry()).isEqualTo(Messages.retry(RetryConfig.NEVER));
    assertThat(route.getRequestTimeoutNanos()).isZero();
    Cluster cluster = cluster("10.244.0.7:8080").getCluster();
    assertThat(cluster.getService()).isEqualTo("web");
    assertThat(cluster.getLoadBalancer()).isEqualTo(LoadBalancer.ROUND_ROBIN);
    assertThat(cluster.getOutlierDetection().getConsecutiveFailures()).isZero();
    assertThat(cluster.hasLimits()).isFalse();
    assertThat(sent("10.244.0.7:8080/1"))
        .singleElement()
        .satisfies(
            endpoint -> {
              assertThat(endpoint.getAddress()).isEqualTo("10.244.0.7");
              assertThat(endpoint.getPort()).isEqualTo(8080);
              assertThat(endpoint.getPeer()).isEqualTo(PeerKind.SIDECAR);
              assertThat(endpoint.getProtocolsList())
                  .containsExactly(Protocol.HTTP1, Protocol.HTTP2);
              assertThat(endpoint.getIncarnation()).isEqualTo("web-0-uid");
            });
    assertThat(host("10.244.0.7:9999").getNotFound()).isTrue();
    assertThat(host("10.244.0.99:8080").getNotFound()).isTrue();
    assertThat(host("192.0.2.1:443").getNearMissesList()).isEmpty();
  }

  @Test
  void anEndpointThatIsNotReadyIsStillFoundByItsAddress() {
    web(pod("web-0", "10.244.0.7").setReady(false));
    update();

    assertThat(sent("web.default:80/1")).isEmpty();
    assertThat(sent("10.244.0.7:8080/1")).hasSize(1);
  }

  @Test
  void theProtocolOfAnEndpointIsWhatServicesDeclareWhereTheyAgree() {
    mesh.kubernetesService(
        "web", List.of("10.96.0.1"), new ServicePort("http", 80, 0, "", "kubernetes.io/h2c"));
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    update();
    assertThat(cluster("10.244.0.7:8080").getCluster().getProtocol()).isEqualTo(Protocol.HTTP2);
    assertThat(inboundPorts("web-0")).containsExactly(port(8080, Protocol.HTTP2));

    mesh.kubernetesService("db", List.of(), new ServicePort("sql", 5432, 0, "", "postgresql"));
    mesh.put(
        slice("db", "a", "sql", 5432)
            .addEndpoints(pod("web-0", "10.244.0.7"))
            .addEndpoints(pod("db-0", "10.244.0.8")));
    Set<ResourceKey> stale = update();
    assertThat(stale).contains(ResourceKey.inboundOfPod("default", "web-0"));
    assertThat(inboundPorts("web-0"))
        .containsExactly(port(5432, Protocol.TCP), port(8080, Protocol.HTTP2));
    assertThat(inboundPorts("db-0")).containsExactly(port(5432, Protocol.TCP));

    ServiceEndpoints.Builder asText = slice("text", "a", "t", 8080);
    mesh.kubernetesService("text", List.of(), new ServicePort("t", 80, 0, "", "http"));
    mesh.put(asText.addEndpoints(pod("web-0", "10.244.0.7")));
    assertThat(update()).contains(ResourceKey.inboundOfPod("default", "web-0"));
    assertThat(inboundPorts("web-0")).containsExactly(port(5432, Protocol.TCP));
    assertThat(cluster("10.244.0.7:8080").getCluster().getProtocol())
        .isEqualTo(Protocol.PROTOCOL_UNSPECIFIED);
  }

  @Test
  void aPodThatNoServiceListsHasAnEmptyInboundConfigurationThatIsWatched() {
    update();
    assertThat(inboundPorts("web-0")).isEmpty();

    mesh.kubernetesService("web", List.of("10.96.0.1"), new ServicePort("http", 80, 0, "", "http"));
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));

    assertThat(update()).containsExactly(ResourceKey.inboundOfPod("default", "web-0"));
    assertThat(inboundPorts("web-0")).containsExactly(port(8080, Protocol.HTTP1));
  }

  @Test
  void aPodOfAHeadlessServiceIsFoundByItsOwnName() {
    mesh.kubernetesService("db", List.of(), ServicePort.of("sql", 5432));
    ServiceEndpoints.Builder slice =
        slice("db", "a", "sql", 5432)
            .addEndpoints(pod("db-0", "10.244.0.7").setHostname("db-0"))
            .addEndpoints(pod("db-1", "10.244.0.8").setHostname("db-1"));
    update();
    assertThat(host("db-0.db.default.svc.cluster.local:5432").getNotFound()).isTrue();

    mesh.put(slice);
    assertThat(update())
        .contains(ResourceKey.virtualHost("default", "db-0.db.default.svc.cluster.local:5432"));
    assertThat(clusters("db-0.db.default.svc.cluster.local:5432"))
        .containsExactly("10.244.0.7:5432");
    assertThat(clusters("db-1.db")).containsExactly("10.244.0.8:5432");
    assertThat(host("db-0.db:80").getNotFound()).isTrue();
    assertThat(clusters("db:5432")).containsExactly("db.default:5432");

    slice.getEndpointsBuilder(1).setAddress("10.244.0.9");
    mesh.put(slice);
    assertThat(update())
        .contains(ResourceKey.virtualHost("default", "db-1.db"))
        .doesNotContain(
            ResourceKey.virtualHost("default", "db-0.db.default.svc.cluster.local:5432"));
    assertThat(clusters("db-1.db")).containsExactly("10.244.0.9:5432");
  }

  @Test
  void terminatingEndpointsGetRequestsOnlyWhenNoReadyOneIsLeft() {
    ServiceEndpoint.Builder leaving =
        pod("web-1", "10.244.0.8").setReady(false).setTerminating(true);
    web(pod("web-0", "10.244.0.7"), leaving);
    update();
    assertThat(sent("web.default:80/1")).extracting(Endpoint::getId).containsExactly("web-0");

    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.244.0.7").setReady(false).setServing(false))
            .addEndpoints(leaving));
    update();
    assertThat(sent("web.default:80/1")).extracting(Endpoint::getId).containsExactly("web-1");

    mesh.put(slice("web", "a", "http", 8080).addEndpoints(leaving.setServing(false)));
    update();
    assertThat(sent("web.default:80/1")).isEmpty();
  }

  @Test
  void publishNotReadyAddressesSendsToWhatIsNotReady() {
    mesh.kubernetesService("web", new KubernetesService(List.of(), true, "", true), HTTP);
    mesh.put(
        slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7").setReady(false)));
    update();

    assertThat(sent("web.default:80/1")).hasSize(1);
  }

  @Test
  void anExternalNameIsNothingOfTheMesh() {
    mesh.kubernetesService("ext", new KubernetesService(List.of(), false, "example.org", false));
    update();

    assertThat(host("ext").getNotFound()).isTrue();
  }

  @Test
  void aSubscribedAddressFollowsTheServiceThatHasIt() {
    update();
    ResourceKey key = ResourceKey.virtualHost("default", "10.96.0.1:80");
    assertThat(host("10.96.0.1:80").getNotFound()).isTrue();

    web(pod("web-0", "10.244.0.7"));
    assertThat(update()).containsExactly(key);
    assertThat(clusters("10.96.0.1:80")).containsExactly("web.default:80");

    mesh.kubernetesService("web", List.of("10.96.0.9"), HTTP);
    assertThat(update()).contains(key);
    assertThat(host("10.96.0.1:80").getNotFound()).isTrue();

    mesh.kubernetesService("other", List.of("10.96.0.1"), HTTP);
    assertThat(update()).containsExactly(key);
    assertThat(clusters("10.96.0.1:80")).containsExactly("other.default:80");

    mesh.removeKubernetesService("other");
    assertThat(update()).contains(key);
    assertThat(host("10.96.0.1:80").getNotFound()).isTrue();
  }

  @Test
  void anAddressThatGoesToAnotherPodIsAnotherEndpointInTheSameCluster() {
    web(pod("web-0", "10.244.0.7"));
    update();
    closure("10.244.0.7:8080");

    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-1", "10.244.0.7")));
    assertThat(update())
        .containsExactly(new ResourceKey(ResourceKind.ENDPOINT_SLICE, "10.244.0.7:8080/1"));
    assertThat(sent("10.244.0.7:8080/1")).extracting(Endpoint::getId).containsExactly("web-1");

    mesh.put(slice("web", "a", "http", 8080));
    assertThat(update()).contains(ResourceKey.virtualHost("default", "10.244.0.7:8080"));
    assertThat(host("10.244.0.7:8080").getNotFound()).isTrue();

    mesh.kubernetesService("db", List.of(), ServicePort.of("sql", 5432));
    mesh.put(slice("db", "a", "sql", 8080).addEndpoints(pod("db-0", "10.244.0.7")));
    assertThat(update()).contains(ResourceKey.virtualHost("default", "10.244.0.7:8080"));
    assertThat(cluster("10.244.0.7:8080").getCluster().getService()).isEqualTo("db");
    assertThat(sent("10.244.0.7:8080/1")).extracting(Endpoint::getId).containsExactly("db-0");
  }

  @Test
  void anAddressIsThatOfThePodThatHasItNow() {
    web(
        pod("web-0", "10.244.0.7").setReady(false).setServing(false).setTerminating(true),
        pod("web-1", "10.244.0.7"));
    update();

    assertThat(sent("10.244.0.7:8080/1")).extracting(Endpoint::getId).containsExactly("web-1");
  }

  @Test
  void oneEndpointOfOneInAThousandServicesRecompilesItsSlicesAndNothingElse() {
    for (int i = 0; i < 1_000; i++) {
      mesh.kubernetesService("service-" + i, List.of(ip("10.96", i)), HTTP);
      mesh.put(sliceOf(i, pod("pod-" + i, ip("10.244", i))));
    }
    update();
    for (int i = 0; i < 1_000; i++) {
      closure(ip("10.96", i) + ":80");
      closure(ip("10.244", i) + ":8080");
      compile(ResourceKey.inboundOfPod("default", "pod-" + i));
    }

    mesh.put(sliceOf(7, pod("pod-7", ip("10.244", 7)).setReady(false)));
    assertThat(update())
        .containsExactlyInAnyOrder(
            new ResourceKey(ResourceKind.ENDPOINT_SLICE, "service-7.default:80/1"),
            new ResourceKey(ResourceKind.ENDPOINT_SLICE, ip("10.244", 7) + ":8080/1"));

    mesh.put(
        sliceOf(7, pod("pod-7", ip("10.244", 7)).setReady(false))
            .addEndpoints(pod("new", "10.1.1.1")));
    assertThat(update())
        .containsExactly(new ResourceKey(ResourceKind.ENDPOINT_SLICE, "service-7.default:80/1"));
  }

  @Test
  void whatIsForgottenIsNotStaleAnyMore() {
    web(pod("web-0", "10.244.0.7"));
    update();
    closure("10.244.0.7:8080").forEach(compiler::forget);

    web(pod("web-1", "10.244.0.7"));

    assertThat(update()).isEmpty();
  }

  private void web(ServiceEndpoint.Builder... pods) {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    ServiceEndpoints.Builder slice = slice("web", "a", "http", 8080);
    for (ServiceEndpoint.Builder pod : pods) {
      slice.addEndpoints(pod);
    }
    mesh.put(slice);
  }

  private static ServiceEndpoints.Builder sliceOf(int service, ServiceEndpoint.Builder pod) {
    return slice("service-" + service, "a", "http", 8080).addEndpoints(pod);
  }

  private static String ip(String prefix, int number) {
    return prefix + "." + (1 + number / 250) + "." + (1 + number % 250);
  }

  private Set<ResourceKey> update() {
    Set<ResourceKey> stale = compiler.update(mesh.commit());
    stale.forEach(compiler::compile);
    return stale;
  }

  private VirtualHost host(String authority) {
    return compile(ResourceKey.virtualHost("default", authority)).getVirtualHost();
  }

  private List<String> clusters(String authority) {
    return host(authority).getRoutes(0).getBackendsList().stream()
        .map(WeightedBackend::getCluster)
        .toList();
  }

  private Resource cluster(String name) {
    return compile(new ResourceKey(ResourceKind.CLUSTER, name));
  }

  private List<Endpoint> sent(String name) {
    return compile(new ResourceKey(ResourceKind.ENDPOINT_SLICE, name))
        .getEndpointSlice()
        .getEndpointsList();
  }

  private List<InboundPort> inboundPorts(String pod) {
    return compile(ResourceKey.inboundOfPod("default", pod)).getInbound().getPortsList();
  }

  private static InboundPort port(int number, Protocol protocol) {
    return InboundPort.newBuilder().setPort(number).setProtocol(protocol).build();
  }

  private List<ResourceKey> closure(String authority) {
    var keys = new ArrayList<ResourceKey>();
    var open = new ArrayDeque<>(List.of(ResourceKey.virtualHost("default", authority)));
    while (!open.isEmpty()) {
      ResourceKey key = open.poll();
      keys.add(key);
      open.addAll(Objects.requireNonNull(compiler.compile(key)).needs());
    }
    return keys;
  }

  private Resource compile(ResourceKey key) {
    Resource resource = Objects.requireNonNull(compiler.compile(key), key::toString).resource();
    valid(resource);
    return resource;
  }

  /** Everything that is sent passes the sidecar's own checks. */
  private static void valid(Resource resource) {
    try {
      WireDecoder.decode(resource.toBuilder().setVersion("1").build());
    } catch (WireException e) {
      throw new AssertionError(e.getMessage(), e);
    }
  }

  private TrafficPolicy limited(String service) {
    return new TrafficPolicy(
        mesh.meta("default", "limits"),
        List.of(new TrafficPolicy.Target(TargetKind.SERVICE, service)),
        TrafficPolicy.LoadBalancer.of(LoadBalancerType.PEAK_EWMA),
        Duration.ofSeconds(1),
        null,
        null,
        null,
        RetryConfig.DEFAULT,
        null,
        null,
        new LimitsConfig(7, 7, 7, 7),
        null,
        null);
  }
}
