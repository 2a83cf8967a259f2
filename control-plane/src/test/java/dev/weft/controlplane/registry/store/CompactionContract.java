package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The part of the contract about compaction: history goes, the present and its watches stay. */
interface CompactionContract extends StoreContract {
  @Test
  default void compactionForgetsHistoryAndKeepsThePresent() {
    long first = put("a", "1");
    long second = put("a", "2");
    put("b", "1");
    long deleted = commit(Txn.builder().delete("b")).revision();
    long last = put("c", "1");
    store().compact(deleted).join();

    assertThat(get("a")).isEqualTo(entry("a", "2", first, second));
    assertThat(keys(store().rangeAt("", deleted))).contains("a").doesNotContain("b", "c");
    assertFails(() -> store().rangeAt("", second).join(), CompactedException.class)
        .hasMessageContaining("revision " + second);
    assertThat(watch("", second).awaitEnd())
        .isInstanceOfSatisfying(
            CompactedException.class, e -> assertThat(e.compactedRevision()).isIn(0L, deleted));
    assertThat(watch("", deleted + 1).awaitBatches(1).getFirst().revision()).isEqualTo(last);
  }

  @Test
  default void compactingTwiceOrBackwardsIsNoErrorButTheFutureIs() {
    put("a", "1");
    long newest = put("a", "2");
    store().compact(newest).join();
    store().compact(newest).join();
    store().compact(newest - 1).join();

    assertFails(() -> store().compact(newest + 1000).join(), IllegalArgumentException.class)
        .hasMessageContaining("cannot compact to revision " + (newest + 1000));
  }

  @Test
  default void compactionUnderWritesHurtsNoWatch() {
    Range range = store().range("").join();
    Recorder recorder = watch("", range);
    for (int i = 0; i < 100; i++) {
      long revision =
          i % 3 == 2
              ? commit(Txn.builder().delete("k" + i % 4).put("n", text("" + i))).revision()
              : put("k" + i % 4, "v" + i);
      if (i % 10 == 9) {
        store().compact(revision).join();
      }
    }
    Range after = store().range("").join();

    recorder.awaitRevision(after.revision());
    assertThat(recorder.ended()).isFalse();
    assertThat(recorder.held()).isEqualTo(after.entries());
  }
}
