package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every store keeps. One body of tests, in parts by subject; each store brings a fresh, empty
 * instance for each.
 */
public abstract class StoreContractTest
    implements ReadingContract,
        TransactionContract,
        WatchContract,
        CompactionContract,
        LeaseContract {
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

  @Override
  public final Store store() {
    return store;
  }

  @Override
  public final void closeLater(AutoCloseable watch) {
    watches.add(watch);
  }

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

    assertThat(chained.orTimeout(60, TimeUnit.SECONDS).join()).isPositive();
  }
}
