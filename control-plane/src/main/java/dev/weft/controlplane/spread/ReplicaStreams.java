package dev.weft.controlplane.spread;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells the other replicas, through the store and under this replica's lease, how many sidecars it
 * has, and reads what they tell; nothing while it is alone. {@link #tick} is for one thread and
 * does not block, {@link #others} for any.
 */
public final class ReplicaStreams {
  private static final System.Logger LOG = System.getLogger(ReplicaStreams.class.getName());

  private final Store store;
  private final ReplicaLease lease;
  private final long everyNanos;
  private boolean wroteBefore;
  private boolean readBefore;
  private long writtenNanos;
  private long readNanos;
  private long leaseId;
  private String storeId = "";

  // Written by the store's threads.
  private volatile int written = -1;
  private volatile boolean writing;
  private volatile boolean reading;
  private volatile Map<String, Integer> others = Map.of();

  /**
   * @param every between two writes, and between two reads
   */
  public ReplicaStreams(Store store, ReplicaLease lease, Duration every) {
    this.store = store;
    this.lease = lease;
    this.everyNanos = every.toNanos();
  }

  /**
   * How many sidecars each other replica has, as it told last; those are left out that have not.
   */
  public Map<String, Integer> others() {
    return others;
  }

  /**
   * Tells and reads, if it is time.
   *
   * @param own sidecars that are connected here
   */
  public void tick(RegistryView view, int own, long nanos) {
    Lease current = lease.current();
    if (current == null || view.replicas().stream().allMatch(lease.replicaId()::equals)) {
      others = Map.of();
      return;
    }
    if (current.id() != leaseId || !view.storeId().equals(storeId)) {
      leaseId = current.id();
      storeId = view.storeId();
      written = -1;
      wroteBefore = false;
    }
    if (!writing && own != written && (!wroteBefore || nanos - writtenNanos >= everyNanos)) {
      wroteBefore = true;
      writtenNanos = nanos;
      write(current, own);
    }
    if (!reading && (!readBefore || nanos - readNanos >= everyNanos)) {
      readBefore = true;
      readNanos = nanos;
      read();
    }
  }

  private void write(Lease under, int own) {
    writing = true;
    ByteString text = ByteString.copyFromUtf8(Integer.toString(own));
    store
        .commit(Txn.builder().put(Keyspace.streams(lease.replicaId()), text, under).build())
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                written = own;
              } else {
                LOG.log(Level.DEBUG, "not told of sidecars yet: {0}", failure.toString());
              }
              writing = false;
            });
  }

  private void read() {
    reading = true;
    store
        .range(Keyspace.STREAMS_PREFIX)
        .whenComplete(
            (range, failure) -> {
              if (failure == null) {
                others = parse(range);
              }
              reading = false;
            });
  }

  private Map<String, Integer> parse(Range range) {
    var found = new TreeMap<String, Integer>();
    for (Entry entry : range.entries()) {
      String replica = entry.key().substring(Keyspace.STREAMS_PREFIX.length());
      Integer count = count(entry.value().toStringUtf8());
      if (!replica.equals(lease.replicaId()) && count != null) {
        found.put(replica, count);
      }
    }
    return Map.copyOf(found);
  }

  /** Null: another version of a replica may write something else there. */
  private static @Nullable Integer count(String text) {
    try {
      return Integer.parseUnsignedInt(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
