package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseListener;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A lease of this process. Safe from any thread. */
final class EmbeddedLease implements Lease {
  private final EmbeddedStore store;
  private final long id;
  private final Duration ttl;
  private final LeaseListener listener;
  private final AtomicBoolean ended = new AtomicBoolean();

  EmbeddedLease(EmbeddedStore store, long id, Duration ttl, LeaseListener listener) {
    this.store = store;
    this.id = id;
    this.ttl = ttl;
    this.listener = listener;
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public Duration ttl() {
    return ttl;
  }

  @Override
  public CompletableFuture<Void> keepAlive() {
    return store.keepAlive(this);
  }

  @Override
  public void keepAliveUntilClosed() {
    store.hold(this);
  }

  @Override
  public CompletableFuture<Void> revoke() {
    ended.set(true);
    return store.revoke(this);
  }

  boolean of(EmbeddedStore other) {
    return store == other;
  }

  /** Tells the listener, once. On a virtual thread. */
  void lost() {
    if (ended.compareAndSet(false, true)) {
      listener.onLost(this);
    }
  }
}
