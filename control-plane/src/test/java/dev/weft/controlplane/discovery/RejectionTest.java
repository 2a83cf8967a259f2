package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.mesh.v1.NodeStatus.SyncState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a sidecar refuses is remembered, shown, and not sent again before it changes. */
class RejectionTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey CLUSTER = ResourceKey.cluster("default", "catalog", 80);
  private static final ResourceKey SLICE =
      new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1");

  @Test
  void theRefusedResourceIsHeldBackAndTheOthersComeAgain() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    publish();
    ResourceKey basket = ResourceKey.virtualHost("default", "basket");
    TestSidecar sidecar = connect("frontend-0", CATALOG, basket);

    nack(sidecar, basket);

    assertThat(sidecar.brought()).contains(SLICE, CLUSTER, CATALOG).doesNotContain(basket);
    ack(sidecar);
    assertThat(sidecar.responses()).hasSize(2);
    assertThat(node("frontend-0").getState()).isEqualTo(SyncState.REJECTED);
    assertThat(node("frontend-0").getLastRejection().getMessage()).isEqualTo("not for me");
    assertThat(node("frontend-0").getLastRejection().getResource()).isEqualTo(basket.toMessage());
    assertThat(node("frontend-0").getLastRejectionAtMillis()).isPositive();
    assertThat(meters.get("weft.discovery.rejections").counter().count()).isEqualTo(1);
  }

  @Test
  void aRefusedVersionIsSentAgainOnlyWhenItHasChanged() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    mesh.route(mesh.routeTo("canary", "catalog", "catalog", "gone"));
    publish();
    nack(sidecar, CATALOG);
    assertThat(sidecar.responses()).hasSize(2);

    mesh.put(instance("catalog", "catalog-1"));
    publish();
    assertThat(sidecar.brought()).containsExactly(SLICE);
    ack(sidecar);
    assertThat(sidecar.responses()).hasSize(3);

    mesh.route(mesh.routeTo("canary", "catalog", "catalog"));
    publish();
    assertThat(sidecar.brought()).containsExactly(CATALOG);
    ack(sidecar);
    assertThat(node("frontend-0").getState()).isEqualTo(SyncState.SYNCED);
  }

  @Test
  void whatTheVersionInForceNeedsIsKeptUpToDateWhileTheNewOneIsRefused() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    mesh.route(mesh.routeTo("move", "catalog", "basket"));
    publish();
    nack(sidecar, CATALOG);
    ack(sidecar);
    assertThat(sidecar.removed()).isEmpty();

    mesh.put(instance("catalog", "catalog-1"));
    publish();

    assertThat(sidecar.brought()).containsExactly(SLICE);
    ack(sidecar);
    assertThat(sidecar.inForce()).containsKeys(CATALOG, CLUSTER, SLICE);
  }

  @Test
  void aVirtualHostWaitsForAClusterThatWasRefused() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);

    nack(sidecar, CLUSTER);

    assertThat(sidecar.brought()).containsExactly(SLICE);
    ack(sidecar);
    assertThat(sidecar.responses()).hasSize(2);
  }

  @Test
  void aResponseThatCouldNotBeReadIsNotRepeated() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);

    nack(sidecar, null);

    assertThat(sidecar.responses()).hasSize(1);
    assertThat(node("frontend-0").getState()).isEqualTo(SyncState.REJECTED);
    assertThat(node("frontend-0").getResources()).isZero();
  }

  @Test
  void aRemovalThatIsRefusedIsNotRepeated() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    sidecar.unsubscribe(CATALOG);
    loop.run();

    nack(sidecar, null);

    assertThat(sidecar.responses()).hasSize(2);
  }

  private void nack(TestSidecar sidecar, @Nullable ResourceKey culprit) {
    sidecar.nack(culprit);
    loop.run();
  }
}
