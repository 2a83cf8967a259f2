package dev.weft.controlplane.registry.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.model.Registration;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.liveness.Sessions.Answer;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions and the reaper, clause by clause of the design's decision 3. */
class LivenessTest {
  private static final Duration STEP = TestReplica.TTL.dividedBy(10);

  @TempDir Path directory;
  private final AtomicLong nanos = new AtomicLong(1_000_000_000L);
  private final List<TestReplica> replicas = new ArrayList<>();
  private ControlledStore store;
  private TestReplica a;

  @BeforeEach
  void open() {
    store = new ControlledStore(EmbeddedStore.open(directory));
    a = replica("a");
  }

  @AfterEach
  void close() {
    replicas.forEach(TestReplica::close);
    store.close();
  }

  @Test
  void anInstanceThatIsHeardStaysAndOneThatIsSilentGoes() {
    for (int i = 0; i < 5; i++) {
      a.register("catalog", "catalog-" + i, "one");
      a.heartbeat("catalog-" + i, "one");
    }
    a.awaitSessions(5);
    becomeLeader(a);
    pass(
        TestReplica.TTL.multipliedBy(4),
        () -> {
          for (int i = 1; i < 5; i++) {
            a.heartbeat("catalog-" + i, "one");
          }
        });
    await().until(() -> !a.shows("catalog-0"));
    assertThat(a.silent).containsExactly("default/catalog-0");
    assertThat(a.registry.current().workloadCount()).isEqualTo(4);
    assertThat(a.reaper.alarms()).isEmpty();
  }

  @Test
  void anInstanceWithoutASessionStaysForAFullTtl() {
    a.register("catalog", "catalog-0", "one");
    becomeLeader(a);
    pass(TestReplica.TTL, () -> {});
    pass(TestReplica.TTL, () -> {});
    await().until(() -> !a.shows("catalog-0"));
    a.register("catalog", "catalog-1", "one");
    // Known as silent only from the next look on.
    pass(TestReplica.TTL, () -> {});
    assertThat(a.reaper.removals()).isEqualTo(1);
    assertThat(a.shows("catalog-1")).isTrue();
  }

  @Test
  void tenThousandHeartbeatsWriteNothing() {
    for (int i = 0; i < 10; i++) {
      a.register("catalog", "catalog-" + i, "one");
      a.heartbeat("catalog-" + i, "one");
    }
    a.awaitSessions(10);
    int before = store.commits();
    for (int i = 0; i < 10_000; i++) {
      assertThat(a.heartbeat("catalog-" + i % 10, "one")).isEqualTo(Answer.ALIVE);
      if (i % 1000 == 0) {
        nanos.addAndGet(STEP.toNanos());
        a.sessions.tick();
      }
    }
    assertThat(store.commits()).isEqualTo(before);
  }

  @Test
  void sessionsThatComeTogetherAreWrittenInBatches() {
    for (int i = 0; i < 500; i++) {
      a.register("catalog", "catalog-" + i, "one");
    }
    long before = a.sessions.writes();
    for (int i = 0; i < 500; i++) {
      a.heartbeat("catalog-" + i, "one");
    }
    a.awaitSessions(500);
    assertThat(a.sessions.writes() - before).isBetween(4L, 250L);
    a.hangUp();
    a.awaitSessions(0);
  }

  @Test
  void whoIsHeardAgainIsWrittenThoughNobodyAnsweredThatItsSessionWasRemoved() {
    a.register("catalog", "catalog-0", "one");
    a.heartbeat("catalog-0", "one");
    a.awaitSessions(1);
    store.loseNextAnswer();
    a.hangUp();
    a.awaitSessions(0);

    assertThat(a.heartbeat("catalog-0", "one")).isEqualTo(Answer.ALIVE);

    await()
        .until(
            () -> {
              a.sessions.tick();
              return a.registry.current().sessionCount() == 1;
            });
  }

  @Test
  void whoIsHeardStaysThoughTheStoreDoesNotTakeItsSession() {
    becomeLeader(a);
    store.refuseSessions();
    a.register("catalog", "catalog-0", "one");
    for (long passed = 0; passed < 4 * TestReplica.TTL.toNanos(); passed += STEP.toNanos()) {
      nanos.addAndGet(STEP.toNanos());
      assertThat(a.heartbeat("catalog-0", "one")).isEqualTo(Answer.ALIVE);
      a.tick();
    }
    await().until(store::idle);
    assertThat(a.shows("catalog-0")).isTrue();
    assertThat(a.reaper.removals()).isZero();
    assertThat(a.reaper.alarms()).isEmpty();
  }

  @Test
  void aLateMessageOfADeadIncarnationHarmsNobody() {
    a.register("catalog", "catalog-0", "old");
    a.heartbeat("catalog-0", "old");
    a.awaitSessions(1);
    a.register("catalog", "catalog-0", "new");
    assertThat(a.heartbeat("catalog-0", "new")).isEqualTo(Answer.ALIVE);
    int before = store.commits();

    assertThat(a.heartbeat("catalog-0", "old", WorkloadReadiness.NOT_READY))
        .isEqualTo(Answer.SUPERSEDED);
    assertThat(a.workload("catalog-0").ready()).isTrue();
    a.sessions.left("default", "catalog-0", "old");
    assertThat(a.sessions.count()).isEqualTo(1);
    assertThat(store.commits() - before).isLessThanOrEqualTo(1);
    assertThat(a.heartbeat("nobody", "old")).isEqualTo(Answer.UNKNOWN);
  }

  @Test
  void aSessionOfADeadIncarnationDoesNotKeepItsSuccessor() {
    a.register("catalog", "catalog-0", "old");
    a.heartbeat("catalog-0", "old");
    a.awaitSessions(1);
    a.register("catalog", "catalog-0", "new");
    becomeLeader(a);
    pass(TestReplica.TTL.multipliedBy(3), () -> a.heartbeat("catalog-0", "old"));
    await().until(() -> !a.shows("catalog-0"));
  }

  @Test
  void anInstanceThatMovesToAnotherReplicaStays() {
    TestReplica b = replica("b");
    a.register("catalog", "catalog-0", "one");
    a.heartbeat("catalog-0", "one");
    becomeLeader(a);
    pass(TestReplica.TTL.multipliedBy(2), () -> a.heartbeat("catalog-0", "one"));
    a.hangUp();
    await().until(() -> b.shows("catalog-0"));
    b.heartbeat("catalog-0", "one");
    pass(TestReplica.TTL.multipliedBy(4), () -> b.heartbeat("catalog-0", "one"));
    assertThat(a.reaper.leading()).isTrue();
    assertThat(b.reaper.leading()).isFalse();
    assertThat(a.shows("catalog-0")).isTrue();
    assertThat(a.registry.current().sessionCount()).isEqualTo(1);
  }

  @Test
  void aReaperThatWasJustElectedWaitsForAFullTtl() {
    TestReplica b = replica("b");
    a.register("catalog", "catalog-0", "one");
    becomeLeader(a);
    pass(TestReplica.TTL.minus(STEP), () -> {});
    assertThat(a.shows("catalog-0")).isTrue();

    a.serving = false;
    a.lease.close().join();
    await().until(() -> b.registry.current().leaders().get("reaper") == null);
    becomeLeader(b);
    // The instance has been silent for longer than a TTL by now, the reaper has not served that
    // long.
    pass(TestReplica.TTL.minus(STEP), () -> {});
    assertThat(b.reaper.leading()).isTrue();
    assertThat(b.shows("catalog-0")).isTrue();
    pass(STEP.multipliedBy(2), () -> {});
    await().until(() -> !b.shows("catalog-0"));
  }

  @Test
  void nothingGoesWhenMoreThanThirtyPercentOfAServiceWouldGoAtOnce() {
    for (int i = 0; i < 10; i++) {
      a.register("catalog", "catalog-" + i, "one");
    }
    a.register("single", "single-0", "one");
    becomeLeader(a);
    Runnable sixAreHeard =
        () -> {
          for (int i = 0; i < 6; i++) {
            a.heartbeat("catalog-" + i, "one");
          }
        };
    sixAreHeard.run();
    pass(TestReplica.TTL.multipliedBy(4), sixAreHeard);
    await().until(() -> !a.shows("single-0"));
    assertThat(a.registry.current().workloadCount()).isEqualTo(10);
    assertThat(a.reaper.alarms())
        .singleElement()
        .satisfies(
            alarm -> {
              assertThat(alarm.silent()).isEqualTo(4);
              assertThat(alarm.instances()).isEqualTo(10);
              assertThat(alarm.message()).contains("default/catalog", "4 of 10", "30%");
            });

    // One of them is heard again: three of ten may go.
    Runnable sevenAreHeard =
        () -> {
          sixAreHeard.run();
          a.heartbeat("catalog-6", "one");
        };
    sevenAreHeard.run();
    pass(TestReplica.TTL.multipliedBy(3), sevenAreHeard);
    await().until(() -> a.registry.current().workloadCount() == 7);
    a.tick();
    assertThat(a.reaper.alarms()).isEmpty();
  }

  @Test
  void nobodyGoesWhileNobodyIsHeardAndForATtlAfterThat() {
    for (int i = 0; i < 4; i++) {
      a.register("single-" + i, "single-" + i + "-0", "one");
      a.heartbeat("single-" + i + "-0", "one");
    }
    a.awaitSessions(4);
    becomeLeader(a);
    pass(TestReplica.TTL.multipliedBy(4), () -> {});
    assertThat(a.registry.current().sessionCount()).isZero();
    assertThat(a.registry.current().workloadCount()).isEqualTo(4);
    assertThat(a.reaper.alarms())
        .hasSize(4)
        .allSatisfy(alarm -> assertThat(alarm.message()).contains("1 of 1", "from anybody"));

    // The network is mended, and they come back one after the other; the last one has died.
    int[] heard = new int[1];
    Runnable slowly =
        () -> {
          heard[0] = Math.min(3, heard[0] + 1);
          for (int i = 0; i < heard[0]; i++) {
            a.heartbeat("single-" + i + "-0", "one");
          }
        };
    pass(TestReplica.TTL.minus(STEP), slowly);
    assertThat(a.reaper.removals()).isZero();
    pass(TestReplica.TTL, slowly);
    await().until(() -> !a.shows("single-3-0"));
    assertThat(a.registry.current().workloadCount()).isEqualTo(3);
    assertThat(a.reaper.alarms()).isEmpty();
  }

  @Test
  void aTrickleWithinOneTtlCountsAsAtOnce() {
    for (int i = 0; i < 3; i++) {
      a.register("catalog", "catalog-" + i, "one");
      a.heartbeat("catalog-" + i, "one");
    }
    becomeLeader(a);
    pass(
        TestReplica.TTL.multipliedBy(2),
        () -> {
          a.heartbeat("catalog-1", "one");
          a.heartbeat("catalog-2", "one");
        });
    pass(STEP.multipliedBy(4), () -> a.heartbeat("catalog-2", "one"));
    await().until(() -> a.registry.current().workloadCount() == 2);
    pass(TestReplica.TTL, () -> a.heartbeat("catalog-2", "one"));
    assertThat(a.shows("catalog-1")).isTrue();
  }

  @Test
  void aControlPlaneThatWasAwayForLongerThanTheTtlRemovesNothing() {
    for (int i = 0; i < 4; i++) {
      a.register("catalog", "catalog-" + i, "one");
      a.heartbeat("catalog-" + i, "one");
    }
    becomeLeader(a);
    a.awaitSessions(4);
    a.close();
    store.close();

    nanos.addAndGet(TestReplica.TTL.multipliedBy(100).toNanos());
    store = new ControlledStore(EmbeddedStore.open(directory));
    TestReplica again = replica("a-again");
    assertThat(again.registry.current().workloadCount()).isEqualTo(4);
    // They come back within the TTL, one after the other.
    int[] heard = new int[1];
    Runnable slowly =
        () -> {
          heard[0] = Math.min(4, heard[0] + 1);
          for (int i = 0; i < heard[0]; i++) {
            again.heartbeat("catalog-" + i, "one");
          }
        };
    replicas.remove(a);
    pass(TestReplica.TTL.multipliedBy(4), slowly);
    assertThat(again.registry.current().workloadCount()).isEqualTo(4);
    assertThat(again.reaper.removals()).isZero();
  }

  @Test
  void aProcessThatStoodStillBlamesNobody() {
    a.register("catalog", "catalog-0", "one");
    a.heartbeat("catalog-0", "one");
    a.awaitSessions(1);
    becomeLeader(a);
    nanos.addAndGet(TestReplica.TTL.multipliedBy(5).toNanos());
    a.tick();
    assertThat(a.silent).isEmpty();
    pass(TestReplica.TTL.multipliedBy(2), () -> a.heartbeat("catalog-0", "one"));
    assertThat(a.shows("catalog-0")).isTrue();
  }

  @Test
  void onlyAChangeOfReadinessIsWritten() {
    a.register("catalog", "catalog-0", "one");
    a.heartbeat("catalog-0", "one");
    a.awaitSessions(1);
    int before = store.commits();
    Registration registered = a.workload("catalog-0").registration();
    a.heartbeat("catalog-0", "one", WorkloadReadiness.NOT_READY);
    await().until(() -> !a.workload("catalog-0").ready());
    assertThat(a.workload("catalog-0").readinessReason()).isEqualTo("test");
    Registration changed = a.workload("catalog-0").registration();
    assertThat(changed.changedBy()).isEqualTo("its own heartbeat");
    assertThat(changed.changedAtMillis()).isGreaterThan(registered.changedAtMillis());
    assertThat(changed.registeredBy()).isEqualTo(registered.registeredBy());
    assertThat(changed.registeredAtMillis()).isEqualTo(registered.registeredAtMillis());
    for (int i = 0; i < 100; i++) {
      a.heartbeat("catalog-0", "one", WorkloadReadiness.NOT_READY);
    }
    assertThat(store.commits() - before).isEqualTo(1);
    a.heartbeat("catalog-0", "one", WorkloadReadiness.READY);
    await().until(() -> a.workload("catalog-0").ready());
    assertThat(a.workload("catalog-0").incarnation()).isEqualTo("one");
  }

  @Test
  void aLostLeaseIsReplacedAndTheSessionsAreWrittenAnew() {
    a.register("catalog", "catalog-0", "one");
    a.heartbeat("catalog-0", "one");
    a.awaitSessions(1);
    store.loseLease();
    a.awaitSessions(0);
    await()
        .until(
            () -> {
              a.lease.tick();
              a.sessions.tick();
              return a.registry.current().sessionCount() == 1;
            });
  }

  private TestReplica replica(String id) {
    TestReplica replica = new TestReplica(store, id, nanos);
    replicas.add(replica);
    return replica;
  }

  private static void becomeLeader(TestReplica replica) {
    await()
        .until(
            () -> {
              replica.tick();
              return replica.reaper.leading();
            });
  }

  /** Lets time pass in small steps, in each of which everybody does what they do. */
  private void pass(Duration time, Runnable eachStep) {
    for (long passed = 0; passed < time.toNanos(); passed += STEP.toNanos()) {
      nanos.addAndGet(STEP.toNanos());
      eachStep.run();
      replicas.forEach(TestReplica::tick);
      settle();
    }
  }

  /** Waits until nothing is under way and every replica shows what has been written. */
  private void settle() {
    do {
      await().pollInterval(Duration.ofMillis(1)).until(this::idle);
      long revision = store.range("").join().revision();
      for (TestReplica replica : replicas) {
        assertThat(replica.registry.awaitRevision(revision, Duration.ofSeconds(10)).join())
            .isTrue();
      }
    } while (!idle());
  }

  private boolean idle() {
    return store.idle()
        && replicas.stream()
            .allMatch(
                replica -> replica.lease.current() == null || replica.sessions.unwritten() == 0);
  }
}
