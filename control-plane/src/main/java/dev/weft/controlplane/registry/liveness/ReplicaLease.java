package dev.weft.controlplane.registry.liveness;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryListener;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The one lease of this replica: its presence, its sessions and its elections hang on it. A lost
 * lease is replaced at the next {@link #tick}. Safe from any thread; never blocks.
 */
public final class ReplicaLease implements RegistryListener {
  private static final System.Logger LOG = System.getLogger(ReplicaLease.class.getName());

  private final Store store;
  private final String replicaId;
  private final Duration ttl;
  private final boolean present;
  private final Object lock = new Object();

  // Guarded by the lock.
  private @Nullable Lease lease;
  private boolean granting;
  private boolean closed;
  private boolean complained;

  /**
   * @param replicaId a name for this process; no other living replica may have it
   * @param ttl how long the sessions of a killed replica linger; rounded up to whole seconds
   */
  public ReplicaLease(Store store, String replicaId, Duration ttl) {
    this(store, replicaId, ttl, true);
  }

  private ReplicaLease(Store store, String replicaId, Duration ttl, boolean present) {
    this.store = store;
    this.replicaId = replicaId;
    this.present = present;
    this.ttl = Duration.ofSeconds(Math.max(1, ttl.plusMillis(999).toSeconds()));
  }

  /**
   * A lease for elections alone, which may be shorter: the successor of a killed leader waits for
   * its end. The replica's presence and sessions do not hang on it.
   */
  public static ReplicaLease forElections(Store store, String replicaId, Duration ttl) {
    return new ReplicaLease(store, replicaId, ttl, false);
  }

  /** This replica's name. */
  public String replicaId() {
    return replicaId;
  }

  /** The lease, if there is one right now. */
  public @Nullable Lease current() {
    synchronized (lock) {
      return lease;
    }
  }

  /** Asks for a lease if there is none. */
  public void tick() {
    synchronized (lock) {
      if (closed || granting || lease != null) {
        return;
      }
      granting = true;
    }
    CompletableFuture<Lease> grant = store.grantLease(ttl, this::lost);
    (present ? grant.thenCompose(this::appear) : grant).whenComplete(this::granted);
  }

  /** A store that was emptied has forgotten this replica, though not its lease. */
  @Override
  public void onChange(RegistryChange change) {
    Lease held = current();
    if (present
        && held != null
        && change.resync()
        && !change.view().replicas().contains(replicaId)) {
      appear(held)
          .exceptionally(
              failure -> {
                LOG.log(Level.DEBUG, "not back in the store yet: {0}", failure.toString());
                return held;
              });
    }
  }

  /** Gives the lease up: everything under it vanishes at once. */
  public CompletableFuture<Void> close() {
    Lease last;
    synchronized (lock) {
      closed = true;
      last = lease;
      lease = null;
    }
    return last == null ? CompletableFuture.completedFuture(null) : last.revoke();
  }

  private CompletableFuture<Lease> appear(Lease granted) {
    return store
        .commit(
            Txn.builder()
                .put(Keyspace.replica(replicaId), ByteString.copyFromUtf8(replicaId), granted)
                .build())
        .thenApply(done -> granted);
  }

  private void granted(@Nullable Lease granted, @Nullable Throwable failure) {
    boolean tooLate = false;
    synchronized (lock) {
      granting = false;
      if (granted != null) {
        complained = false;
        tooLate = closed;
        lease = closed ? null : granted;
      } else if (failure != null && !closed && !complained) {
        complained = true;
        LOG.log(Level.WARNING, "no lease for this replica yet, trying on: {0}", failure.toString());
      }
    }
    if (granted != null) {
      if (tooLate) {
        granted.revoke();
      } else {
        granted.keepAliveUntilClosed();
      }
    }
  }

  private void lost(Lease which) {
    synchronized (lock) {
      if (lease != null && lease.id() == which.id()) {
        lease = null;
        if (!closed) {
          LOG.log(Level.WARNING, "the lease of replica {0} was lost; taking another", replicaId);
        }
      }
    }
  }
}
