package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every store keeps. One body of tests; each store brings a fresh, empty instance for each.
 */
public abstract class StoreContractTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  protected Store store = unopened();

  private final List<AutoCloseable> watches = new ArrayList<>();

  @SuppressWarnings("NullAway") // set before each test
  private static Store unopened() {
    return null;
  }

  /** An empty store. */
  protected abstract Store openFresh() throws Exception;

  /** Opens the store that {@link #openFresh} made once more, after it was closed. */
  protected abstract Store reopen() throws Exception;

  /** Lets the time of leases pass. */
  protected abstract void passTime(Duration duration);

  @BeforeEach
  void openStore() throws Exception {
    store = openFresh();
  }

  @AfterEach
  void closeStore() throws Exception {
    for (AutoCloseable watch : watches) {
      watch.close();
    }
    store.close();
  }

  // Reading and writing

  @Test
  void readsBackWhatWasAcknowledged() {
    long first = put("a/1", "one");
    long second = put("a/2", "two");
    put("b/1", "other");

    Range range = store.range("a/").join();

    assertThat(range.entries())
        .containsExactly(entry("a/1", "one", first, first), entry("a/2", "two", second, second));
    assertThat(range.revision()).isGreaterThan(second);
    assertThat(range.identity()).isEqualTo(store.identity());
  }

  @Test
  void emptyPrefixReadsEverythingAndAPrefixIsNotAFolder() {
    put("a/1", "1");
    put("a/10", "10");
    put("b", "b");

    assertThat(keys(store.range(""))).contains("a/1", "a/10", "b");
    assertThat(keys(store.range("a/1"))).containsExactly("a/1", "a/10");
    assertThat(keys(store.range("nothing"))).isEmpty();
  }

  @Test
  void ordersKeysByCharacterWhateverTheyContain() {
    for (String key : List.of("k/~", "k/A", "k/-", "k/a", "k//", "k/0", "k/a/b", "k/a.b")) {
      put(key, key);
    }

    assertThat(keys(store.range("k/"))).isSorted().hasSize(8);
  }

  @Test
  void keepsBytesAsTheyAre() {
    byte[] all = new byte[512];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    commit(Txn.builder().put("bytes", ByteString.copyFrom(all)).put("empty", ByteString.EMPTY));

    assertThat(value("bytes")).isEqualTo(ByteString.copyFrom(all));
    assertThat(value("empty")).isEqualTo(ByteString.EMPTY);
  }

  @Test
  void revisionsOnlyGrow() {
    long before = put("a", "1");
    for (int i = 0; i < 20; i++) {
      long next = put(i % 2 == 0 ? "a" : "b", "v" + i);
      assertThat(next).isGreaterThan(before);
      before = next;
    }
  }

  @Test
  void anOverwriteKeepsTheCreateRevisionAndARebirthDoesNot() {
    long born = put("a", "1");
    long changed = put("a", "2");
    assertThat(get("a")).isEqualTo(entry("a", "2", born, changed));

    commit(Txn.builder().delete("a"));
    assertThat(store.range("a").join().entries()).isEmpty();

    long reborn = put("a", "3");
    assertThat(get("a")).isEqualTo(entry("a", "3", reborn, reborn));
  }

  @Test
  void readsThePast() {
    long first = put("a", "1");
    long second = put("a", "2");
    long third = commit(Txn.builder().delete("a").put("b", text("b"))).revision();

    assertThat(store.rangeAt("", first).join().entries()).contains(entry("a", "1", first, first));
    assertThat(get(store.rangeAt("a", second), "a")).isEqualTo(entry("a", "2", first, second));
    assertThat(keys(store.rangeAt("a", third))).isEmpty();
    assertThat(store.rangeAt("a", second).join().revision()).isEqualTo(second);
    assertFails(() -> store.rangeAt("a", third + 1000).join(), IllegalArgumentException.class)
        .hasMessageContaining("not reached");
  }

  // Transactions

  @Test
  void aTransactionHappensAtOneRevision() {
    put("gone", "x");
    long revision =
        commit(Txn.builder().put("a", text("1")).put("b", text("2")).delete("gone")).revision();

    assertThat(get("a").modRevision()).isEqualTo(revision);
    assertThat(get("b").modRevision()).isEqualTo(revision);
    assertThat(keys(store.range("gone"))).isEmpty();
  }

  @Test
  void nothingHappensUnlessEveryCompareHolds() {
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
    assertThat(keys(store.range("b"))).isEmpty();
    assertThatThrownBy(() -> result.orThrow("apply a"))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("apply a");
  }

  @Test
  void comparesRevisionAbsenceAndValue() {
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
  void aTransactionThatChangesNothingMakesNoRevision() {
    long revision = put("a", "1");

    TxnResult deleted = commit(Txn.builder().delete("none"));
    TxnResult empty = commit(Txn.builder());

    assertThat(deleted).isEqualTo(new TxnResult(true, revision));
    assertThat(empty).isEqualTo(new TxnResult(true, revision));
    assertThat(store.range("").join().revision()).isEqualTo(revision);
  }

  @Test
  void takesTheMostOperationsAndComparesAtOnceAndRefusesMore() {
    Txn.Builder builder = Txn.builder();
    for (int i = 0; i < Txn.MAX_OPERATIONS; i++) {
      builder.put("many/" + i, text("v" + i));
    }
    for (int i = 0; i < Txn.MAX_COMPARES; i++) {
      builder.ifAbsent("many/" + i);
    }
    assertThat(commit(builder).succeeded()).isTrue();
    assertThat(keys(store.range("many/"))).hasSize(Txn.MAX_OPERATIONS);

    assertThatThrownBy(() -> builder.put("many/more", text("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("129 operations")
        .hasMessageContaining("at most 128");
    assertThatThrownBy(() -> Txn.builder().put("a", text("1")).delete("a").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("changes key a twice");
  }

  @Test
  void takesAMegabyteAndRefusesMore() {
    ByteString big = ByteString.copyFrom(new byte[Txn.MAX_BYTES - 10]);
    commit(Txn.builder().put("big", big));
    assertThat(value("big")).isEqualTo(big);

    assertThatThrownBy(
            () -> Txn.builder().put("big", ByteString.copyFrom(new byte[Txn.MAX_BYTES])).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("split it");
  }

  @Test
  void ofManyWhoCompareOneWins() {
    long revision = put("counter", "0");
    List<CompletableFuture<TxnResult>> attempts =
        IntStream.range(0, 32)
            .mapToObj(
                i ->
                    store.commit(
                        Txn.builder()
                            .ifModRevision("counter", revision)
                            .put("counter", text("by " + i))
                            .build()))
            .toList();

    assertThat(attempts.stream().filter(each -> each.join().succeeded())).hasSize(1);
  }

  @Test
  void writersOnManyThreadsLoseNothing() throws Exception {
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
    assertThat(keys(store.range("w/"))).hasSize(200);
  }

  @Test
  void refusesKeysThatAreNone() {
    assertThatThrownBy(() -> Txn.builder().put("", text("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must not be empty");
    assertThatThrownBy(() -> Txn.builder().put("a b", text("x")).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("character 1 of key \"a b\"");
    assertThatThrownBy(() -> store.range("k\u00e4se")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.watch("a", 0, new Recorder()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 or more");
  }

  // Watches

  @Test
  void tellsEveryChangeInOrderOneBatchPerRevision() {
    put("w/old", "x");
    Range range = store.range("w/").join();
    Recorder recorder = watch("w/", range);

    long first = put("w/a", "1");
    put("elsewhere", "x");
    long second =
        commit(Txn.builder().put("w/b", text("2")).delete("w/a").put("elsewhere", text("y")))
            .revision();
    long third = put("w/b", "3");

    assertThat(recorder.awaitBatches(3))
        .containsExactly(
            new WatchBatch(
                first, List.of(new WatchBatch.Change.Put(entry("w/a", "1", first, first)))),
            new WatchBatch(
                second,
                List.of(
                    new WatchBatch.Change.Delete("w/a"),
                    new WatchBatch.Change.Put(entry("w/b", "2", second, second)))),
            new WatchBatch(
                third, List.of(new WatchBatch.Change.Put(entry("w/b", "3", second, third)))));
    assertThat(recorder.held()).isEqualTo(store.range("w/").join().entries());
  }

  @Test
  void tellsThePastFromARevisionOn() {
    put("w/a", "1");
    long second = put("w/a", "2");
    long third = put("w/a", "3");

    Recorder recorder = watch("w/", second);

    assertThat(recorder.awaitBatches(2).stream().map(WatchBatch::revision))
        .containsExactly(second, third);
  }

  @Test
  void manyWatchersOfManyWritersAllSeeTheSame() throws Exception {
    Range range = store.range("").join();
    List<Recorder> recorders = IntStream.range(0, 5).mapToObj(i -> watch("", range)).toList();
    List<Thread> writers =
        IntStream.range(0, 4)
            .mapToObj(
                writer ->
                    Thread.ofVirtual()
                        .start(
                            () -> {
                              for (int i = 0; i < 50; i++) {
                                String key = "m/" + (i % 7);
                                if (i % 5 == 4) {
                                  commit(
                                      Txn.builder().delete(key).put("m/x" + writer, text("" + i)));
                                } else {
                                  put(key, writer + "-" + i);
                                }
                              }
                            }))
            .toList();
    for (Thread writer : writers) {
      writer.join();
    }
    Range after = store.range("").join();

    for (Recorder recorder : recorders) {
      recorder.awaitRevision(after.revision());
      assertThat(recorder.batches()).isEqualTo(recorders.getFirst().batches());
      assertThat(recorder.batches().stream().map(WatchBatch::revision))
          .isSorted()
          .doesNotHaveDuplicates();
      assertThat(recorder.held()).isEqualTo(after.entries());
    }
  }

  @Test
  void aSlowListenerMissesNothingAndHoldsUpNobody() throws Exception {
    Range range = store.range("s/").join();
    CountDownLatch release = new CountDownLatch(1);
    Recorder told = Recorder.from(range);
    watches.add(
        store.watch(
            "s/",
            range.revision() + 1,
            new Forwarding(
                told,
                batch -> {
                  try {
                    release.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                })));
    Recorder quick = watch("s/", range);
    for (int i = 0; i < 300; i++) {
      put("s/" + i % 10, "v" + i);
    }
    Range after = store.range("s/").join();
    quick.awaitRevision(after.revision());
    store.compact(after.revision()).join();
    release.countDown();

    told.awaitRevision(after.revision());
    assertThat(told.held()).isEqualTo(after.entries());
  }

  @Test
  void aListenerThatThrowsIsToldTheRest() {
    Range range = store.range("t/").join();
    AtomicInteger calls = new AtomicInteger();
    Recorder recorder = Recorder.from(range);
    watches.add(
        store.watch(
            "t/",
            range.revision() + 1,
            new Forwarding(
                recorder,
                batch -> {
                  if (calls.getAndIncrement() == 0) {
                    throw new IllegalStateException("thrown by a test");
                  }
                })));
    put("t/1", "lost on the listener");
    put("t/2", "told");

    assertThat(recorder.awaitBatches(1).getFirst().changes().getFirst().key()).isEqualTo("t/2");
  }

  @Test
  void aClosedWatchIsSilent() throws Exception {
    Recorder closed = new Recorder();
    Watch watch = store.watch("c/", store.range("").join().revision() + 1, closed);
    Recorder other = watch("c/", store.range("").join());
    put("c/1", "told");
    closed.awaitBatches(1);
    watch.close();
    watch.close();
    put("c/2", "not told");

    other.awaitBatches(2);
    assertThat(closed.batches()).hasSize(1);
    assertThat(closed.ended()).isFalse();
  }

  @Test
  void aRevisionThatTheStoreNeverHadMeansAnotherStore() {
    Recorder recorder = watch("", store.range("").join().revision() + 1000);

    assertThat(recorder.awaitEnd()).isInstanceOf(StoreReplacedException.class);
  }

  // Compaction

  @Test
  void compactionForgetsHistoryAndKeepsThePresent() {
    long first = put("a", "1");
    long second = put("a", "2");
    put("b", "1");
    long deleted = commit(Txn.builder().delete("b")).revision();
    long last = put("c", "1");
    store.compact(deleted).join();

    assertThat(get("a")).isEqualTo(entry("a", "2", first, second));
    assertThat(keys(store.rangeAt("", deleted))).contains("a").doesNotContain("b", "c");
    assertFails(() -> store.rangeAt("", second).join(), CompactedException.class)
        .hasMessageContaining("revision " + second);
    assertThat(watch("", second).awaitEnd())
        .isInstanceOfSatisfying(
            CompactedException.class, e -> assertThat(e.compactedRevision()).isIn(0L, deleted));
    assertThat(watch("", deleted + 1).awaitBatches(1).getFirst().revision()).isEqualTo(last);
  }

  @Test
  void compactingTwiceOrBackwardsIsNoErrorButTheFutureIs() {
    put("a", "1");
    long newest = put("a", "2");
    store.compact(newest).join();
    store.compact(newest).join();
    store.compact(newest - 1).join();

    assertFails(() -> store.compact(newest + 1000).join(), IllegalArgumentException.class)
        .hasMessageContaining("cannot compact to revision " + (newest + 1000));
  }

  @Test
  void compactionUnderWritesHurtsNoWatch() {
    Range range = store.range("").join();
    Recorder recorder = watch("", range);
    for (int i = 0; i < 100; i++) {
      long revision =
          i % 3 == 2
              ? commit(Txn.builder().delete("k" + i % 4).put("n", text("" + i))).revision()
              : put("k" + i % 4, "v" + i);
      if (i % 10 == 9) {
        store.compact(revision).join();
      }
    }
    Range after = store.range("").join();

    recorder.awaitRevision(after.revision());
    assertThat(recorder.ended()).isFalse();
    assertThat(recorder.held()).isEqualTo(after.entries());
  }

  // Leases

  @Test
  void keysVanishWithTheirLeaseAtOneRevision() {
    Range range = store.range("l/").join();
    Recorder recorder = watch("l/", range);
    ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
    Lease lease = store.grantLease(Duration.ofSeconds(2), lost::add).join();
    commit(
        Txn.builder()
            .put("l/1", text("1"), lease)
            .put("l/2", text("2"), lease)
            .put("l/3", text("3")));

    passTime(lease.ttl());

    WatchBatch gone = recorder.awaitBatches(2).get(1);
    assertThat(gone.changes())
        .containsExactly(new WatchBatch.Change.Delete("l/1"), new WatchBatch.Change.Delete("l/2"));
    assertThat(keys(store.range("l/"))).containsExactly("l/3");
    assertFails(() -> lease.keepAlive().join(), LeaseExpiredException.class);
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(lost).containsExactly(lease));
    assertFails(
        () -> commit(Txn.builder().put("l/4", text("4"), lease)), LeaseExpiredException.class);
    assertThat(keys(store.range("l/4"))).isEmpty();
  }

  @Test
  void aLeaseThatIsKeptAliveLives() {
    ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
    Lease kept = store.grantLease(Duration.ofSeconds(2), lost::add).join();
    Lease left = store.grantLease(Duration.ofSeconds(2), lost::add).join();
    kept.keepAliveUntilClosed();
    commit(Txn.builder().put("kept", text("1"), kept).put("left", text("1"), left));

    passTime(left.ttl().multipliedBy(2));

    await().atMost(PATIENCE).until(() -> keys(store.range("left")).isEmpty());
    assertThat(keys(store.range("kept"))).containsExactly("kept");
    kept.keepAlive().join();
    assertThat(lost).doesNotContain(kept);
  }

  @Test
  void aRevokedLeaseTakesItsKeysAndTellsNobody() {
    ConcurrentLinkedQueue<Lease> lost = new ConcurrentLinkedQueue<>();
    Lease lease = store.grantLease(Duration.ofSeconds(60), lost::add).join();
    commit(Txn.builder().put("r/1", text("1"), lease));
    lease.revoke().join();
    lease.revoke().join();

    assertThat(keys(store.range("r/"))).isEmpty();
    assertFails(() -> lease.keepAlive().join(), LeaseExpiredException.class);
    assertThat(lost).isEmpty();
  }

  @Test
  void aPutWithoutLeaseFreesTheKeyFromOne() {
    Lease lease = store.grantLease(Duration.ofSeconds(60), lost -> {}).join();
    commit(Txn.builder().put("f/1", text("leased"), lease).put("f/2", text("leased"), lease));
    put("f/1", "free");
    lease.revoke().join();

    assertThat(keys(store.range("f/"))).containsExactly("f/1");
  }

  // The store itself

  @Test
  void theIdentityStaysWithTheDataAndSoDoesEverythingElse() throws Exception {
    String identity = store.identity();
    long revision = put("kept", "value");
    store.close();
    store = reopen();

    assertThat(store.identity()).isEqualTo(identity).isNotEmpty();
    assertThat(get("kept")).isEqualTo(entry("kept", "value", revision, revision));
    assertThat(put("next", "value")).isGreaterThan(revision);
    assertThat(watch("", revision).awaitBatches(2).getFirst().revision()).isEqualTo(revision);
  }

  @Test
  void aClosedStoreSaysSo() {
    store.close();
    store.close();

    assertFails(() -> put("a", "1"), StoreClosedException.class);
    assertFails(() -> store.range("a").join(), StoreClosedException.class);
  }

  @Test
  void whoWaitsOnAnAnswerMayBlockInIt() {
    CompletableFuture<Long> chained =
        store.commit(Txn.builder().put("x", text("1")).build()).thenApply(result -> put("y", "2"));

    assertThat(chained.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join()).isPositive();
  }

  // Words of the tests

  protected static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  protected static Entry entry(String key, String value, long created, long modified) {
    return new Entry(key, text(value), created, modified);
  }

  protected final long put(String key, String value) {
    return commit(Txn.builder().put(key, text(value))).revision();
  }

  protected final TxnResult commit(Txn.Builder txn) {
    return store.commit(txn.build()).join();
  }

  private boolean succeeds(Txn.Builder txn) {
    return commit(txn).succeeded();
  }

  protected final Entry get(String key) {
    return get(store.range(key), key);
  }

  private static Entry get(CompletableFuture<Range> range, String key) {
    return range.join().entries().stream()
        .filter(each -> each.key().equals(key))
        .findFirst()
        .orElseThrow();
  }

  private ByteString value(String key) {
    return get(key).value();
  }

  protected static List<String> keys(CompletableFuture<Range> range) {
    return range.join().entries().stream().map(Entry::key).toList();
  }

  protected final Recorder watch(String prefix, Range from) {
    Recorder recorder = Recorder.from(from);
    watches.add(store.watch(prefix, from.revision() + 1, recorder));
    return recorder;
  }

  protected final Recorder watch(String prefix, long fromRevision) {
    Recorder recorder = new Recorder();
    watches.add(store.watch(prefix, fromRevision, recorder));
    return recorder;
  }

  protected static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertFails(
      ThrowingCallable call, Class<? extends Throwable> cause) {
    return assertThatThrownBy(
            () -> {
              try {
                call.call();
              } catch (CompletionException e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            })
        .isInstanceOf(cause);
  }

  private record Forwarding(Recorder to, Consumer<WatchBatch> before) implements WatchListener {
    @Override
    public void onBatch(WatchBatch batch) {
      before.accept(batch);
      to.onBatch(batch);
    }

    @Override
    public void onEnd(StoreException reason) {
      to.onEnd(reason);
    }
  }
}
