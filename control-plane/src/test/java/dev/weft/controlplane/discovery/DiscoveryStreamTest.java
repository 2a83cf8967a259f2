package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a subscriber is sent, and what it is not. */
class DiscoveryStreamTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey CLUSTER = ResourceKey.cluster("default", "catalog", 80);
  private static final ResourceKey SLICE =
      new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1");

  @Test
  void aSubscriptionIsAnsweredWithTheClosureNeededFirst() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();

    TestSidecar sidecar = connect("frontend-0", CATALOG);

    assertThat(sidecar.responses()).hasSize(1);
    assertThat(sidecar.brought()).containsExactly(SLICE, CLUSTER, CATALOG);
    assertThat(sidecar.last().getRevision()).isEqualTo(1);
    assertThat(sidecar.last().getStoreId()).isEqualTo("store-1");
  }

  @Test
  void anEndpointChangeSendsItsSliceOnly() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);

    mesh.put(instance("catalog", "catalog-1"));
    publish();

    assertThat(sidecar.brought()).containsExactly(SLICE);
    assertThat(sidecar.last().getResources(0).getEndpointSlice().getEndpointsList())
        .extracting(endpoint -> endpoint.getId())
        .containsExactly("catalog-0", "catalog-1");
  }

  @Test
  void whatIsUnknownIsAnsweredToo() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();

    TestSidecar sidecar = connect("frontend-0", ResourceKey.virtualHost("default", "catalgo"));

    assertThat(sidecar.last().getResources(0).getVirtualHost().getNotFound()).isTrue();
    assertThat(sidecar.last().getResources(0).getVirtualHost().getNearMissesList())
        .isEqualTo(List.of("catalog"));
  }
}
