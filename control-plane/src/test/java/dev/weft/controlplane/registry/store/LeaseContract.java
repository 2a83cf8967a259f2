package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** The part of the contract about leases: keys that live as long as somebody cares. */
interface LeaseContract extends StoreContract {
  @Test
  default void keysVanishWithTheirLeaseAtOneRevision() {
    Range range = store().range("l/").join();
    Recorder recorder = watch("l/", range);
    ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
    Lease lease = store().grantLease(Duration.ofSeconds(2), lost::add).join();
    commit(
        Txn.builder()
            .put("l/1", text("1"), lease)
            .put("l/2", text("2"), lease)
            .put("l/3", text("3")));

    passTime(lease.ttl());

    WatchBatch gone = recorder.awaitBatches(2).get(1);
    assertThat(gone.changes())
        .containsExactly(new WatchBatch.Change.Delete("l/1"), new WatchBatch.Change.Delete("l/2"));
    assertThat(keys(store().range("l/"))).containsExactly("l/3");
    assertFails(() -> lease.keepAlive().join(), LeaseExpiredException.class);
    await().atMost(Recorder.PATIENCE).untilAsserted(() -> assertThat(lost).containsExactly(lease));
    assertFails(
        () -> commit(Txn.builder().put("l/4", text("4"), lease)), LeaseExpiredException.class);
    assertThat(keys(store().range("l/4"))).isEmpty();
  }

  @Test
  default void aLeaseThatIsKeptAliveLives() {
    ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
    Lease kept = store().grantLease(Duration.ofSeconds(2), lost::add).join();
    Lease left = store().grantLease(Duration.ofSeconds(2), lost::add).join();
    kept.keepAliveUntilClosed();
    commit(Txn.builder().put("kept", text("1"), kept).put("left", text("1"), left));

    passTime(left.ttl().multipliedBy(2));

    await().atMost(Recorder.PATIENCE).until(() -> keys(store().range("left")).isEmpty());
    assertThat(keys(store().range("kept"))).containsExactly("kept");
    kept.keepAlive().join();
    assertThat(lost).doesNotContain(kept);
  }

  @Test
  default void aRevokedLeaseTakesItsKeysAndTellsNobody() {
    ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
    Lease lease = store().grantLease(Duration.ofSeconds(60), lost::add).join();
    commit(Txn.builder().put("r/1", text("1"), lease));
    lease.revoke().join();
    lease.revoke().join();

    assertThat(keys(store().range("r/"))).isEmpty();
    assertFails(() -> lease.keepAlive().join(), LeaseExpiredException.class);
    assertThat(lost).isEmpty();
  }

  @Test
  default void aPutWithoutLeaseFreesTheKeyFromOne() {
    Lease lease = store().grantLease(Duration.ofSeconds(60), lost -> {}).join();
    commit(Txn.builder().put("f/1", text("leased"), lease).put("f/2", text("leased"), lease));
    put("f/1", "free");
    lease.revoke().join();

    assertThat(keys(store().range("f/"))).containsExactly("f/1");
  }
}
