package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.controlplane.registry.store.Entry;
import java.nio.ByteBuffer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/**
 * What became of a key at a revision. Immutable.
 *
 * @param createRevision when the key came to be; 0 if this row says that it was deleted
 * @param leaseId the lease it is under; 0 for none
 * @param value the bytes; empty for a deletion
 */
record Row(long createRevision, long leaseId, ByteString value) {
  static final Row DELETED = new Row(0, 0, ByteString.EMPTY);
  static final BasicDataType<Row> TYPE = new Type();

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
    static final BasicDataType<Key> TYPE = new KeyType();

    @Override
    public int compareTo(Key other) {
      int byRevision = Long.compare(revision, other.revision);
      return byRevision != 0 ? byRevision : key.compareTo(other.key);
    }
  }

  private static final class Type extends BasicDataType<Row> {
    @Override
    public int getMemory(Row row) {
      return 64 + row.value.size();
    }

    @Override
    public void write(WriteBuffer out, Row row) {
      out.putVarLong(row.createRevision).putVarLong(row.leaseId).putVarInt(row.value.size());
      out.put(row.value.asReadOnlyByteBuffer());
    }

    @Override
    public Row read(ByteBuffer in) {
      long createRevision = DataUtils.readVarLong(in);
      long leaseId = DataUtils.readVarLong(in);
      byte[] value = new byte[DataUtils.readVarInt(in)];
      in.get(value);
      return new Row(createRevision, leaseId, UnsafeByteOperations.unsafeWrap(value));
    }

    @Override
    public Row[] createStorage(int size) {
      return new Row[size];
    }
  }

  private static final class KeyType extends BasicDataType<Key> {
    @Override
    public int getMemory(Key key) {
      return 64 + key.key.length();
    }

    @Override
    public void write(WriteBuffer out, Key key) {
      out.putVarLong(key.revision).putVarInt(key.key.length());
      out.putStringData(key.key, key.key.length());
    }

    @Override
    public Key read(ByteBuffer in) {
      long revision = DataUtils.readVarLong(in);
      return new Key(revision, DataUtils.readString(in, DataUtils.readVarInt(in)));
    }

    @Override
    public Key[] createStorage(int size) {
      return new Key[size];
    }

    @Override
    public int compare(Key a, Key b) {
      return a.compareTo(b);
    }
  }
}
