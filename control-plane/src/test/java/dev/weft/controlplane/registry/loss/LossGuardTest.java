package dev.weft.controlplane.registry.loss;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LossGuardTest {
  private static final String MARK = "removed/last";

  private final AtomicLong nanos = new AtomicLong();
  private final LossGuard guard =
      new LossGuard(
          Set.of("registry", "policy"), Set.of("policy"), MARK, nanos::get, () -> 1_000_000L);
  private long revision = 100;

  @Test
  void whatIsRemovedWithAMarkIsBelievedHoweverMuchItIs() {
    adopt(instances(10));

    List<Change> applied = guard.apply(batch(removal(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)));

    assertThat(applied).hasSize(11).contains(new Change.Delete("registry/9"));
    assertThat(guard.loss().isEmpty()).isTrue();
  }

  @Test
  void aDeletedPrefixIsWithheld() {
    adopt(instances(10));

    assertThat(guard.apply(batch(deletes(0, 1, 2, 3)))).isEmpty();

    assertThat(guard.loss().byKey().keySet())
        .containsExactly("registry/0", "registry/1", "registry/2", "registry/3");
    assertThat(guard.loss().message()).contains("what was known of 4 instances stays in force");
    assertThat(guard.loss().sinceMillis()).isEqualTo(1_000_000L);
  }

  @Test
  void aFewThatSomebodyRemovesByHandAreBelieved() {
    adopt(instances(10));
    assertThat(guard.apply(batch(deletes(0, 1, 2)))).hasSize(3);
    assertThat(guard.loss().isEmpty()).isTrue();
  }

  @Test
  void aSmallMeshMayLoseTwo() {
    adopt(instances(2));
    assertThat(guard.apply(batch(deletes(0, 1)))).hasSize(2);
    assertThat(guard.loss().isEmpty()).isTrue();
  }

  @Test
  void keysThatAreDeletedOneByOneWithinSecondsAreWithheldWithThoseThatWentFirst() {
    adopt(instances(10));
    for (int i = 0; i < 3; i++) {
      nanos.addAndGet(Duration.ofMillis(500).toNanos());
      assertThat(guard.apply(batch(deletes(i)))).containsExactly(new Change.Delete(key(i)));
    }

    List<Change> applied = guard.apply(batch(deletes(3)));

    assertThat(applied.stream().map(Change::key)).containsExactlyInAnyOrder(key(0), key(1), key(2));
    assertThat(applied).allMatch(change -> change instanceof Change.Put);
    assertThat(guard.loss().size()).isEqualTo(4);
  }

  @Test
  void keysThatAreDeletedSlowlyAreBelieved() {
    adopt(instances(10));
    for (int i = 0; i < 10; i++) {
      nanos.addAndGet(Duration.ofSeconds(6).toNanos());
      assertThat(guard.apply(batch(deletes(i)))).hasSize(1);
    }
    assertThat(guard.loss().isEmpty()).isTrue();
  }

  @Test
  void theBrakeIsPerGroup() {
    List<Entry> all = new ArrayList<>(instances(100));
    IntStream.range(0, 5).forEach(i -> all.add(entry("policy/" + i, "v", 10)));
    adopt(all);

    guard.apply(
        batch(
            IntStream.range(0, 5)
                .mapToObj(i -> (Change) new Change.Delete("policy/" + i))
                .toArray(Change[]::new)));

    assertThat(guard.loss().message()).contains("5 documents");
  }

  @Test
  void anEmptiedStoreTakesNothingOutOfForce() {
    adopt(instances(2));

    List<Entry> inForce = guard.adopt(new Range("other", 3, List.of()), Trust.REPLACED);

    assertThat(keys(inForce)).containsExactly(key(0), key(1));
    assertThat(guard.loss().size()).isEqualTo(2);
    assertThat(guard.loss().message()).startsWith("the store was emptied or is another one: ");
  }

  @Test
  void whatAnotherStoreHoldsIsNew() {
    adopt(instances(2));
    Entry other = entry(key(0), "other", 2);

    List<Entry> inForce = guard.adopt(new Range("other", 3, List.of(other)), Trust.REPLACED);

    assertThat(inForce).contains(other);
    assertThat(guard.loss().byKey().keySet()).containsExactly(key(1));
  }

  @Test
  void whatComesBackIsWithheldNoLonger() {
    adopt(instances(2));
    guard.adopt(new Range("other", 3, List.of()), Trust.REPLACED);

    Entry back = entry(key(0), "v", 4);
    assertThat(guard.apply(batch(new Change.Put(back)))).containsExactly(new Change.Put(back));
    assertThat(guard.loss().byKey().keySet()).containsExactly(key(1));
    guard.apply(batch(new Change.Put(entry(key(1), "v", 5))));
    assertThat(guard.loss()).isEqualTo(Loss.NONE);
  }

  @Test
  void anInstanceThatLeavesWhileItIsWithheldIsGone() {
    adopt(instances(4));
    guard.adopt(new Range("other", 3, List.of()), Trust.REPLACED);

    // There is nothing to delete in the store: only the mark is written.
    assertThat(guard.apply(batch(mark(2)))).contains(new Change.Delete(key(2)));
    assertThat(guard.loss().size()).isEqualTo(3);
  }

  @Test
  void aStoreThatWasSetBackNeitherMakesOldWordsCurrentNorBringsDeletedDocumentsBack() {
    adopt(
        List.of(
            entry("policy/route", "new", 90),
            entry("policy/kept", "same", 20),
            entry("registry/young", "v", 95)));

    Entry oldRoute = entry("policy/route", "old", 30);
    Entry deleted = entry("policy/deleted", "v", 31);
    Entry instance = entry("registry/unknown", "v", 32);
    Entry kept = entry("policy/kept", "same", 20);
    List<Entry> inForce =
        guard.adopt(
            new Range("same", 40, List.of(oldRoute, deleted, instance, kept)), Trust.SET_BACK);

    assertThat(keys(inForce))
        .containsExactly("policy/kept", "policy/route", "registry/unknown", "registry/young");
    assertThat(inForce).contains(entry("policy/route", "new", 90));
    assertThat(guard.loss().byKey().keySet())
        .containsExactly("policy/deleted", "policy/route", "registry/young");

    Txn.Builder txn = Txn.builder();
    guard.loss().entries().forEach(each -> each.restore(txn));
    assertThat(txn.build().operations())
        .containsExactly(
            new Txn.Operation.Delete("policy/deleted"),
            new Txn.Operation.Put("policy/route", ByteString.copyFromUtf8("new"), null),
            new Txn.Operation.Put("registry/young", ByteString.copyFromUtf8("v"), null));
    assertThat(txn.build().compares())
        .containsExactly(
            new Txn.Compare.ModRevision("policy/deleted", 31),
            new Txn.Compare.ModRevision("policy/route", 30),
            new Txn.Compare.Absent("registry/young"));
  }

  @Test
  void whatIsAcceptedIsAsTheStoreHasIt() {
    adopt(List.of(entry("policy/route", "new", 90), entry("policy/young", "v", 95)));
    Entry old = entry("policy/route", "old", 30);
    Entry deleted = entry("policy/deleted", "v", 31);
    guard.adopt(new Range("same", 40, List.of(old, deleted)), Trust.SET_BACK);

    assertThat(guard.accept())
        .containsExactlyInAnyOrder(
            new Change.Put(old), new Change.Put(deleted), new Change.Delete("policy/young"));
    assertThat(guard.loss().isEmpty()).isTrue();
  }

  @Test
  void whatIsWithheldStaysSoWhenTheSameStoreIsReadAgain() {
    adopt(instances(4));
    guard.adopt(new Range("other", 3, List.of()), Trust.REPLACED);

    Entry back = entry(key(1), "v", 5);
    List<Entry> inForce = guard.adopt(new Range("other", 6, List.of(back)), Trust.SAME);

    assertThat(keys(inForce)).hasSize(4);
    assertThat(guard.loss().byKey().keySet()).containsExactly(key(0), key(2), key(3));
  }

  @Test
  void theDifferenceAfterAGapIsHeldToTheBrake() {
    adopt(instances(10));
    guard.adopt(new Range("same", 200, instances(10).subList(0, 8)), Trust.SAME);
    assertThat(guard.loss().isEmpty()).isTrue();

    guard.adopt(new Range("same", 300, instances(10).subList(0, 4)), Trust.SAME);
    assertThat(guard.loss().size()).isEqualTo(4);
  }

  private void adopt(List<Entry> entries) {
    guard.adopt(new Range("same", revision, entries), Trust.SAME);
  }

  private static List<Entry> instances(int count) {
    return IntStream.range(0, count).mapToObj(i -> entry(key(i), "v", 10 + i)).toList();
  }

  private static String key(int index) {
    return "registry/" + index;
  }

  private static Entry entry(String key, String value, long revision) {
    return new Entry(key, ByteString.copyFromUtf8(value), revision, revision);
  }

  private static Change[] deletes(int... indexes) {
    return Arrays.stream(indexes)
        .mapToObj(i -> (Change) new Change.Delete(key(i)))
        .toArray(Change[]::new);
  }

  private static Change mark(int... indexes) {
    String keys = String.join("\n", Arrays.stream(indexes).mapToObj(LossGuardTest::key).toList());
    return new Change.Put(entry(MARK, keys, 101));
  }

  private static Change[] removal(int... indexes) {
    List<Change> changes = new ArrayList<>(List.of(deletes(indexes)));
    changes.add(mark(indexes));
    return changes.toArray(Change[]::new);
  }

  private WatchBatch batch(Change... changes) {
    List<Change> sorted = new ArrayList<>(List.of(changes));
    sorted.sort(Comparator.comparing(Change::key));
    return new WatchBatch(++revision, sorted);
  }

  private static List<String> keys(List<Entry> entries) {
    return entries.stream().map(Entry::key).sorted().toList();
  }
}
