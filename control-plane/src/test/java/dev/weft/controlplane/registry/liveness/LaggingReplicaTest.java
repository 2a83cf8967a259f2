package dev.weft.controlplane.registry.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.TestInstances;
import dev.weft.controlplane.registry.liveness.Sessions.Answer;
import dev.weft.controlplane.registry.liveness.Sessions.Heartbeat;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.controlplane.source.self.SelfRegistration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What instances are told by a replica whose view is behind the store. */
class LaggingReplicaTest {
  /** Nobody waits this long in a test: it is the view that decides. */
  private static final Duration PATIENT = Duration.ofHours(1);

  /** Over before the view, which is held back, comes any further. */
  private static final Duration IMPATIENT = Duration.ofMillis(300);

  @TempDir Path directory;
  private final AtomicLong nanos = new AtomicLong(1_000_000_000L);
  private ControlledStore store;
  private TestReplica replica;

  @BeforeEach
  void open() {
    store = new ControlledStore(EmbeddedStore.open(directory));
    replica = new TestReplica(store, "a", nanos);
  }

  @AfterEach
  void close() {
    replica.close();
    store.close();
  }

  @Test
  void anInstanceThatItDoesNotShowYetIsNotDenied() {
    Sessions sessions = sessions(IMPATIENT);
    store.holdWatchesBack();
    write("catalog-0", "one");

    assertThat(heard(sessions, "catalog-0", "one").join()).isEqualTo(Answer.UNDECIDED);
    assertThat(sessions.count()).isZero();

    store.letWatchesGoOn();
    await().until(() -> replica.shows("catalog-0"));
    assertThat(heard(sessions, "catalog-0", "one").join()).isEqualTo(Answer.ALIVE);
    assertThat(sessions.count()).isEqualTo(1);
  }

  @Test
  void aNewIncarnationIsNotToldThatAnotherTookItsPlace() {
    Sessions sessions = sessions(IMPATIENT);
    replica.register("catalog", "catalog-0", "one");
    store.holdWatchesBack();
    write("catalog-0", "two");

    assertThat(heard(sessions, "catalog-0", "two").join()).isEqualTo(Answer.UNDECIDED);

    store.letWatchesGoOn();
    await().until(() -> replica.workload("catalog-0").incarnation().equals("two"));
    assertThat(heard(sessions, "catalog-0", "two").join()).isEqualTo(Answer.ALIVE);
  }

  @Test
  void aSessionThatIsOpenStaysWhileItsNextHeartbeatCannotBeDecided() {
    Sessions sessions = sessions(IMPATIENT);
    replica.register("catalog", "catalog-0", "one");
    assertThat(heard(sessions, "catalog-0", "one").join()).isEqualTo(Answer.ALIVE);
    store.holdWatchesBack();
    write("catalog-0", "two");

    assertThat(heard(sessions, "catalog-0", "two").join()).isEqualTo(Answer.UNDECIDED);
    assertThat(heard(sessions, "catalog-0", "one").join()).isEqualTo(Answer.ALIVE);
    assertThat(sessions.count()).isEqualTo(1);
  }

  @Test
  void theHeartbeatIsAnsweredAsSoonAsTheViewHasCaughtUp() {
    Sessions sessions = sessions(PATIENT);
    store.holdWatchesBack();
    write("catalog-0", "one");
    CompletableFuture<Answer> registered = heard(sessions, "catalog-0", "one");
    CompletableFuture<Answer> stranger = heard(sessions, "stranger", "one");
    write("catalog-1", "one");
    assertThat(registered).isNotDone();
    assertThat(stranger).isNotDone();

    store.letWatchesGoOn();

    assertThat(registered.join()).isEqualTo(Answer.ALIVE);
    assertThat(stranger.join()).isEqualTo(Answer.UNKNOWN);
  }

  @Test
  void aDeregistrationIsNotAnsweredFromAViewThatIsBehind() {
    var registration = new SelfRegistration(store, replica.registry, () -> 0);
    store.holdWatchesBack();
    write("catalog-0", "one");

    assertThatThrownBy(() -> registration.deregister("default", "catalog-0", "one").join())
        .hasCauseInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("behind its store");

    store.letWatchesGoOn();
    await().until(() -> replica.shows("catalog-0"));
    assertThat(registration.deregister("default", "catalog-0", "one").join().removed()).isTrue();
    assertThat(registration.deregister("default", "catalog-0", "one").join().removed()).isFalse();
  }

  private Sessions sessions(Duration ttl) {
    return new Sessions(store, replica.registry, replica.lease, ttl, nanos::get);
  }

  private CompletableFuture<Answer> heard(Sessions sessions, String id, String incarnation) {
    return sessions.heard(
        replica.channel, new Heartbeat("default", id, incarnation, WorkloadReadiness.READY, ""));
  }

  /** Writes an instance as another replica does, and does not wait for this one to show it. */
  private void write(String id, String incarnation) {
    String key = Keyspace.instance(Keyspace.SELF, "default", "catalog", id);
    ByteString instance = TestInstances.instance("catalog", id, incarnation).toByteString();
    store.commit(Txn.builder().put(key, instance).build()).join().orThrow("register");
  }
}
