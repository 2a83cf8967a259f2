package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The part of the contract about transactions: all or nothing, at one revision, within bounds. */
interface TransactionContract extends StoreContract {
  @Test
  default void aTransactionHappensAtOneRevision() {
    put("gone", "x");
    long revision =
        commit(Txn.builder().put("a", text("1")).put("b", text("2")).delete("gone")).revision();

    assertThat(get("a").modRevision()).isEqualTo(revision);
    assertThat(get("b").modRevision()).isEqualTo(revision);
    assertThat(keys(store().range("gone"))).isEmpty();
  }

  @Test
  default void nothingHappensUnlessEveryCompareHolds() {
    long revision = put("a", "1");

    TxnResult result =
        commit(
            Txn.builder()
                .ifModRevision("a", revision)
                .ifAbsent("a")
                .put("a", text("2"))
                .put("b", text("2")));

    assertThat(result.succeeded()).isFalse();
    assertThat(result.revision()).isGreaterThanOrEqualTo(revision);
    assertThat(value("a")).isEqualTo(text("1"));
    assertThat(keys(store().range("b"))).isEmpty();
    assertThatThrownBy(() -> result.orThrow("apply a"))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("apply a");
  }

  @Test
  default void comparesRevisionAbsenceAndValue() {
    long revision = put("a", "1");

    assertThat(succeeds(Txn.builder().ifModRevision("a", revision))).isTrue();
    assertThat(succeeds(Txn.builder().ifModRevision("a", revision + 1))).isFalse();
    assertThat(succeeds(Txn.builder().ifModRevision("none", revision))).isFalse();
    assertThat(succeeds(Txn.builder().ifAbsent("none"))).isTrue();
    assertThat(succeeds(Txn.builder().ifAbsent("a"))).isFalse();
    assertThat(succeeds(Txn.builder().ifValue("a", text("1")))).isTrue();
    assertThat(succeeds(Txn.builder().ifValue("a", text("2")))).isFalse();
    assertThat(succeeds(Txn.builder().ifValue("none", ByteString.EMPTY))).isFalse();
  }

  @Test
  default void aTransactionThatChangesNothingMakesNoRevision() {
    long revision = put("a", "1");

    TxnResult deleted = commit(Txn.builder().delete("none"));
    TxnResult empty = commit(Txn.builder());

    assertThat(deleted).isEqualTo(new TxnResult(true, revision));
    assertThat(empty).isEqualTo(new TxnResult(true, revision));
    assertThat(store().range("").join().revision()).isEqualTo(revision);
  }

  @Test
  default void takesTheMostOperationsAndComparesAtOnceAndRefusesMore() {
    Txn.Builder builder = Txn.builder();
    for (int i = 0; i < Txn.MAX_OPERATIONS; i++) {
      builder.put("many/" + i, text("v" + i));
    }
    for (int i = 0; i < Txn.MAX_COMPARES; i++) {
      builder.ifAbsent("many/" + i);
    }
    assertThat(commit(builder).succeeded()).isTrue();
    assertThat(keys(store().range("many/"))).hasSize(Txn.MAX_OPERATIONS);

    assertThatThrownBy(() -> builder.put("many/more", text("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("129 operations")
        .hasMessageContaining("at most 128");
    assertThatThrownBy(() -> Txn.builder().put("a", text("1")).delete("a").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("changes key a twice");
  }

  @Test
  default void takesAMegabyteAndRefusesMore() {
    ByteString big = ByteString.copyFrom(new byte[Txn.MAX_BYTES - 10]);
    commit(Txn.builder().put("big", big));
    assertThat(value("big")).isEqualTo(big);

    assertThatThrownBy(
            () -> Txn.builder().put("big", ByteString.copyFrom(new byte[Txn.MAX_BYTES])).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("split it");
  }

  @Test
  default void ofManyWhoCompareOneWins() {
    long revision = put("counter", "0");
    List<CompletableFuture<TxnResult>> attempts =
        IntStream.range(0, 32)
            .mapToObj(
                i ->
                    store()
                        .commit(
                            Txn.builder()
                                .ifModRevision("counter", revision)
                                .put("counter", text("by " + i))
                                .build()))
            .toList();

    assertThat(attempts.stream().filter(each -> each.join().succeeded())).hasSize(1);
  }

  @Test
  default void writersOnManyThreadsLoseNothing() throws Exception {
    ConcurrentLinkedQueue<Long> revisions = new ConcurrentLinkedQueue<>();
    List<Thread> writers =
        IntStream.range(0, 8)
            .mapToObj(
                writer ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              for (int i = 0; i < 25; i++) {
                                revisions.add(put("w/" + writer + "/" + i, "v"));
                              }
                            }))
            .toList();
    for (Thread writer : writers) {
      writer.join();
    }

    assertThat(revisions).hasSize(200).doesNotHaveDuplicates();
    assertThat(keys(store().range("w/"))).hasSize(200);
  }

  @Test
  default void refusesKeysThatAreNone() {
    assertThatThrownBy(() -> Txn.builder().put("", text("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must not be empty");
    assertThatThrownBy(() -> Txn.builder().put("a b", text("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("character 1 of key \"a b\"");
    assertThatThrownBy(() -> store().range("k\u00e4se"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store().watch("a", 0, new Recorder()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 or more");
  }

  private boolean succeeds(Txn.Builder txn) {
    return commit(txn).succeeded();
  }
}
