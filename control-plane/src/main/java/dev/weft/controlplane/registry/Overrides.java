package dev.weft.controlplane.registry;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.model.OperatorOverride;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.proto.registry.v1.StoredOverride;
import org.jspecify.annotations.Nullable;

/**
 * Follows what operators say of instances and zones, and says what that means for one. Owned by the
 * registry thread.
 */
final class Overrides {
  /** By the store's key. */
  private SortedTree<StoredOverride> all = SortedTree.empty();

  /** By the store's key: what was said, with its revision. */
  SortedTree<StoredOverride> all() {
    return all;
  }

  void put(Entry entry) throws InvalidProtocolBufferException {
    String key = entry.key();
    if (key.equals(Keyspace.OVERRIDE_SERIAL)) {
      return;
    }
    StoredOverride said =
        StoredOverride.parseFrom(entry.value()).toBuilder()
            .setRevision(entry.modRevision())
            .build();
    String named =
        said.getZone().isEmpty()
            ? Keyspace.instanceOverride(said.getNamespace(), said.getId())
            : Keyspace.zoneOverride(said.getZone());
    if (!named.equals(key)) {
      throw new IllegalArgumentException("the override inside is of " + named + ", not of its key");
    }
    all = all.put(key, said);
  }

  void delete(String key) {
    all = all.remove(key);
  }

  /** The workload with what is said of it now. */
  Workload applied(Workload workload) {
    StoredOverride own = all.get(Keyspace.instanceOverride(workload.namespace(), workload.id()));
    String zone = workload.locality().zone();
    StoredOverride ofZone = zone.isEmpty() ? null : all.get(Keyspace.zoneOverride(zone));
    OperatorOverride now = merged(own, ofZone);
    return now.equals(workload.override()) ? workload : workload.withOverride(now);
  }

  /** Who is drained itself stays so when the maintenance of the zone ends. */
  private static OperatorOverride merged(
      @Nullable StoredOverride own, @Nullable StoredOverride ofZone) {
    boolean itself = own != null && own.getDrained();
    if (ofZone != null && ofZone.getDrained() && !itself) {
      return of(ofZone, true, own == null ? 0 : own.getWeight());
    }
    return own == null ? OperatorOverride.NONE : of(own, itself, own.getWeight());
  }

  private static OperatorOverride of(StoredOverride said, boolean drained, int weight) {
    return new OperatorOverride(
        drained,
        said.getZone(),
        weight,
        said.getReason(),
        said.getBy(),
        said.getAtMillis(),
        said.getRevision());
  }
}
