package dev.weft.controlplane.registry.store.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreContractTest;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.testkit.EtcdServer;
import io.grpc.Context;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract on a real etcd: one process for all tests, a root of its own for each. */
class EtcdStoreTest extends StoreContractTest {
  private static final AtomicInteger ROOTS = new AtomicInteger();

  @SuppressWarnings("NullAway") // set before all tests
  private static EtcdServer etcd;

  private String root = "";

  @BeforeAll
  static void startEtcd() {
    etcd = EtcdServer.start();
  }

  @AfterAll
  static void stopEtcd() {
    etcd.close();
  }

  @Override
  protected Store openFresh() {
    root = "/test-" + ROOTS.incrementAndGet() + "/";
    return reopen();
  }

  @Override
  protected Store reopen() {
    return EtcdStore.open(EtcdOptions.of(etcd.endpoint()).withRoot(root));
  }

  @Override
  public void passTime(Duration duration) {
    // It passes by itself; who needs it waits for what it brings.
  }

  @Test
  void whatIsBegunInACallOfOursOutlivesIt() throws Exception {
    Context.CancellableContext call = Context.ROOT.withCancellation();
    call.cancel(null);

    CompletableFuture<TxnResult> written =
        call.call(() -> store.commit(Txn.builder().put("one", text("v")).build()));

    assertThat(written.join().succeeded()).isTrue();
  }

  @Test
  void readsMoreThanOnePageAtOneRevision() {
    int count = 6_000;
    for (int i = 0; i < count; i += Txn.MAX_OPERATIONS) {
      Txn.Builder txn = Txn.builder();
      for (int j = i; j < Math.min(count, i + Txn.MAX_OPERATIONS); j++) {
        txn.put("page/" + j, text("v"));
      }
      commit(txn);
    }

    assertThat(keys(store.range("page/"))).hasSize(count).isSorted().doesNotHaveDuplicates();
  }
}
