package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.store.Entry;

/**
 * What became of a key at a revision. Immutable.
 *
 * @param createRevision when the key came to be; 0 if this row says that it was deleted
 * @param leaseId the lease it is under; 0 for none
 * @param value the bytes; empty for a deletion
 */
record Row(long createRevision, long leaseId, ByteString value) {
  static final Row DELETED = new Row(0, 0, ByteString.EMPTY);

  boolean deleted() {
    return createRevision == 0;
  }

  Entry entry(Key key) {
    return new Entry(key.key(), value, createRevision, key.revision());
  }

  /**
   * Where a row is: by revision, then key.
   *
   * @param revision 1 or more
   * @param key the key; empty sorts before all keys of the revision
   */
  record Key(long revision, String key) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byRevision = Long.compare(revision, other.revision);
      return byRevision != 0 ? byRevision : key.compareTo(other.key);
    }
  }
}
