package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a subscriber is sent, in which order, and what it is not sent. */
class DiscoveryStreamTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey CLUSTER = ResourceKey.cluster("default", "catalog", 80);
  private static final ResourceKey SLICE = slice("catalog");
  private static final ResourceKey BASKET_CLUSTER = ResourceKey.cluster("default", "basket", 80);
  private static final ResourceKey BASKET_SLICE = slice("basket");

  private static ResourceKey slice(String service) {
    return new ResourceKey(ResourceKind.ENDPOINT_SLICE, service + ".default:80/1");
  }

  @Test
  void aSubscriptionIsAnsweredWithTheClosureNeededFirst() {
    catalogAndBasket();

    TestSidecar sidecar = connect("frontend-0", CATALOG);

    assertThat(sidecar.responses()).hasSize(1);
    assertThat(sidecar.brought()).containsExactly(SLICE, CLUSTER, CATALOG);
    assertThat(sidecar.last().getRevision()).isEqualTo(1);
    assertThat(sidecar.last().getStoreId()).isEqualTo("store-1");
  }

  @Test
  void nothingIsSaidBeforeTheRegistryWasRead() {
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    assertThat(sidecar.responses()).isEmpty();

    catalogAndBasket();

    assertThat(sidecar.brought()).containsExactly(SLICE, CLUSTER, CATALOG);
  }

  @Test
  void whatIsUnknownIsAnsweredToo() {
    catalogAndBasket();

    TestSidecar sidecar = connect("frontend-0", ResourceKey.virtualHost("default", "catalgo"));

    assertThat(sidecar.last().getResources(0).getVirtualHost().getNotFound()).isTrue();
    assertThat(sidecar.last().getResources(0).getVirtualHost().getNearMissesList())
        .isEqualTo(List.of("catalog"));
  }

  @Test
  void anEndpointChangeSendsItsSliceOnly() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);

    mesh.put(instance("catalog", "catalog-1"));
    publish();

    assertThat(sidecar.brought()).containsExactly(SLICE);
    assertThat(ids(sidecar.last().getResources(0))).containsExactly("catalog-0", "catalog-1");
  }

  @Test
  void aHundredSubscribersCostOneEncoding() {
    catalogAndBasket();
    var sidecars = new ArrayList<TestSidecar>();
    for (int i = 0; i < 100; i++) {
      sidecars.add(connect("frontend-" + i, CATALOG));
    }
    assertThat(engine.encodings()).isEqualTo(3);
    sidecars.forEach(this::ack);

    mesh.put(instance("catalog", "catalog-1"));
    publish();

    assertThat(engine.encodings()).isEqualTo(4);
    assertThat(sidecars)
        .allSatisfy(
            sidecar ->
                assertThat(sidecar.last().getResourcesList())
                    .isEqualTo(sidecars.getFirst().last().getResourcesList()));
    assertThat(sidecars).allSatisfy(one -> assertThat(one.brought()).containsExactly(SLICE));
  }

  @Test
  void aSlowStreamGetsTheNewestAndNothingInBetween() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    for (int i = 1; i <= 20; i++) {
      mesh.put(instance("catalog", "catalog-" + i));
      publish();
    }
    assertThat(sidecar.responses()).hasSize(1);

    ack(sidecar);

    assertThat(sidecar.responses()).hasSize(2);
    assertThat(sidecar.brought()).containsExactly(SLICE);
    assertThat(ids(sidecar.last().getResources(0))).hasSize(21);
    ack(sidecar);
    assertThat(sidecar.responses()).hasSize(2);
  }

  @Test
  void aChangeThatIsTakenBackWhileTheStreamIsSlowIsNotSent() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    mesh.put(instance("catalog", "catalog-1"));
    publish();
    mesh.remove(instance("catalog", "catalog-1"));
    publish();

    ack(sidecar);

    assertThat(sidecar.responses()).hasSize(1);
  }

  @Test
  void whatIsNewlyNeededComesFirstAndWhatIsNoLongerNeededGoesAfter() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);

    mesh.route(mesh.routeTo("move", "catalog", "basket"));
    publish();

    assertThat(sidecar.brought()).containsExactly(BASKET_SLICE, BASKET_CLUSTER, CATALOG);
    assertThat(sidecar.removed()).isEmpty();

    ack(sidecar);

    assertThat(sidecar.brought()).isEmpty();
    assertThat(sidecar.removed()).containsExactly(CLUSTER, SLICE);
    ack(sidecar);
    assertThat(sidecar.inForce()).containsOnlyKeys(CATALOG, BASKET_CLUSTER, BASKET_SLICE);
    assertThat(sidecar.responses()).hasSize(3);
  }

  @Test
  void aResponseThatWouldBeTooLargeIsDividedWithoutBreakingTheOrder() throws IOException {
    restart(smallResponses());
    catalogAndBasket();
    mesh.route(mesh.routeTo("both", "catalog", "catalog", "basket"));
    publish();

    TestSidecar sidecar = connect("frontend-0", CATALOG);
    var order = new ArrayList<ResourceKey>();
    while (!sidecar.inForce().containsKey(CATALOG)) {
      order.addAll(sidecar.brought());
      assertThat(sidecar.brought()).hasSize(1);
      ack(sidecar);
    }

    assertThat(order.subList(0, 2)).containsExactlyInAnyOrder(SLICE, BASKET_SLICE);
    assertThat(order.subList(2, 4)).containsExactlyInAnyOrder(CLUSTER, BASKET_CLUSTER);
    assertThat(order.getLast()).isEqualTo(CATALOG);
  }

  @Test
  void unsubscribingRemovesWhatOnlyThatNeeded() {
    catalogAndBasket();
    ResourceKey full = ResourceKey.virtualHost("default", "catalog.default");
    TestSidecar sidecar = connect("frontend-0", CATALOG, full);
    ack(sidecar);

    sidecar.unsubscribe(full);
    loop.run();
    assertThat(sidecar.removed()).containsExactly(full);
    ack(sidecar);

    sidecar.unsubscribe(CATALOG);
    loop.run();
    assertThat(sidecar.removed()).containsExactly(CATALOG, CLUSTER, SLICE);
    ack(sidecar);
    assertThat(sidecar.inForce()).isEmpty();
  }

  @Test
  void whatIsGivenUpAndWantedAgainWhileAnAnswerIsOnTheWayIsSentAgain() {
    catalogAndBasket();
    ResourceKey basket = ResourceKey.virtualHost("default", "basket");
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    sidecar.subscribe(basket);
    loop.run();

    sidecar.unsubscribe(CATALOG);
    sidecar.subscribe(CATALOG);
    ack(sidecar);
    assertThat(sidecar.brought()).containsExactly(CATALOG);
    ack(sidecar);

    assertThat(sidecar.responses()).hasSize(3);
  }

  @Test
  void aSubscriptionOnTheWaySendsOnlyWhatIsNotHeldYet() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);

    ResourceKey full = ResourceKey.virtualHost("default", "catalog.default");
    sidecar.subscribe(full);
    loop.run();

    assertThat(sidecar.brought()).containsExactly(full);
  }

  @Test
  void resumingSendsOnlyWhatChangedAndRemovesWhatNobodyNeeds() throws IOException {
    catalogAndBasket();
    ResourceKey basket = ResourceKey.virtualHost("default", "basket");
    TestSidecar before = connect("frontend-0", CATALOG, basket);
    ack(before);
    mesh.put(instance("catalog", "catalog-1"));

    restart(DiscoveryOptions.DEFAULT);
    mesh.commit();
    engine.onChange(mesh.whole());
    loop.run();
    TestSidecar after = before.reconnect(channel, CATALOG);
    loop.run();

    assertThat(after.brought()).containsExactly(SLICE);
    assertThat(after.removed()).containsExactly(basket, BASKET_CLUSTER, BASKET_SLICE);
    ack(after);
    assertThat(after.responses()).hasSize(1);
    assertThat(after.inForce()).containsOnlyKeys(CATALOG, CLUSTER, SLICE);
    assertThat(node("frontend-0").getResourcesResumed()).isEqualTo(2);
  }

  @Test
  void resumingWithNothingChangedSendsNothing() throws IOException {
    catalogAndBasket();
    TestSidecar before = connect("frontend-0", CATALOG);
    ack(before);

    restart(DiscoveryOptions.DEFAULT);
    engine.onChange(mesh.whole());
    TestSidecar after = before.reconnect(channel, CATALOG);
    loop.run();

    assertThat(after.responses()).isEmpty();
    assertThat(node("frontend-0").getResourcesResumed()).isEqualTo(3);
  }

  @Test
  void whatIsHeldFromAnotherStoreIsKeptForAWhileAndThenSentAnew() throws IOException {
    catalogAndBasket();
    TestSidecar before = connect("frontend-0", CATALOG);
    ack(before);
    mesh.remove(instance("catalog", "catalog-0"));

    restart(DiscoveryOptions.DEFAULT);
    engine.onChange(mesh.moveToStore("store-2"));
    settle();
    ResourceKey basket = ResourceKey.virtualHost("default", "basket");
    TestSidecar after = before.reconnect(channel, CATALOG, basket);
    loop.run();

    assertThat(after.brought()).containsExactly(BASKET_SLICE, BASKET_CLUSTER, basket);
    ack(after);
    assertThat(after.responses()).hasSize(1);

    mesh.put(instance("catalog", "catalog-0"));
    publish();
    loop.pass(DiscoveryOptions.DEFAULT.storeGrace());

    assertThat(after.brought()).containsExactly(SLICE, CLUSTER, CATALOG);
    ack(after);
    assertThat(after.inForce()).containsKeys(CATALOG, CLUSTER, SLICE);
  }

  @Test
  void aStoreThatIsExchangedUnderARunningControlPlaneTakesNothingAwayAtOnce() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);

    mesh.remove(instance("catalog", "catalog-0"));
    engine.onChange(mesh.moveToStore("store-2"));
    settle();
    assertThat(sidecar.responses()).hasSize(1);

    loop.pass(DiscoveryOptions.DEFAULT.storeGrace());
    assertThat(sidecar.brought()).endsWith(CATALOG);
    assertThat(sidecar.last().getResources(2).getVirtualHost().getNotFound()).isTrue();
    ack(sidecar);
    assertThat(sidecar.removed()).containsExactly(CLUSTER, SLICE);
  }

  @Test
  void aServiceThatGoesTurnsItsVirtualHostToNotFoundBeforeItsClusterGoes() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);

    mesh.remove(instance("catalog", "catalog-0"));
    publish();

    assertThat(sidecar.brought()).containsExactly(CATALOG);
    ack(sidecar);
    assertThat(sidecar.removed()).containsExactly(CLUSTER, SLICE);
    ack(sidecar);

    mesh.put(instance("catalog", "catalog-1"));
    publish();
    assertThat(sidecar.brought()).containsExactly(SLICE, CLUSTER, CATALOG);
    assertThat(ids(sidecar.last().getResources(0))).containsExactly("catalog-1");
  }

  @Test
  void aServiceOfMoreThanAHundredIsResentByTheSliceThatChanged() {
    for (int i = 0; i < 1_000; i++) {
      mesh.put(instance("catalog", "catalog-" + i));
    }
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    Resource cluster = Objects.requireNonNull(sidecar.inForce().get(CLUSTER));
    assertThat(cluster.getCluster().getEndpointSlicesCount()).isGreaterThanOrEqualTo(10);

    mesh.remove(instance("catalog", "catalog-500"));
    publish();

    assertThat(sidecar.brought()).hasSize(1);
    assertThat(sidecar.brought().getFirst().kind()).isEqualTo(ResourceKind.ENDPOINT_SLICE);
  }

  @Test
  void nothingIsKeptForThoseWhoHaveGone() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    assertThat(gauge("weft.discovery.resources")).isEqualTo(3);
    assertThat(gauge("weft.discovery.streams")).isEqualTo(1);

    sidecar.hangUp();
    loop.run();

    assertThat(gauge("weft.discovery.resources")).isZero();
    assertThat(gauge("weft.discovery.streams")).isZero();
    assertThat(gauge("weft.discovery.subscriptions")).isZero();
  }

  @Test
  void theTimeFromAChangeToItsAcknowledgementIsMeasured() {
    catalogAndBasket();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    mesh.put(instance("catalog", "catalog-1"));
    engine.onChange(mesh.commit());
    loop.pass(Duration.ofMillis(7));
    ack(sidecar);

    assertThat(meters.get("weft.discovery.push").timer().count()).isEqualTo(1);
    assertThat(meters.get("weft.discovery.push").timer().max(TimeUnit.MILLISECONDS)).isEqualTo(7);
  }

  private double gauge(String name) {
    return meters.get(name).gauge().value();
  }

  private void catalogAndBasket() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    publish();
  }

  private static DiscoveryOptions smallResponses() {
    DiscoveryOptions usual = DiscoveryOptions.DEFAULT;
    return new DiscoveryOptions(
        usual.clusterDomain(),
        usual.maxSubscriptions(),
        usual.maxHeld(),
        1,
        usual.ackTimeout(),
        usual.quiet(),
        usual.maxBatch(),
        usual.awaitedGap(),
        usual.streamLimits(),
        usual.storeGrace());
  }

  private static List<String> ids(Resource slice) {
    return slice.getEndpointSlice().getEndpointsList().stream().map(Endpoint::getId).toList();
  }
}
