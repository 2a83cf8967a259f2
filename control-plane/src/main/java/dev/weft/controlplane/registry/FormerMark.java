package dev.weft.controlplane.registry;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.proto.policy.v1.FormerPolicy;

/**
 * That the store keeps a former version of a document, without the document. Immutable.
 *
 * @param object kind, namespace, name and source
 * @param until the revision that ended it
 * @param deleted whether nothing took its place
 * @param bytes what it takes in the store
 */
public record FormerMark(
    String key, String object, long until, long endedAtMillis, boolean deleted, int bytes) {

  static FormerMark of(Entry entry) throws InvalidProtocolBufferException {
    String key = entry.key();
    if (Keyspace.parts(key, 6) == null) {
      throw new IllegalArgumentException(
          "not a key of the form history/policy/KIND/NAMESPACE/NAME/SOURCE/REVISION");
    }
    FormerPolicy former = FormerPolicy.parseFrom(entry.value());
    return new FormerMark(
        key,
        key.substring(Keyspace.FORMER_POLICY_PREFIX.length(), key.lastIndexOf('/')),
        entry.modRevision(),
        former.getEndedAtMillis(),
        former.hasDeletion(),
        key.length() + entry.value().size());
  }
}
