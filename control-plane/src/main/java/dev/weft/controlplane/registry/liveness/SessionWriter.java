package dev.weft.controlplane.registry.liveness;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryListener;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the session keys of this replica equal to the sessions that it has. One transaction is
 * under way at a time, and the next begins a moment later unless it is full: what changes meanwhile
 * goes together, so that sessions that are opened and dropped in a loop cost the store little. Safe
 * from any thread.
 */
final class SessionWriter implements RegistryListener {
  private static final System.Logger LOG = System.getLogger(SessionWriter.class.getName());

  private static final long PAUSE_NANOS =
      Duration.ofSeconds(1).toNanos() / PeerLimit.SESSION_WRITES.value();

  /** No incarnation: what the store has is not known. */
  private static final String UNANSWERED = "";

  private final Store store;
  private final ReplicaLease lease;
  private final Function<String, @Nullable String> wanted;
  private final AtomicLong writes = new AtomicLong();
  private final Object lock = new Object();

  // Guarded by the lock. Keys are namespace/id, values incarnations or UNANSWERED.
  private final Map<String, String> written = new HashMap<>();
  private final Set<String> changed = new LinkedHashSet<>();
  private long leaseId;
  private boolean underWay;
  private boolean waiting;
  private long notBeforeNanos = System.nanoTime();

  /**
   * @param wanted the incarnation heard under a key, or null
   */
  SessionWriter(Store store, ReplicaLease lease, Function<String, @Nullable String> wanted) {
    this.store = store;
    this.lease = lease;
    this.wanted = wanted;
  }

  /** A session came, went or changed its incarnation. */
  void changed(String key) {
    synchronized (lock) {
      changed.add(key);
    }
    flush();
  }

  /** What the store says after everything was read anew goes before what we remember. */
  @Override
  public void onChange(RegistryChange change) {
    if (!change.resync()) {
      return;
    }
    Map<String, String> stored = new HashMap<>();
    change
        .view()
        .sessions()
        .forEachEntry(
            (key, held) -> {
              if (held.holder().equals(lease.replicaId())) {
                stored.put(key.substring(0, key.lastIndexOf('/')), held.value());
              }
            });
    synchronized (lock) {
      changed.addAll(written.keySet());
      changed.addAll(stored.keySet());
      written.clear();
      written.putAll(stored);
    }
    flush();
  }

  /** Writes what has changed, if a lease is there and nothing is under way. */
  void flush() {
    Lease current = lease.current();
    if (current == null) {
      return;
    }
    Txn.Builder txn = Txn.builder();
    Map<String, @Nullable String> batch = new HashMap<>();
    synchronized (lock) {
      if (underWay || waiting) {
        return;
      }
      long wait = notBeforeNanos - System.nanoTime();
      if (wait > 0 && !changed.isEmpty() && changed.size() < Txn.MAX_OPERATIONS) {
        waiting = true;
        CompletableFuture.delayedExecutor(wait, TimeUnit.NANOSECONDS).execute(this::afterWait);
        return;
      }
      if (current.id() != leaseId) {
        // What was under the lost lease is gone.
        leaseId = current.id();
        changed.addAll(written.keySet());
        written.clear();
      }
      for (Iterator<String> keys = changed.iterator();
          keys.hasNext() && txn.size() < Txn.MAX_OPERATIONS; ) {
        String key = keys.next();
        keys.remove();
        add(txn, batch, key, current);
      }
      if (txn.size() == 0) {
        return;
      }
      underWay = true;
    }
    writes.incrementAndGet();
    store.commit(txn.build()).whenComplete((result, failure) -> done(batch, failure));
  }

  private void afterWait() {
    synchronized (lock) {
      waiting = false;
    }
    flush();
  }

  /** What has changed and is in no transaction yet. */
  int unwritten() {
    synchronized (lock) {
      return changed.size();
    }
  }

  long writes() {
    return writes.get();
  }

  private void add(
      Txn.Builder txn, Map<String, @Nullable String> batch, String key, Lease current) {
    String incarnation = wanted.apply(key);
    if (Objects.equals(incarnation, written.get(key))) {
      return;
    }
    int slash = key.indexOf('/');
    String sessionKey =
        Keyspace.session(lease.replicaId(), key.substring(0, slash), key.substring(slash + 1));
    if (incarnation == null) {
      txn.delete(sessionKey);
    } else {
      txn.put(sessionKey, ByteString.copyFromUtf8(incarnation), current);
    }
    batch.put(key, incarnation);
  }

  private void done(Map<String, @Nullable String> batch, @Nullable Throwable failure) {
    synchronized (lock) {
      underWay = false;
      notBeforeNanos = System.nanoTime() + PAUSE_NANOS;
      for (Map.Entry<String, @Nullable String> each : batch.entrySet()) {
        String incarnation = each.getValue();
        if (failure != null) {
          // It may have been done all the same: whoever is heard now is written in any case.
          written.put(each.getKey(), UNANSWERED);
          changed.add(each.getKey());
        } else if (incarnation == null) {
          written.remove(each.getKey());
        } else {
          written.put(each.getKey(), incarnation);
        }
      }
    }
    if (failure == null) {
      flush();
    } else {
      // The next tick tries again.
      LOG.log(Level.DEBUG, "sessions could not be written yet: {0}", failure.toString());
    }
  }
}
