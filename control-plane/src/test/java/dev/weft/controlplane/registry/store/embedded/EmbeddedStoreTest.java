package dev.weft.controlplane.registry.store.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreContractTest;
import dev.weft.controlplane.registry.store.StoreFailedException;
import dev.weft.controlplane.registry.store.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the embedded store, and what only it promises. */
class EmbeddedStoreTest extends StoreContractTest {
  private final AtomicLong nanoTime = new AtomicLong();

  @TempDir Path directory = Path.of("");

  @Override
  protected Store openFresh() {
    return reopen();
  }

  @Override
  protected Store reopen() {
    return EmbeddedStore.open(directory.resolve("data"), nanoTime::get);
  }

  @Override
  public void passTime(Duration duration) {
    nanoTime.addAndGet(duration.toNanos());
  }

  @Test
  void revisionsAreDense() {
    long first = put("a", "1");
    assertThat(put("a", "2")).isEqualTo(first + 1);
    assertThat(commit(Txn.builder().put("a", text("3")).put("b", text("3"))).revision())
        .isEqualTo(first + 2);
    store.compact(first + 2).join();
    store.close();
    store = reopen();
    assertThat(put("a", "4")).isEqualTo(first + 3);
  }

  @Test
  void leasesFoundOnOpeningHaveTheirFullTimeOnceMore() {
    Lease lease = store.grantLease(Duration.ofSeconds(10), lost -> {}).join();
    commit(Txn.builder().put("leased", text("1"), lease));
    passTime(Duration.ofSeconds(9));
    store.close();
    store = reopen();

    passTime(Duration.ofSeconds(9));
    put("other", "makes the journal look at leases");
    assertThat(keys(store.range("leased"))).containsExactly("leased");
    passTime(Duration.ofSeconds(1));
    await().until(() -> keys(store.range("leased")).isEmpty());
  }

  @Test
  void historyAndCompactionSurviveReopening() {
    put("a", "1");
    long second = put("a", "2");
    long third = commit(Txn.builder().delete("a")).revision();
    store.compact(second).join();
    store.close();
    store = reopen();

    assertThat(keys(store.rangeAt("a", second))).containsExactly("a");
    assertThat(watch("a", third).awaitBatches(1).getFirst().revision()).isEqualTo(third);
    assertThat(watch("a", second).awaitEnd()).hasMessageContaining("compacted");
  }

  @Test
  void compactionGivesRowsAndSpaceBack() throws Exception {
    byte[] noise = new byte[2000];
    java.util.Random random = new java.util.Random(1);
    long revision = 0;
    for (int i = 0; i < 2000; i++) {
      random.nextBytes(noise);
      revision =
          commit(Txn.builder().put("k" + i % 10, com.google.protobuf.ByteString.copyFrom(noise)))
              .revision();
      if (i % 100 == 99) {
        store.compact(revision).join();
      }
    }
    store.close();

    assertThat(Files.size(directory.resolve("data").resolve(Log.NAME))).isLessThan(1_500_000);
    store = reopen();
    assertThat(keys(store.range("k"))).hasSize(10);
  }

  @Test
  void aSecondStoreInTheSameDirectoryIsToldWhoHasIt() {
    assertThatThrownBy(this::reopen)
        .isInstanceOf(StoreFailedException.class)
        .hasMessageContaining(directory.resolve("data").toString())
        .hasMessageContaining("is in use by another process")
        .hasMessageContaining("(" + ProcessHandle.current().pid() + ")");
  }

  @Test
  void aPathThatIsNoDirectoryIsSaidSo() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "x");

    assertThatThrownBy(() -> EmbeddedStore.open(file))
        .isInstanceOf(StoreFailedException.class)
        .hasMessage(
            "cannot use " + file + ": it is not a directory; choose another data directory");
    assertThatThrownBy(() -> EmbeddedStore.open(file.resolve("below")))
        .isInstanceOf(StoreFailedException.class)
        .hasMessageStartingWith("cannot use " + file.resolve("below") + ": ");
  }

  @Test
  void aDamagedFileIsSaidSo() throws Exception {
    put("a", "1");
    store.close();
    Path file = directory.resolve("data").resolve(Log.NAME);
    byte[] garbage = new byte[(int) Files.size(file)];
    java.util.Arrays.fill(garbage, (byte) 'x');
    Files.write(file, garbage);

    assertThatThrownBy(this::reopen)
        .isInstanceOf(StoreFailedException.class)
        .hasMessageStartingWith(
            "cannot open the store in "
                + directory.resolve("data")
                + ": "
                + Log.NAME
                + " is damaged")
        .hasMessageContaining("move it away")
        .hasMessageNotContaining("\n");
    Files.delete(file);
    store = reopen();
    assertThat(keys(store.range("a"))).isEmpty();
  }

  @Test
  void aTornEndIsDropped() throws Exception {
    long revision = put("a", "1");
    store.close();
    Path file = directory.resolve("data").resolve(Log.NAME);
    byte[] whole = Files.readAllBytes(file);
    store = reopen();
    put("a", "2");
    store.close();
    byte[] more = Files.readAllBytes(file);
    for (int length = whole.length; length < more.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(more, length));
      store = reopen();
      assertThat(get("a")).isEqualTo(entry("a", "1", revision, revision));
      store.close();
    }
    store = reopen();
    assertThat(put("a", "3")).isEqualTo(revision + 1);
  }

  @Test
  void damageInTheMiddleIsSaidSoWhereverItIs() throws Exception {
    for (int i = 0; i < 5; i++) {
      put("key/" + i, "value");
    }
    store.close();
    Path file = directory.resolve("data").resolve(Log.NAME);
    byte[] whole = Files.readAllBytes(file);
    int lastFrame = whole.length - 60;
    for (int at = 0; at < lastFrame; at += 7) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x10;
      Files.write(file, damaged);
      assertThatThrownBy(this::reopen)
          .describedAs("byte %s", at)
          .isInstanceOf(StoreFailedException.class)
          .hasMessageContaining("is damaged")
          .hasMessageContaining("restore it from a backup");
    }
    Files.write(file, whole);
    store = reopen();
    assertThat(keys(store.range("key/"))).hasSize(5);
  }

  @Test
  void aFileThatIsNoFileIsSaidSo() throws Exception {
    Path other = Files.createDirectories(directory.resolve("other"));
    Files.createDirectory(other.resolve(Log.NAME));

    assertThatThrownBy(() -> EmbeddedStore.open(other))
        .isInstanceOf(StoreFailedException.class)
        .hasMessage(
            "cannot write to "
                + other.resolve(Log.NAME)
                + ": it must be a regular file that this user may write to");
  }
}
