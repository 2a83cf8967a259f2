package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.pod;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the stream of a sidecar in Kubernetes carries when addresses move. */
class KubernetesStreamTest extends EngineFixture {
  private static final ResourceKey POD = ResourceKey.virtualHost("default", "10.244.0.7:8080");
  private static final ResourceKey CLUSTER =
      new ResourceKey(ResourceKind.CLUSTER, "10.244.0.7:8080");
  private static final ResourceKey SLICE =
      new ResourceKey(ResourceKind.ENDPOINT_SLICE, "10.244.0.7:8080/1");
  private static final ResourceKey INBOUND = ResourceKey.inboundOfPod("default", "frontend-0");

  @Test
  void anEndpointsAddressComesGoesAndComesBackAsAnotherPod() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), ServicePort.of("http", 80));
    publish();
    TestSidecar sidecar = connect("frontend-0", POD);
    assertThat(sidecar.brought()).containsExactly(POD);
    ack(sidecar);

    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    publish();
    assertThat(sidecar.brought()).containsExactly(SLICE, CLUSTER, POD);
    ack(sidecar);

    mesh.put(slice("web", "a", "http", 8080));
    publish();
    assertThat(sidecar.brought()).containsExactly(POD);
    ack(sidecar);
    assertThat(sidecar.removed()).containsExactlyInAnyOrder(CLUSTER, SLICE);
    ack(sidecar);

    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-1", "10.244.0.7")));
    publish();
    assertThat(sidecar.brought()).containsExactly(SLICE, CLUSTER, POD);
    assertThat(sidecar.last().getResources(0).getEndpointSlice().getEndpoints(0).getId())
        .isEqualTo("web-1");
  }

  @Test
  void aPodsInboundConfigurationIsSubscribedToByThePodsName() {
    mesh.kubernetesService(
        "web", List.of("10.96.0.1"), new ServicePort("http", 80, 0, "", "kubernetes.io/h2c"));
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("frontend-0", "10.244.0.7")));
    publish();

    TestSidecar sidecar = connect("frontend-0", INBOUND);

    assertThat(sidecar.brought()).containsExactly(INBOUND);
    assertThat(sidecar.last().getResources(0).getInbound().getPorts(0).getPort()).isEqualTo(8080);
  }

  @Test
  void whoNamesItsMachineIsSentWhereThatStandsAndThatAgainWhenItChanges() {
    mesh.node("node-1", "a").node("node-2", "b");
    publish();
    TestSidecar sidecar = TestSidecar.connectSilently(channel);
    sidecar.send(
        DiscoveryRequest.newBuilder()
            .setNode(
                Node.newBuilder().setId("frontend-0").setNamespace("default").setNodeName("node-1"))
            .build());
    loop.run();
    assertThat(sidecar.brought()).containsExactly(ResourceKey.node("node-1"));
    assertThat(sidecar.last().getResources(0).getLocality().getZone()).isEqualTo("a");
    ack(sidecar);

    mesh.node("node-2", "c");
    publish();
    assertThat(sidecar.last().getResources(0).getLocality().getZone()).isEqualTo("a");
    mesh.node("node-1", "c");
    publish();
    assertThat(sidecar.brought()).containsExactly(ResourceKey.node("node-1"));
    assertThat(sidecar.last().getResources(0).getLocality().getZone()).isEqualTo("c");
    assertThat(node("frontend-0").getNode().getNodeName()).isEqualTo("node-1");
  }
}
