package dev.weft.controlplane.registry.liveness;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.RegistryView.Held;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import org.jspecify.annotations.Nullable;

/**
 * Who of the replicas does what only one may do: the holder of the key {@code leader/ROLE}, which
 * vanishes with its lease. Whoever leads compares the key in each of its transactions, so that a
 * leader that does not know yet that it is none changes nothing.
 *
 * <p>{@link #tick} is for one thread; {@link #term} may be read from any.
 */
public final class Election {
  private final Store store;
  private final Registry registry;
  private final ReplicaLease lease;
  private final String role;
  private final String key;
  private volatile long electedRevision;
  private volatile boolean campaigning;
  private volatile @Nullable Term term;

  /**
   * A time of leading, from an election to the loss of the key. Immutable.
   *
   * @param key the key that is held
   * @param revision the revision at which it was won: another term has another one
   */
  public record Term(String key, long revision) {
    /** An empty transaction that happens only as long as this term lasts. */
    public Txn.Builder transaction() {
      return Txn.builder().ifModRevision(key, revision);
    }
  }

  /**
   * @param role what is led: one leader for each
   * @param lease under which the key is held
   */
  public Election(Store store, Registry registry, ReplicaLease lease, String role) {
    this.store = store;
    this.registry = registry;
    this.lease = lease;
    this.role = role;
    this.key = Keyspace.LEADER_PREFIX + role;
  }

  /** The term that this replica was seen to lead at the last {@link #tick}; null: it does not. */
  public @Nullable Term term() {
    return term;
  }

  /** Looks who leads, and stands for election when nobody does. Returns {@link #term}. */
  public @Nullable Term tick() {
    Lease current = lease.current();
    term = current != null && registry.status().synced() ? look(registry.current(), current) : null;
    return term;
  }

  /**
   * Begins another term, if this replica leads: what was sent in the one before, and may still be
   * on its way to the store, has no effect any more.
   */
  public void renew() {
    electedRevision = 0;
  }

  /** As {@link #tick}, on a view and a lease that the caller has looked at; notes nothing. */
  @Nullable Term look(RegistryView view, Lease current) {
    Held leader = view.leaders().get(role);
    boolean ourName = leader != null && leader.value().equals(lease.replicaId());
    if (leader != null && ourName && leader.revision() == electedRevision) {
      return new Term(key, leader.revision());
    }
    if (leader == null) {
      stand(Txn.builder().ifAbsent(key), current);
    } else if (ourName) {
      // Won without our hearing of it, or left over from an earlier life of this replica: nobody
      // else has its name, so that it may be taken, and begins a term that we know of.
      stand(Txn.builder().ifModRevision(key, leader.revision()), current);
    }
    return null;
  }

  private void stand(Txn.Builder txn, Lease current) {
    if (campaigning) {
      return;
    }
    campaigning = true;
    store
        .commit(txn.put(key, ByteString.copyFromUtf8(lease.replicaId()), current).build())
        .whenComplete(
            (result, failure) -> {
              if (result != null && result.succeeded()) {
                electedRevision = result.revision();
              }
              campaigning = false;
            });
  }
}
