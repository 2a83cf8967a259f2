package dev.weft.controlplane.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The part of the contract about reading: what is there, and what was. */
interface ReadingContract extends StoreContract {
  @Test
  default void readsBackWhatWasAcknowledged() {
    long first = put("a/1", "one");
    long second = put("a/2", "two");
    put("b/1", "other");

    Range range = store().range("a/").join();

    assertThat(range.entries())
        .containsExactly(entry("a/1", "one", first, first), entry("a/2", "two", second, second));
    assertThat(range.revision()).isGreaterThan(second);
    assertThat(range.identity()).isEqualTo(store().identity());
  }

  @Test
  default void emptyPrefixReadsEverythingAndAPrefixIsNotAFolder() {
    put("a/1", "1");
    put("a/10", "10");
    put("b", "b");

    assertThat(keys(store().range(""))).contains("a/1", "a/10", "b");
    assertThat(keys(store().range("a/1"))).containsExactly("a/1", "a/10");
    assertThat(keys(store().range("nothing"))).isEmpty();
  }

  @Test
  default void ordersKeysByCharacterWhateverTheyContain() {
    for (String key : List.of("k/~", "k/A", "k/-", "k/a", "k//", "k/0", "k/a/b", "k/a.b")) {
      put(key, key);
    }

    assertThat(keys(store().range("k/"))).isSorted().hasSize(8);
  }

  @Test
  default void keepsBytesAsTheyAre() {
    byte[] all = new byte[512];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    commit(Txn.builder().put("bytes", ByteString.copyFrom(all)).put("empty", ByteString.EMPTY));

    assertThat(value("bytes")).isEqualTo(ByteString.copyFrom(all));
    assertThat(value("empty")).isEqualTo(ByteString.EMPTY);
  }

  @Test
  default void revisionsOnlyGrow() {
    long before = put("a", "1");
    for (int i = 0; i < 20; i++) {
      long next = put(i % 2 == 0 ? "a" : "b", "v" + i);
      assertThat(next).isGreaterThan(before);
      before = next;
    }
  }

  @Test
  default void anOverwriteKeepsTheCreateRevisionAndARebirthDoesNot() {
    long born = put("a", "1");
    long changed = put("a", "2");
    assertThat(get("a")).isEqualTo(entry("a", "2", born, changed));

    commit(Txn.builder().delete("a"));
    assertThat(store().range("a").join().entries()).isEmpty();

    long reborn = put("a", "3");
    assertThat(get("a")).isEqualTo(entry("a", "3", reborn, reborn));
  }

  @Test
  default void readsThePast() {
    long first = put("a", "1");
    long second = put("a", "2");
    long third = commit(Txn.builder().delete("a").put("b", text("b"))).revision();

    assertThat(store().rangeAt("", first).join().entries()).contains(entry("a", "1", first, first));
    assertThat(get(store().rangeAt("a", second), "a")).isEqualTo(entry("a", "2", first, second));
    assertThat(keys(store().rangeAt("a", third))).isEmpty();
    assertThat(store().rangeAt("a", second).join().revision()).isEqualTo(second);
    assertFails(() -> store().rangeAt("a", third + 1000).join(), IllegalArgumentException.class)
        .hasMessageContaining("not reached");
  }
}
