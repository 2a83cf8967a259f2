package dev.weft.controlplane.source.kubernetes.write;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.history.ChangeNote;
import dev.weft.controlplane.registry.history.FormerVersions;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.source.kubernetes.object.Documents;
import dev.weft.proto.policy.v1.Policy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the stored documents besides their content, which is what goes into the history
 * when one is replaced. Owned by the writer's thread.
 */
final class Stamps {
  /** Who of the cluster's users it was, the API server's audit log says. */
  private static final ChangeNote NOTE = new ChangeNote("", "");

  private final Map<String, Stamp> stamps = new HashMap<>();

  private record Stamp(long revision, long changedAtMillis, long version) {}

  /** Forgets all and begins with what is stored. */
  void begin() {
    stamps.clear();
  }

  void read(Entry entry) {
    try {
      Policy policy = Policy.parseFrom(entry.value());
      stamps.put(
          entry.key(),
          new Stamp(entry.modRevision(), policy.getChangedAtMillis(), policy.getVersion()));
    } catch (InvalidProtocolBufferException e) {
      // It will be written anew, and there is nothing to remember of it.
    }
  }

  /**
   * Adds the change of one document to a transaction, and what it was.
   *
   * @param before what is stored, unstamped; null: nothing
   * @param wanted null: it goes
   */
  void change(
      Txn.Builder txn,
      String key,
      @Nullable ByteString before,
      @Nullable ByteString wanted,
      long millis) {
    Stamp stamp = before == null ? null : stamps.get(key);
    if (wanted == null) {
      txn.delete(key);
    } else {
      txn.put(key, Documents.stamped(wanted, millis, following(before, stamp)));
    }
    if (before == null || stamp == null) {
      return;
    }
    try {
      Policy ended =
          Policy.parseFrom(before).toBuilder()
              .setRevision(stamp.revision())
              .setChangedAtMillis(stamp.changedAtMillis())
              .setVersion(stamp.version())
              .build();
      if (wanted == null) {
        FormerVersions.deleted(txn, ended, millis, NOTE);
      } else {
        FormerVersions.replaced(txn, ended, millis);
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a document that was read cannot be read: " + key, e);
    }
  }

  /** The changes of these keys are stored, at that revision. */
  void written(List<String> keys, List<@Nullable ByteString> values, long revision, long millis) {
    for (int i = 0; i < keys.size(); i++) {
      String key = keys.get(i);
      if (values.get(i) == null) {
        stamps.remove(key);
      } else if (key.startsWith(StoreWriter.DOCUMENTS)) {
        Stamp before = stamps.get(key);
        stamps.put(key, new Stamp(revision, millis, before == null ? 1 : following(before)));
      }
    }
  }

  private static long following(@Nullable ByteString before, @Nullable Stamp stamp) {
    if (before == null) {
      return 1;
    }
    return stamp == null ? 0 : following(stamp);
  }

  /** Not counted where the count was not begun with. */
  private static long following(Stamp before) {
    return before.version() == 0 ? 0 : before.version() + 1;
  }
}
