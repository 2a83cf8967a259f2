package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.inforce.Document;
import dev.weft.controlplane.inforce.InForce;
import dev.weft.controlplane.inforce.Standing;
import dev.weft.controlplane.inforce.SteadyCounts;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In how many sidecars a document is in force, as their acknowledgements say it. */
class InForceCountsTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey SAME = ResourceKey.virtualHost("default", "catalog.default");
  private static final ResourceKey BASKET = ResourceKey.virtualHost("default", "basket");
  private static final Document CANARY = new Document("HTTPRoute", "default", "canary");

  @BeforeEach
  void route() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    mesh.route(mesh.routeTo("canary", "catalog", "catalog"));
    publish();
  }

  @Test
  void thoseAreCountedThatCallIt() {
    assertThat(counted()).isEmpty();
    ack(connect("frontend-0", CATALOG, SAME));
    ack(connect("frontend-1", BASKET));
    TestSidecar other = connect("frontend-2", CATALOG);
    ack(other);

    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(2, 2)));
    other.hangUp();
    loop.run();
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(1, 1)));
  }

  @Test
  void whoHasNothingYetCountsWhenItHasAnsweredOrTakesTooLong() {
    ack(connect("frontend-0", CATALOG));
    TestSidecar quick = connect("frontend-1", CATALOG);
    TestSidecar slow = connect("frontend-2", CATALOG);
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(1, 1)));

    ack(quick);
    loop.pass(InForceCounts.TELLING.minusMillis(1));
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(2, 2)));
    loop.pass(Duration.ofMillis(1));
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(3, 2)));
    ack(slow);
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(3, 3)));
  }

  @Test
  void thatSomebodyIsAlwaysJustBeingToldIsNotSaid() {
    ack(connect("frontend-0", CATALOG));
    var steady = new SteadyCounts(Duration.ofSeconds(30), Duration.ZERO);
    var told = new ArrayDeque<TestSidecar>();
    for (int i = 0; i < 240; i++) {
      if (i % 4 == 0) {
        told.add(connect("churn-" + i, CATALOG));
      }
      if (told.size() > 2) {
        ack(told.remove());
      }
      Standing now = counted().getOrDefault(CANARY, Standing.UNNEEDED);
      assertThat(steady.say(CANARY, 1, now, loop.nanoTime())).matches(Standing::settled);
      loop.pass(Duration.ofMillis(250));
    }
  }

  @Test
  void whatIsMadeAnewForAnotherReasonStaysInForce() {
    ack(connect("frontend-0", CATALOG));
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(1, 1)));
    mesh.route(mesh.routeTo("other", "catalog", "basket"));
    publish();

    assertThat(counted())
        .containsOnly(
            Map.entry(CANARY, standing(1, 1)),
            Map.entry(new Document("HTTPRoute", "default", "other"), standing(1, 0)));
  }

  @Test
  void aNewVersionIsInForceWhereItIsConfirmed() {
    TestSidecar one = connect("frontend-0", CATALOG);
    TestSidecar two = connect("frontend-1", CATALOG);
    ack(one);
    ack(two);
    long before = inForce().revision();
    mesh.route(mesh.routeTo("canary", "catalog", "basket"));
    publish();

    assertThat(inForce().revision()).isGreaterThan(before);
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(2, 0)));
    ack(one);
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(2, 1)));
    two.nack(CATALOG);
    loop.run();

    Standing refused = Objects.requireNonNull(counted().get(CANARY));
    assertThat(refused.needed()).isEqualTo(2);
    assertThat(refused.inForce()).isEqualTo(1);
    assertThat(refused.refused()).isEqualTo(1);
    assertThat(refused.refusal())
        .isEqualTo("frontend-1: VIRTUAL_HOST default/catalog routes[0] not for me");
    assertThat(refused.settled()).isTrue();

    mesh.route(mesh.routeTo("canary", "catalog", "catalog", "basket"));
    publish();
    ackAll(one);
    ackAll(two);
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(2, 2)));
  }

  @Test
  void whatIsWithdrawnCountsUntilItIsGoneEverywhere() {
    TestSidecar sidecar = connect("frontend-0", CATALOG, BASKET);
    ack(sidecar);
    mesh.route(mesh.routeTo("canary", "basket", "catalog"));
    publish();

    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(1, 0)));
    ackAll(sidecar);
    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(1, 1)));

    mesh.removeDocument("HTTPRoute", "default", "canary");
    publish();
    ackAll(sidecar);
    assertThat(counted()).isEmpty();
  }

  @Test
  void whoComesWithWhatItHasIsCountedAtOnce() throws Exception {
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    ack(sidecar);
    restart(DiscoveryOptions.DEFAULT);
    engine.onChange(mesh.whole());
    settle();
    assertThat(counted()).isEmpty();

    sidecar.reconnect(channel, CATALOG);
    loop.run();

    assertThat(counted()).containsExactly(Map.entry(CANARY, standing(1, 1)));
  }

  /** What is removed, what comes instead. */
  private void ackAll(TestSidecar sidecar) {
    for (int i = 0; i < 4; i++) {
      ack(sidecar);
    }
  }

  private Map<Document, Standing> counted() {
    return inForce().documents();
  }

  private InForce inForce() {
    CompletableFuture<InForce> answer = engine.inForce();
    loop.run();
    return answer.join();
  }

  private static Standing standing(int needed, int inForce) {
    return new Standing(needed, inForce, 0, "", 0);
  }
}
