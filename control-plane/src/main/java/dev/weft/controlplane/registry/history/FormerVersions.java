package dev.weft.controlplane.registry.history;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.policy.v1.Deletion;
import dev.weft.proto.policy.v1.FormerPolicy;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import org.jspecify.annotations.Nullable;

/**
 * Adds to a transaction that changes or deletes a document what the document was: so a change that
 * is acknowledged is in the history, and one that is not there did not happen. Pure.
 */
public final class FormerVersions {
  /** A document of more bytes is not kept: it would not fit beside what takes its place. */
  public static final int MAX_BYTES = 256 << 10;

  private FormerVersions() {}

  /**
   * The version ends with this transaction, because another takes its place.
   *
   * @param ended with key, source and the revision at which it began
   */
  public static void replaced(Txn.Builder txn, Policy ended, long nowMillis) {
    put(txn, ended, nowMillis, null);
  }

  /** The version ends with this transaction, and nothing takes its place. */
  public static void deleted(Txn.Builder txn, Policy ended, long nowMillis, ChangeNote note) {
    put(
        txn,
        ended,
        nowMillis,
        Deletion.newBuilder().setBy(note.by()).setReason(note.reason()).build());
  }

  /** About how many bytes a transaction gets for it. */
  public static int bytes(Policy ended) {
    int size = ended.getSerializedSize();
    return size > MAX_BYTES ? 0 : size;
  }

  private static void put(
      Txn.Builder txn, Policy ended, long nowMillis, @Nullable Deletion deletion) {
    FormerPolicy.Builder former = FormerPolicy.newBuilder().setEndedAtMillis(nowMillis);
    if (ended.getSerializedSize() > MAX_BYTES) {
      ByteString json = ended.getJsonBytes();
      former.setPolicy(ended.toBuilder().clearJson()).setOmittedBytes(json.size());
    } else {
      former.setPolicy(ended);
    }
    if (deletion != null) {
      former.setDeletion(deletion);
    }
    PolicyKey key = ended.getKey();
    txn.put(
        Keyspace.formerPolicy(
            key.getKind(),
            key.getNamespace(),
            key.getName(),
            ended.getSource(),
            ended.getRevision()),
        former.build().toByteString());
  }
}
