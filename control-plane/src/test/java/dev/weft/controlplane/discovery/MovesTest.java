package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Sidecars are asked to go to another replica: some of them, or all when this one ends. */
class MovesTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");

  @Test
  void asManyAsAreTooManyAreAskedAndNoneTwiceInAMinute() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    List<TestSidecar> sidecars = Stream.of("a", "b", "c").map(this::inSync).toList();

    engine.askToMove(2, Duration.ofSeconds(5), "another replica has fewer", List.of("b"));
    loop.run();

    assertThat(sidecars).extracting(this::asked).containsExactly(true, true, false);
    DiscoveryResponse last = sidecars.getFirst().last();
    assertThat(last.getMove().getWithinMillis()).isEqualTo(5000);
    assertThat(last.getMove().getReason()).isEqualTo("another replica has fewer");
    assertThat(last.getMove().getToList()).containsExactly("b");
    assertThat(last.getNonce()).isEmpty();
    assertThat(last.getRevision()).isPositive();

    engine.askToMove(2, Duration.ofSeconds(5), "still too many", List.of());
    loop.run();
    assertThat(sidecars).extracting(this::asked).containsExactly(true, true, true);
    assertThat(sidecars.getFirst().last()).isEqualTo(last);
  }

  @Test
  void whoIsAskedIsServedUntilItHasGone() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = inSync("a");

    CompletableFuture<Void> gone = engine.handOver(Duration.ofSeconds(1));
    loop.run();
    assertThat(asked(sidecar)).isTrue();

    mesh.put(instance("catalog", "catalog-1"));
    publish();
    assertThat(sidecar.brought()).isNotEmpty();
    assertThat(gone).isNotDone();

    sidecar.hangUp();
    loop.run();
    assertThat(gone).isDone();
  }

  @Test
  void nobodyIsTakenAnyMoreWhileAllAreHandedOver() {
    publish();
    engine.handOver(Duration.ofSeconds(1));
    loop.run();

    TestSidecar late = connect("late", CATALOG);

    assertThat(late.ended()).isNotNull();
    assertThat(Status.Code.UNAVAILABLE).isEqualTo(Objects.requireNonNull(late.ended()).getCode());
    assertThat(late.accepted()).isFalse();
  }

  @Test
  void aStreamThatResumesIsNoFullResyncAndOneThatCannotIs() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar first = inSync("a");
    first.hangUp();
    loop.run();

    TestSidecar resumed = first.reconnect(channel, CATALOG);
    settle();
    assertThat(resumed.responses()).isEmpty();
    assertThat(fullResyncs()).isZero();
    resumed.hangUp();
    loop.run();

    TestSidecar stranger = first.reconnectFromOtherStore(channel, CATALOG);
    loop.pass(Duration.ofSeconds(30));
    assertThat(stranger.responses()).isNotEmpty();
    ack(stranger);
    settle();
    assertThat(fullResyncs()).isEqualTo(1);
  }

  private TestSidecar inSync(String id) {
    TestSidecar sidecar = connect(id, CATALOG);
    settle();
    ack(sidecar);
    settle();
    return sidecar;
  }

  private boolean asked(TestSidecar sidecar) {
    return sidecar.responses().stream().anyMatch(DiscoveryResponse::hasMove);
  }

  private double fullResyncs() {
    return meters.get("weft.discovery.full.resyncs").counter().count();
  }
}
