package dev.weft.controlplane.registry.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.history.PastState.Absent;
import dev.weft.controlplane.registry.history.PastState.Present;
import dev.weft.controlplane.registry.history.PastState.Unknown;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.proto.policy.v1.Deletion;
import dev.weft.proto.policy.v1.FormerPolicy;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is known of a document at a revision, whatever part of its history is left. */
class DocumentHistoryTest {
  private static final PolicyKey KEY =
      PolicyKey.newBuilder().setKind("HTTPRoute").setNamespace("default").setName("canary").build();

  private final List<Entry> now = new ArrayList<>();
  private final List<Entry> former = new ArrayList<>();
  private long forgotten;

  @Test
  void aVersionHoldsFromItsRevisionUntilTheNext() {
    former(Keyspace.APPLY, 1, 10, 20, false);
    current(Keyspace.APPLY, 2, 20);
    assertThat(at(9)).isInstanceOf(Absent.class);
    assertThat(since(at(10))).isEqualTo(10);
    assertThat(since(at(19))).isEqualTo(10);
    assertThat(since(at(20))).isEqualTo(20);
    assertThat(since(at(1_000))).isEqualTo(20);
  }

  @Test
  void betweenDeletionAndRebirthThereIsNone() {
    former(Keyspace.APPLY, 1, 10, 20, true);
    current(Keyspace.APPLY, 1, 30);
    assertThat(since(at(19))).isEqualTo(10);
    assertThat(at(20)).isInstanceOf(Absent.class);
    assertThat(at(29)).isInstanceOf(Absent.class);
    assertThat(since(at(30))).isEqualTo(30);
  }

  @Test
  void whatIsBeforeTheOldestKeptVersionIsNotGuessed() {
    former(Keyspace.APPLY, 7, 40, 50, false);
    current(Keyspace.APPLY, 8, 50);
    assertThat(since(at(40))).isEqualTo(40);
    assertThat(why(at(39))).isEqualTo("what is known of it begins at revision 40");
  }

  @Test
  void aGapIsNotFilledWithTheVersionBeforeIt() {
    // Somebody who writes no history (an older replica) made a version at 20, and another at 30.
    former(Keyspace.APPLY, 1, 10, 20, false);
    current(Keyspace.APPLY, 0, 30);
    assertThat(since(at(19))).isEqualTo(10);
    assertThat(why(at(25))).isEqualTo("what is known of it begins at revision 30");
    now.clear();
    assertThat(why(at(25))).isEqualTo("what came after revision 20 of it was not kept");
  }

  @Test
  void whereDeletionsAreForgottenNothingIsSaidToHaveBeenAbsent() {
    current(Keyspace.APPLY, 1, 30);
    forgotten = 20;
    assertThat(why(at(19))).isEqualTo("what was deleted up to revision 20 may be forgotten");
    assertThat(at(20)).isInstanceOf(Absent.class);
  }

  @Test
  void ofTwoSourcesTheOwnerCounts() {
    current(Keyspace.APPLY, 1, 10);
    current(Keyspace.KUBERNETES, 1, 20);
    assertThat(source(at(15))).isEqualTo(Keyspace.APPLY);
    assertThat(source(at(20))).isEqualTo(Keyspace.KUBERNETES);
  }

  @Test
  void aDocumentThatWasTooLargeIsNotTakenForAnEmptyOne() {
    former(Keyspace.APPLY, 1, 10, 20, false);
    Entry entry = former.removeFirst();
    former.add(
        new Entry(
            entry.key(),
            FormerPolicy.newBuilder()
                .setPolicy(policy(Keyspace.APPLY, 1, 10))
                .setOmittedBytes(300_000)
                .build()
                .toByteString(),
            entry.createRevision(),
            entry.modRevision()));
    current(Keyspace.APPLY, 2, 20);
    assertThat(why(at(10))).contains("300000 bytes long, too large to be kept");
  }

  private PastState at(long revision) {
    return DocumentHistory.of(
            new Range("store", 2_000, now),
            new Range("store", 2_000, former),
            forgotten,
            new Scope("", "", ""))
        .at(KEY, revision);
  }

  private void current(String source, long version, long since) {
    now.add(
        new Entry(
            Keyspace.policy(source, "HTTPRoute", "default", "canary"),
            policy(source, version, 0).toByteString(),
            since,
            since));
  }

  private void former(String source, long version, long since, long until, boolean deleted) {
    var entry = FormerPolicy.newBuilder().setPolicy(policy(source, version, since));
    if (deleted) {
      entry.setDeletion(Deletion.getDefaultInstance());
    }
    former.add(
        new Entry(
            Keyspace.formerPolicy("HTTPRoute", "default", "canary", source, since),
            entry.build().toByteString(),
            until,
            until));
  }

  private static Policy policy(String source, long version, long since) {
    return Policy.newBuilder()
        .setKey(KEY)
        .setSource(source)
        .setVersion(version)
        .setRevision(since)
        .setCreatedAtMillis(1)
        .setChangedAtMillis(2)
        .setJson("{}")
        .build();
  }

  private static long since(PastState state) {
    return ((Present) state).version().since();
  }

  private static String source(PastState state) {
    return ((Present) state).version().policy().getSource();
  }

  private static String why(PastState state) {
    return ((Unknown) state).why();
  }
}
