package dev.weft.controlplane.source.apply;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.validate.policy.PolicyDocument;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.AppliedPolicy.Action;
import dev.weft.proto.policy.v1.Policy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Documents that are written in one transaction, each compared with what it was decided on. For one
 * thread.
 */
final class WriteBatch {
  /** Each document is compared twice. */
  private static final int MAX_DOCUMENTS = Txn.MAX_COMPARES / 2;

  /** Leaves room for keys, stamps and multi-byte characters. */
  private static final int MAX_CHARACTERS = Txn.MAX_BYTES / 4;

  private final long nowMillis;
  private final Txn.Builder txn = Txn.builder();
  private final List<AppliedPolicy> decided = new ArrayList<>();

  WriteBatch(long nowMillis) {
    this.nowMillis = nowMillis;
  }

  /** Documents in groups that fit a transaction; a large one is alone. */
  static List<List<PolicyDocument>> chunks(List<PolicyDocument> documents) {
    var chunks = new ArrayList<List<PolicyDocument>>();
    var chunk = new ArrayList<PolicyDocument>();
    int characters = 0;
    for (PolicyDocument document : documents) {
      int more = document.json().length();
      if (!chunk.isEmpty()
          && (chunk.size() == MAX_DOCUMENTS || characters + more > MAX_CHARACTERS)) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        characters = 0;
      }
      chunk.add(document);
      characters += more;
    }
    if (!chunk.isEmpty()) {
      chunks.add(chunk);
    }
    return chunks;
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
            .build()
            .toByteString());
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
