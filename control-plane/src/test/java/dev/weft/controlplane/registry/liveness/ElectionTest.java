package dev.weft.controlplane.registry.liveness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.liveness.Election.Term;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who leads, on a real store. */
class ElectionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final List<Candidate> candidates = new ArrayList<>();
  private Store store;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(directory);
  }

  @AfterEach
  void close() {
    candidates.forEach(each -> each.registry.close());
    store.close();
  }

  @Test
  void oneLeadsAndWhenItsLeaseIsGivenUpTheOther() {
    Candidate a = candidate("a");
    Term first = a.awaitTerm();
    Candidate b = candidate("b");
    assertThat(b.tick()).isNull();
    assertThat(a.tick()).isEqualTo(first);
    assertThat(commits(first)).isTrue();

    a.lease.close().join();
    Term second = b.awaitTerm();
    assertThat(second.revision()).isGreaterThan(first.revision());
    assertThat(commits(first)).isFalse();
    assertThat(commits(second)).isTrue();
    await().atMost(PATIENCE).until(() -> a.tick() == null);
  }

  @Test
  void whatWasSentInATermThatWasRenewedHasNoEffect() {
    Candidate a = candidate("a");
    Term first = a.awaitTerm();
    a.election.renew();
    assertThat(a.tick()).isNull();
    Term second = a.awaitTerm();
    assertThat(second).isNotEqualTo(first);
    assertThat(commits(first)).isFalse();
    assertThat(commits(second)).isTrue();
  }

  @Test
  void aKeyWithOurNameThatWeDoNotKnowOfIsTakenAndNotWaitedFor() {
    store.commit(Txn.builder().put("leader/test", ByteString.copyFromUtf8("a")).build()).join();
    Candidate b = candidate("b");
    assertThat(b.tick()).isNull();
    Candidate a = candidate("a");
    assertThat(commits(a.awaitTerm())).isTrue();
    // It hangs on a lease now.
    a.lease.close().join();
    b.awaitTerm();
  }

  private boolean commits(Term term) {
    return store
        .commit(term.transaction().put("some/key", ByteString.EMPTY).build())
        .join()
        .succeeded();
  }

  private Candidate candidate(String name) {
    Candidate candidate = new Candidate(name);
    candidates.add(candidate);
    return candidate;
  }

  private final class Candidate {
    final Registry registry = new Registry(store, PolicyReader.DOCUMENTS);
    final ReplicaLease lease;
    final Election election;

    Candidate(String name) {
      lease = ReplicaLease.forElections(store, name, Duration.ofMinutes(10));
      election = new Election(store, registry, lease, "test");
      registry.start().join();
      lease.tick();
      await().atMost(PATIENCE).until(() -> lease.current() != null);
      assertThat(registry.current().replicas()).doesNotContain(name);
    }

    @Nullable Term tick() {
      return election.tick();
    }

    Term awaitTerm() {
      await().atMost(PATIENCE).until(() -> tick() != null);
      return Objects.requireNonNull(election.term());
    }
  }
}
