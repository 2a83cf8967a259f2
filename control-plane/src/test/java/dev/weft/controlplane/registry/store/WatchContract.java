package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The part of the contract about watches: every change, in order, to everybody who listens. */
interface WatchContract extends StoreContract {
  @Test
  default void tellsEveryChangeInOrderOneBatchPerRevision() {
    put("w/old", "x");
    Range range = store().range("w/").join();
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
    assertThat(recorder.held()).isEqualTo(store().range("w/").join().entries());
  }

  @Test
  default void tellsThePastFromARevisionOn() {
    put("w/a", "1");
    long second = put("w/a", "2");
    long third = put("w/a", "3");

    Recorder recorder = watch("w/", second);

    assertThat(recorder.awaitBatches(2).stream().map(WatchBatch::revision))
        .containsExactly(second, third);
  }

  @Test
  default void manyWatchersOfManyWritersAllSeeTheSame() throws Exception {
    Range range = store().range("").join();
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
    Range after = store().range("").join();

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
  default void aSlowListenerMissesNothingAndHoldsUpNobody() throws Exception {
    Range range = store().range("s/").join();
    CountDownLatch release = new CountDownLatch(1);
    Recorder told = Recorder.from(range);
    closeLater(
        store()
            .watch(
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
    Range after = store().range("s/").join();
    quick.awaitRevision(after.revision());
    store().compact(after.revision()).join();
    release.countDown();

    told.awaitRevision(after.revision());
    assertThat(told.held()).isEqualTo(after.entries());
  }

  @Test
  default void aListenerThatThrowsIsToldTheRest() {
    Range range = store().range("t/").join();
    AtomicInteger calls = new AtomicInteger();
    Recorder recorder = Recorder.from(range);
    closeLater(
        store()
            .watch(
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
  default void aClosedWatchIsSilent() throws Exception {
    Recorder closed = new Recorder();
    Watch watch = store().watch("c/", store().range("").join().revision() + 1, closed);
    Recorder other = watch("c/", store().range("").join());
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
  default void aRevisionThatTheStoreNeverHadMeansAnotherStore() {
    Recorder recorder = watch("", store().range("").join().revision() + 1000);

    assertThat(recorder.awaitEnd()).isInstanceOf(StoreReplacedException.class);
  }

  record Forwarding(Recorder to, Consumer<WatchBatch> before) implements WatchListener {
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
