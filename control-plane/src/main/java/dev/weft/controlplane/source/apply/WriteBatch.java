package dev.weft.controlplane.source.apply;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.history.FormerVersions;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.AppliedPolicy.Action;
import dev.weft.proto.policy.v1.Policy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Documents that are written or deleted in one transaction, each compared with what it was decided
 * on, and what they were before, for the history. For one thread.
 */
final class WriteBatch {
  /** Each document is compared twice, and written beside what it was. */
  static final int MAX_DOCUMENTS = Txn.MAX_COMPARES / 2;

  /** Leaves room for keys and stamps. */
  private static final int MAX_BYTES = Txn.MAX_BYTES / 4 * 3;

  private final long nowMillis;
  private final ChangeNote note;
  private final Txn.Builder txn = Txn.builder();
  private final List<AppliedPolicy> decided = new ArrayList<>();

  WriteBatch(long nowMillis, ChangeNote note) {
    this.nowMillis = nowMillis;
    this.note = note;
  }

  /**
   * Documents in groups that fit a transaction; a large one is alone.
   *
   * @param stored what each takes the place of, or null
   */
  static List<List<PolicyDocument>> chunks(
      List<PolicyDocument> documents, Function<PolicyDocument, @Nullable Policy> stored) {
    var chunks = new ArrayList<List<PolicyDocument>>();
    var chunk = new ArrayList<PolicyDocument>();
    int bytes = 0;
    for (PolicyDocument document : documents) {
      Policy before = stored.apply(document);
      int more = bytes(document) + (before == null ? 0 : FormerVersions.bytes(before));
      if (!chunk.isEmpty() && (chunk.size() == MAX_DOCUMENTS || bytes + more > MAX_BYTES)) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        bytes = 0;
      }
      chunk.add(document);
      bytes += more;
    }
    if (!chunk.isEmpty()) {
      chunks.add(chunk);
    }
    return chunks;
  }

  private static int bytes(PolicyDocument document) {
    return document.json().getBytes(StandardCharsets.UTF_8).length;
  }

  /**
   * Decides what becomes of a document, given what is stored under its name.
   *
   * @throws PolicyRefusedException if another source has taken the name since it was checked
   */
  void add(PolicyDocument document, @Nullable Policy stored) {
    if (stored != null && !stored.getSource().equals(Keyspace.APPLY)) {
      throw AppliedPolicies.owned(document.key(), stored.getSource(), "change");
    }
    Action action = AppliedPolicies.action(stored, document);
    decided.add(
        AppliedPolicies.result(
            document,
            action,
            action == Action.UNCHANGED && stored != null ? stored.getRevision() : 0));
    if (action == Action.UNCHANGED) {
      return;
    }
    String key = AppliedPolicies.storeKey(Keyspace.APPLY, document.key());
    if (stored == null) {
      txn.ifAbsent(key);
    } else {
      txn.ifModRevision(key, stored.getRevision());
    }
    // Nobody else may have taken the name meanwhile.
    txn.ifAbsent(AppliedPolicies.storeKey(Keyspace.KUBERNETES, document.key()));
    long created = stored == null ? nowMillis : stored.getCreatedAtMillis();
    txn.put(
        key,
        Policy.newBuilder()
            .setKey(document.key())
            .setJson(document.json())
            .setSource(Keyspace.APPLY)
            .setCreatedAtMillis(created)
            .setChangedAtMillis(nowMillis)
            .setChangedBy(note.by())
            .setReason(note.reason())
            .setVersion(following(stored))
            .build()
            .toByteString());
    if (stored != null) {
      FormerVersions.replaced(txn, stored, nowMillis);
    }
  }

  /** Deletes what is stored, which was applied here. */
  void remove(Policy stored) {
    String key = AppliedPolicies.storeKey(Keyspace.APPLY, stored.getKey());
    txn.ifModRevision(key, stored.getRevision()).delete(key);
    FormerVersions.deleted(txn, stored, nowMillis, note);
    decided.add(
        AppliedPolicy.newBuilder().setKey(stored.getKey()).setAction(Action.DELETED).build());
  }

  /** Not counted where the count was not begun with. */
  private static long following(@Nullable Policy stored) {
    if (stored == null) {
      return 1;
    }
    return stored.getVersion() == 0 ? 0 : stored.getVersion() + 1;
  }

  boolean unchanged() {
    return txn.size() == 0;
  }

  Txn txn() {
    return txn.build();
  }

  /** What became of each document, once the transaction is done at that revision. */
  List<AppliedPolicy> results(long revision) {
    return decided.stream()
        .map(
            result ->
                result.getAction() == Action.UNCHANGED
                    ? result
                    : result.toBuilder().setRevision(revision).build())
        .toList();
  }
}
