package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.pace.StreamLimits;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.Trouble;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sidecars that harm: each is bounded, named with a reason, and alone with it. */
class HostileStreamTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey SLICE =
      new ResourceKey(
          dev.weft.proto.discovery.v1.ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1");

  @Test
  void whoDoesNotAnswerIsNamedLongBeforeItIsCutOffAndRemembered() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar mute = connect("mute", CATALOG);
    TestSidecar other = connect("other", CATALOG);
    ack(other);
    loop.pass(Duration.ofSeconds(7));

    assertThat(mute.ended()).isNull();
    assertThat(only(node("mute").getTroublesList()))
        .contains("neither accepted nor refused response 1 for")
        .contains("after 30 s its stream is ended (limit answer-time)");
    assertThat(node("other").getTroublesList()).isEmpty();
    assertThat(reached("late")).isEqualTo(1);

    loop.pass(Duration.ofSeconds(25));
    assertThat(ended(mute).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(others().getFirst().getPeer()).isEqualTo("default/mute");
    assertThat(others().getFirst().getLimit()).isEqualTo("answer-time");
    assertThat(meters.get("weft.peer.trouble").tag("peer", "default/mute").gauge().value())
        .isEqualTo(1);

    loop.pass(Duration.ofMinutes(11));
    assertThat(others()).isEmpty();
    assertThat(meters.find("weft.peer.trouble").gauge()).isNull();
  }

  @Test
  void whoWasOnlySlowIsNotBlamedAnyMore() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar slow = connect("slow", CATALOG);
    loop.pass(Duration.ofSeconds(20));
    assertThat(node("slow").getTroublesList()).hasSize(1);
    ack(slow);

    assertThat(node("slow").getTroublesList()).isEmpty();
    assertThat(slow.ended()).isNull();
    assertThat(meters.find("weft.peer.trouble").gauge()).isNull();
  }

  @Test
  void whoRefusesAgainAndAgainIsSentTheNextLater() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar stubborn = connect("stubborn", CATALOG);
    TestSidecar other = connect("other", CATALOG);
    ack(other);
    for (int i = 1; i < 40; i++) {
      mesh.put(instance("catalog", "catalog-" + i));
      engine.onChange(mesh.commit());
      loop.pass(Duration.ofMillis(150));
      if (!stubborn.last().getNonce().equals(answered(stubborn))) {
        stubborn.nack(SLICE);
        refused.add(stubborn.last().getNonce());
        loop.run();
      }
      ack(other);
    }

    // Ten at once, and then one more for each five seconds.
    assertThat(refused).hasSizeBetween(10, 15);
    assertThat(other.responses().size()).isGreaterThan(35);
    assertThat(only(node("stubborn").getTroublesList()))
        .contains("refuses again and again")
        .contains("catalog.default:80/1")
        .contains("not for me")
        .contains("limit refusals");
    assertThat(node("other").getTroublesList()).isEmpty();
  }

  private final List<String> refused = new ArrayList<>();

  private String answered(TestSidecar sidecar) {
    assertThat(sidecar.responses()).isNotEmpty();
    return refused.isEmpty() ? "" : refused.getLast();
  }

  @Test
  void whatIsSaidOfARefusalIsCut() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    sidecar.send(
        DiscoveryRequest.newBuilder()
            .setNonce(sidecar.last().getNonce())
            .setRejection(
                dev.weft.proto.discovery.v1.Rejection.newBuilder()
                    .setMessage("x".repeat(1_000_000)))
            .build());
    loop.run();

    assertThat(node("frontend-0").getLastRejection().getMessage()).hasSize(1_027);
  }

  @Test
  void twoThatSayTheyAreOneNodeDoNotEndEachOtherForEver() {
    publish();
    TestSidecar one = connect("twin", CATALOG);
    TestSidecar two = connect("twin", CATALOG);
    int rounds = 0;
    while (one.ended() == null || two.ended() == null) {
      assertThat(rounds++).as("they go on for ever").isLessThan(20);
      if (one.ended() != null && code(one) == Status.Code.ABORTED) {
        one = connect("twin", CATALOG);
      } else if (two.ended() != null && code(two) == Status.Code.ABORTED) {
        two = connect("twin", CATALOG);
      } else {
        break;
      }
    }
    TestSidecar loser = one.ended() == null ? two : one;
    TestSidecar winner = one.ended() == null ? one : two;

    assertThat(code(loser)).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(ended(loser).getDescription()).contains("--node-id").contains("node-takeovers");
    assertThat(winner.ended()).isNull();
    for (int i = 0; i < 20; i++) {
      loop.pass(Duration.ofSeconds(1));
      ack(winner);
      assertThat(code(connect("twin", CATALOG))).isEqualTo(Status.Code.ALREADY_EXISTS);
    }
    assertThat(winner.ended()).isNull();
    assertThat(only(node("twin").getTroublesList())).contains("two sidecars say that they are");

    // When the other one has been stopped, a broken network is survived as ever.
    loop.pass(Duration.ofSeconds(12));
    TestSidecar again = connect("twin", CATALOG);
    assertThat(again.ended()).isNull();
    assertThat(code(winner)).isEqualTo(Status.Code.ABORTED);
  }

  @Test
  void podsOfTwoNamespacesMayHaveOneName() {
    publish();
    TestSidecar shop = connectIn("shop", "web-0");
    TestSidecar ops = connectIn("ops", "web-0");

    assertThat(shop.ended()).isNull();
    assertThat(ops.ended()).isNull();
    var configs = engine.nodeConfigs("web-0");
    var config = engine.nodeConfigs("ops/web-0");
    loop.run();
    assertThat(configs.join()).hasSize(2);
    assertThat(config.join())
        .singleElement()
        .satisfies(each -> assertThat(each.getNode().getNamespace()).isEqualTo("ops"));
  }

  private TestSidecar connectIn(String namespace, String id) {
    TestSidecar sidecar = TestSidecar.connectSilently(channel);
    sidecar.send(
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId(id).setNamespace(namespace))
            .build());
    loop.run();
    return sidecar;
  }

  @Test
  void whoComesInALoopIsToldToWait() {
    publish();
    TestSidecar last = connect("loop", CATALOG);
    for (int i = 0; i < 30 && last.ended() == null; i++) {
      last.hangUp();
      loop.run();
      last = connect("loop", CATALOG);
    }

    assertThat(code(last)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(ended(last).getDescription()).contains("come again every 3 s");
    assertThat(connect("other", CATALOG).ended()).isNull();
    loop.pass(Duration.ofSeconds(4));
    assertThat(connect("loop", CATALOG).ended()).isNull();
  }

  @Test
  void hundredsOfThousandsOfNamesInOneRequestAreNotEvenLookedAt() {
    publish();
    TestSidecar greedy = connect("greedy");
    var request = DiscoveryRequest.newBuilder();
    for (int i = 0; i < 700_000; i++) {
      request.addSubscribe(CATALOG.toMessage());
    }
    greedy.send(request.build());
    loop.run();

    assertThat(ended(greedy).getDescription()).contains("700000").contains("limit names");
    assertThat(meters.get("weft.discovery.subscriptions").gauge().value()).isZero();
    assertThat(meters.get("weft.discovery.resources").gauge().value()).isZero();
  }

  @Test
  void whenAllTogetherWantTooMuchTheGreediestGoes() throws IOException {
    restart(
        limited(new StreamLimits(100, 50, 1 << 20, Duration.ofSeconds(5), Duration.ofMinutes(2))));
    publish();
    TestSidecar modest = connect("modest", CATALOG);
    TestSidecar greedy = connect("greedy", names("a", 40));
    TestSidecar second = connect("second", names("b", 20));

    assertThat(code(greedy)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(ended(greedy).getDescription()).contains("the most of all").contains("names-total");
    assertThat(modest.ended()).isNull();
    assertThat(second.ended()).isNull();
    assertThat(meters.get("weft.discovery.subscriptions").gauge().value()).isEqualTo(21);
  }

  @Test
  void aReplicaServesSoManyAndWhoNeverSaysWhoItIsMakesRoom() throws IOException {
    restart(
        limited(new StreamLimits(2, 50, 1 << 20, Duration.ofSeconds(5), Duration.ofMinutes(2))));
    publish();
    TestSidecar one = connect("one", CATALOG);
    TestSidecar silent = TestSidecar.connectSilently(channel);
    loop.pass(Duration.ofSeconds(2));
    TestSidecar two = connect("two", CATALOG);
    TestSidecar three = connect("three", CATALOG);

    assertThat(code(silent)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(code(three)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(ended(three).getDescription()).contains("try another replica");
    assertThat(one.ended()).isNull();
    assertThat(two.ended()).isNull();
  }

  @Test
  void aNodeThatSaysTooMuchOrNonsenseOfItselfIsRefused() {
    publish();
    TestSidecar large = TestSidecar.connectSilently(channel);
    large.send(
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId("large").putLabels("a", "x".repeat(20_000)))
            .build());
    TestSidecar strange = TestSidecar.connectSilently(channel);
    strange.send(DiscoveryRequest.newBuilder().setNode(Node.newBuilder().setId("a\nnode")).build());
    loop.run();

    assertThat(ended(large).getDescription()).contains("at most 16 KiB").contains("node-facts");
    assertThat(ended(strange).getDescription()).contains("\"a?node\"");
  }

  @Test
  void namesThatAreNotSubscribedToCostNothingWhenTheyAreGivenUp() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    for (int i = 0; i < 100; i++) {
      sidecar.unsubscribe(names("x" + i + "-", 100));
      loop.run();
    }
    ack(sidecar);

    assertThat(sidecar.inForce()).hasSize(3);
    assertThat(node("frontend-0").getSubscriptions()).isEqualTo(1);
    assertThat(sidecar.responses()).hasSize(1);
  }

  private static DiscoveryOptions limited(StreamLimits limits) {
    DiscoveryOptions usual = DiscoveryOptions.DEFAULT;
    return new DiscoveryOptions(
        usual.clusterDomain(),
        usual.maxSubscriptions(),
        usual.maxHeld(),
        usual.maxResponseBytes(),
        usual.ackTimeout(),
        usual.quiet(),
        usual.maxBatch(),
        usual.awaitedGap(),
        limits,
        usual.storeGrace());
  }

  private static ResourceKey[] names(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> ResourceKey.virtualHost("default", prefix + i))
        .toArray(ResourceKey[]::new);
  }

  private double reached(String limit) {
    return meters.get("weft.peer.limit.reached").tag("limit", limit).counter().count();
  }

  /** Troubles of those that are not connected. */
  private List<Trouble> others() {
    CompletableFuture<ListNodesResponse> nodes = engine.listNodes();
    loop.run();
    return nodes.join().getTroublesList();
  }

  private static String only(List<Trouble> troubles) {
    assertThat(troubles).hasSize(1);
    return troubles.getFirst().getMessage();
  }

  private static Status.Code code(TestSidecar sidecar) {
    return ended(sidecar).getCode();
  }

  private static Status ended(TestSidecar sidecar) {
    return Objects.requireNonNull(sidecar.ended());
  }
}
