package dev.weft.controlplane.registry.store;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A promise to be alive, with keys that depend on it. Safe from any thread. Belongs to the store
 * that granted it.
 */
public interface Lease {
  /** Its number in the store. */
  long id();

  /** How long it lasts from each renewal, as granted. */
  Duration ttl();

  /**
   * Renews it once. Fails with {@link LeaseExpiredException} if it is gone (the listener is told,
   * too).
   */
  CompletableFuture<Void> keepAlive();

  /**
   * Renews it from now on, about three times per {@link #ttl}, until it is revoked or lost or the
   * store is closed. Renewals that do not reach the store are tried again; only the store's word
   * makes a lease lost.
   */
  void keepAliveUntilClosed();

  /** Ends it and removes its keys, in one revision. A lease that is gone already is no error. */
  CompletableFuture<Void> revoke();
}
