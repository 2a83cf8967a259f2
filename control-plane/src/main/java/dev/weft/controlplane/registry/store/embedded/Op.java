package dev.weft.controlplane.registry.store.embedded;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** One thing that the log says, and how it is written there. Immutable. */
sealed interface Op {
  /** A row, newer than all before it. */
  record Put(Row.Key key, Row row) implements Op {}

  /** The revision is this one, whether or not a row of it is left. */
  record Revision(long revision) implements Op {}

  /** A lease began. */
  record Granted(long leaseId, long ttlNanos) implements Op {}

  /** A lease ended. */
  record Ended(long leaseId) implements Op {}

  /**
   * History up to {@code logical} is forgotten, and rows nobody needs up to {@code physical} are
   * gone.
   */
  record Compacted(long logical, long physical) implements Op {}

  /** What a rewritten log begins with is complete. */
  record Complete() implements Op {}

  /** Writes it as {@link #read} reads it. */
  default void write(DataOutputStream out) throws IOException {
    switch (this) {
      case Put(Row.Key key, Row row) -> {
        out.writeByte(1);
        out.writeLong(key.revision());
        out.writeUTF(key.key());
        out.writeLong(row.createRevision());
        out.writeLong(row.leaseId());
        out.writeInt(row.value().size());
        row.value().writeTo(out);
      }
      case Revision(long revision) -> {
        out.writeByte(2);
        out.writeLong(revision);
      }
      case Granted(long leaseId, long ttlNanos) -> {
        out.writeByte(3);
        out.writeLong(leaseId);
        out.writeLong(ttlNanos);
      }
      case Ended(long leaseId) -> {
        out.writeByte(4);
        out.writeLong(leaseId);
      }
      case Compacted(long logical, long physical) -> {
        out.writeByte(5);
        out.writeLong(logical);
        out.writeLong(physical);
      }
      case Complete() -> out.writeByte(6);
    }
  }

  /** Reads one; {@link IOException} if it is none. */
  static Op read(DataInputStream in) throws IOException {
    int kind = in.readUnsignedByte();
    return switch (kind) {
      case 1 -> {
        long revision = in.readLong();
        Row.Key key = new Row.Key(revision, in.readUTF());
        long createRevision = in.readLong();
        long leaseId = in.readLong();
        byte[] value = new byte[in.readInt()];
        in.readFully(value);
        ByteString bytes = UnsafeByteOperations.unsafeWrap(value);
        yield new Put(
            key, createRevision == 0 ? Row.DELETED : new Row(createRevision, leaseId, bytes));
      }
      case 2 -> new Revision(in.readLong());
      case 3 -> new Granted(in.readLong(), in.readLong());
      case 4 -> new Ended(in.readLong());
      case 5 -> new Compacted(in.readLong(), in.readLong());
      case 6 -> new Complete();
      default -> throw new IOException("unknown operation " + kind);
    };
  }
}
