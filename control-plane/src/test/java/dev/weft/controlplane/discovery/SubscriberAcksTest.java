package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.SubscriberAcks.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Waiting for those, and only those, who are concerned. */
class SubscriberAcksTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey BASKET = ResourceKey.virtualHost("default", "basket");

  @Test
  void whoHasNothingToReceiveIsNotWaitedFor() {
    twoServices();
    TestSidecar concerned = synced("frontend-0", CATALOG);
    synced("frontend-1", BASKET);
    mesh.put(instance("catalog", "catalog-1"));
    publish();

    CompletableFuture<Result> wait = await(2);
    assertThat(wait).isNotDone();
    ack(concerned);

    assertThat(wait).isCompletedWithValue(new Result(true, List.of()));
  }

  @Test
  void aRevisionThatConcernsNobodyIsSyncedAtOnce() {
    twoServices();
    synced("frontend-1", BASKET);
    mesh.put(instance("catalog", "catalog-1"));
    publish();

    assertThat(await(2)).isCompletedWithValue(new Result(true, List.of()));
  }

  @Test
  void aRevisionThatIsStillToComeIsWaitedFor() {
    twoServices();
    TestSidecar concerned = synced("frontend-0", CATALOG);
    CompletableFuture<Result> wait = await(2);
    assertThat(wait).isNotDone();

    mesh.put(instance("catalog", "catalog-1"));
    publish();
    assertThat(wait).isNotDone();
    ack(concerned);

    assertThat(wait.join().synced()).isTrue();
  }

  @Test
  void anAcknowledgementOfAnEarlierResponseDoesNotCount() {
    twoServices();
    TestSidecar slow = connect("frontend-0", CATALOG);
    mesh.put(instance("catalog", "catalog-1"));
    publish();
    CompletableFuture<Result> wait = await(2);

    ack(slow);
    assertThat(wait).isNotDone();
    ack(slow);

    assertThat(wait.join().synced()).isTrue();
  }

  @Test
  void aNewerVersionThatReplacedItCounts() {
    twoServices();
    TestSidecar slow = connect("frontend-0", CATALOG);
    mesh.put(instance("catalog", "catalog-1"));
    publish();
    CompletableFuture<Result> wait = await(2);
    mesh.put(instance("catalog", "catalog-2"));
    publish();

    ack(slow);
    ack(slow);

    assertThat(slow.responses()).hasSize(2);
    assertThat(wait.join().synced()).isTrue();
  }

  @Test
  void laterChangesAreNotWaitedFor() {
    twoServices();
    TestSidecar concerned = synced("frontend-0", CATALOG);
    mesh.put(instance("catalog", "catalog-1"));
    publish();
    CompletableFuture<Result> wait = await(2);
    mesh.put(instance("catalog", "catalog-2"));
    publish();

    ack(concerned);

    assertThat(wait.join().synced()).isTrue();
  }

  @Test
  void whenTheTimeHasPassedThoseWhoHaveNotAnsweredAreNamed() {
    twoServices();
    TestSidecar one = synced("frontend-0", CATALOG);
    synced("frontend-1", CATALOG);
    mesh.put(instance("catalog", "catalog-1"));
    publish();
    CompletableFuture<Result> wait = await(2);
    ack(one);

    loop.pass(Duration.ofSeconds(5));

    assertThat(wait).isCompletedWithValue(new Result(false, List.of("frontend-1")));
  }

  @Test
  void whoDisconnectsIsNotWaitedForAnyMore() {
    twoServices();
    TestSidecar gone = synced("frontend-0", CATALOG);
    mesh.put(instance("catalog", "catalog-1"));
    publish();
    CompletableFuture<Result> wait = await(2);

    gone.hangUp();
    loop.run();

    assertThat(wait.join().synced()).isTrue();
  }

  @Test
  void whoRefusesKeepsThatRevisionButNoLaterOneFromBeingSynced() {
    twoServices();
    TestSidecar picky = synced("frontend-0", CATALOG);
    mesh.route(mesh.routeTo("canary", "catalog", "catalog", "basket"));
    publish();
    CompletableFuture<Result> wait = await(2);
    picky.nack(CATALOG);
    loop.run();
    ack(picky);
    loop.pass(Duration.ofSeconds(5));
    assertThat(wait).isCompletedWithValue(new Result(false, List.of("frontend-0")));

    mesh.put(instance("catalog", "catalog-1"));
    publish();
    ack(picky);

    assertThat(await(3).join().synced()).isTrue();
  }

  @Test
  void whoResumesIsWaitedForUntilItHasWhatItLacks() throws IOException {
    twoServices();
    TestSidecar before = synced("frontend-0", CATALOG);
    restart(DiscoveryOptions.DEFAULT);
    mesh.remove(instance("catalog", "catalog-0")).put(instance("catalog", "catalog-1"));
    mesh.commit();
    engine.onChange(mesh.whole());
    TestSidecar after = before.reconnect(channel, CATALOG);
    loop.run();

    CompletableFuture<Result> wait = await(1);
    assertThat(wait).isNotDone();
    ack(after);

    assertThat(wait.join().synced()).isTrue();
  }

  @Test
  void waitingEndsABurst() {
    twoServices();
    TestSidecar concerned = synced("frontend-0", CATALOG);
    loop.pass(Duration.ofSeconds(1));
    for (int i = 1; i <= 3; i++) {
      mesh.put(instance("catalog", "catalog-" + i));
      engine.onChange(mesh.commit());
    }
    loop.run();
    ack(concerned);
    assertThat(concerned.responses()).hasSize(2);

    CompletableFuture<Result> wait = await(4);
    loop.pass(DiscoveryOptions.DEFAULT.awaitedGap());
    assertThat(concerned.responses()).hasSize(3);
    ack(concerned);

    assertThat(wait.join().synced()).isTrue();
  }

  private void twoServices() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    publish();
  }

  private TestSidecar synced(String id, ResourceKey... roots) {
    TestSidecar sidecar = connect(id, roots);
    ack(sidecar);
    return sidecar;
  }

  private CompletableFuture<Result> await(long revision) {
    CompletableFuture<Result> wait = engine.await(revision, Duration.ofSeconds(5));
    loop.run();
    return wait;
  }
}
